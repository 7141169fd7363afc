"""The Markdown, on figures that are made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import readme
from benchmarks.growth import Grown
from benchmarks.machine import OPERATIONS
from benchmarks.rows import LOOP, OURS, PRODUCT, TORCH, Measured

CALL = Measured("call", "call", "50 us", "", 0, {OURS: [2e-4, 1e-4, 3e-4], TORCH: [1e-4, 1e-4, 1e-4]})
TRACE = Measured("trace", "trace", "", "terms", 1000, {OURS: [0.5]}, {OURS: [2e6]})
HELD = Measured("memory", "memory", "1.5 x", "bytes", 4e6, {OURS: [0.5]}, {OURS: [6e6]})
NEW = Measured("network", "generate", "1 s", "", 0, {OURS: [1.0], "seed 1": [4.0], "seed 2": [2.0]})
LAYER = Measured(
    "(1,1,8,k3,1)", "conv float64", "", "", OPERATIONS, {OURS: [0.1], TORCH: [0.2], LOOP: [5.0], PRODUCT: [0.05]}
)


def test_a_time_its_ratio_and_its_quartiles() -> None:
    assert readme.general(CALL) == ("call", "200 us", "2.00 x (1.50 to 2.50) PyTorch", "50 us")


def test_a_rate_with_memory() -> None:
    assert readme.figure(TRACE) == "2,000 terms/s, 2 MB"


def test_memory_is_compared_with_what_must_be_held() -> None:
    assert readme.figure(HELD) == "6 MB, 1.50 x what it must hold"


def test_the_worst_seed_is_told() -> None:
    assert readme.general(NEW) == ("network", "2 s, at worst 4 s", "", "1 s")


def test_a_layer_beside_pytorch_a_product_and_a_loop() -> None:
    """It does as many operations as the product, in twice the time; the loop takes 50 times as long."""
    assert readme.layer(LAYER) == ("(1,1,8,k3,1)", "100 ms", "0.50 x (0.50 to 0.50)", "50%", "50 x")


def test_both_kinds_of_floats_are_one_row() -> None:
    """Ratios of 1/2 and 2 have the mean 1; each kind of floats has its own."""
    slow = replace(LAYER, name="(9)", seconds={OURS: [0.4], TORCH: [0.2], LOOP: [4.0], PRODUCT: [0.1]})
    single = replace(LAYER, group="conv float32", seconds={OURS: [0.3], TORCH: [0.1], LOOP: [3.0], PRODUCT: [0.1]})
    rows = [LAYER, slow, single]
    assert [row[-1] for row in readme.pairs(rows)] == ["3.00 x (3.00 to 3.00)", ""]
    assert readme.means(rows) == [("geometric mean, conv", "", "1.00 x", "", "", "3.00 x")]
    assert readme.pairs([single]) == [("(1,1,8,k3,1) float32", "300 ms", "3.00 x (3.00 to 3.00)", "33%", "10 x", "")]


def test_without_pytorch_there_is_a_word() -> None:
    alone = Measured("(1,1,8,k3,1)", "max pooling", "", "", 0, {OURS: [0.1], LOOP: [5.0]})
    assert readme.layer(alone) == ("(1,1,8,k3,1) max pooling", "100 ms", "no PyTorch", "", "50 x")
    assert readme.means([alone]) == []


def test_the_tables_stand_between_the_markers() -> None:
    text = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
    made = readme.tables([CALL, LAYER], [Grown("conv", "multiply-adds", {"1": [1.0], "2": [4.0], "4": [16.0]})])
    assert readme.replaced(text, made) == (
        f"before\n{readme.BEGIN}\n\n"
        "| what | time | beside | aim |\n"
        "| --- | --- | --- | --- |\n"
        "| call | 200 us | 2.00 x (1.50 to 2.50) PyTorch | 50 us |\n"
        "\n"
        "| forward and gradients | float64 | PyTorch | of the product's rate | loop slower by | float32, PyTorch |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| (1,1,8,k3,1) | 100 ms | 0.50 x (0.50 to 0.50) | 50% | 50 x |  |\n"
        "| geometric mean, conv |  | 0.50 x |  |  |  |\n"
        "\n"
        "Exponents of growth over four doublings of the work (1 is linear): conv 2.00 (multiply-adds).\n"
        f"\n{readme.END}\nafter\n"
    )


def test_a_readme_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="there are no lines"):
        readme.replaced("text", "tables")


@pytest.mark.parametrize(
    ("value", "says"), [(1.5, "1.5 s"), (0.0123, "12.3 ms"), (0.001, "1 ms"), (4.56e-5, "46 us"), (20.0, "20 s")]
)
def test_times_have_units(value: float, says: str) -> None:
    assert readme.seconds(value) == says


def test_rates_have_two_digits() -> None:
    assert readme.rate(48_712, "terms") == "49,000 terms/s"
    assert readme.rate(7.4, "specs") == "7 specs/s"
