"""No right answer is ever called wrong: at any number of decimals, rounded either way at the half, from any program."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest
from commands import some
from hypothesis import given, settings
from hypothesis import strategies as st
from recipes import Conv

from cnngrad import check
from cnngrad.api.solve import open_spec
from cnngrad.examples import example_names
from cnngrad.exercise.solution import Solution
from cnngrad.limits import DEFAULT
from cnngrad.numbers.kinds import SYMBOLIC
from cnngrad.ops import OPS
from cnngrad.spec.build import build

PASSES = ("right", "unclear")


HALVES = (ROUND_HALF_UP, ROUND_HALF_EVEN)


def test_both_neighbours_of_a_half_are_right() -> None:
    """0.5*0.25 = 0.125, and with decimals that floats do not have: 0.1*1.25 + 0.2*0.5 = 0.225."""
    for spec, neighbours, others in (
        ({"input": [0.5], "kernel": [0.25]}, ("0.12", "0.13"), ("0.11", "0.14")),
        ({"input": ["0.1", "0.2"], "kernel": ["1.25", "0.5"]}, ("0.22", "0.23"), ("0.21", "0.24")),
    ):
        for text in neighbours:
            assert check({"op": "conv", **spec}, {"Z": [text]}).answers["Z"].verdict in PASSES, text
        for text in others:
            assert check({"op": "conv", **spec}, {"Z": [text]}).answers["Z"].verdict == "rounded", text


@pytest.mark.parametrize(
    ("answer", "verdict", "right"),
    [
        (["1/3", "5"], "right", 2),
        (["2/6", "10/2"], "right", 2),
        (["0.33", "5"], "right", 2),
        (["0.33", "10/2"], "right", 2),
        (["1/3", "6"], "wrong", 1),  # a whole number has nothing to round, the third beside it neither
        (["1/3", "5.2"], "wrong", 1),
        (["0.34", "10/2"], "rounded", 1),
        (["0.34", "11/2"], "wrong", 0),
        (["3333/10000", "5"], "wrong", 1),  # a fraction promises all of itself
        (["33/100", "5.0"], "wrong", 1),
        (["3/1", "1/5"], "wrong", 0),
    ],
)
def test_fractions_beside_decimals_have_a_promise_each(answer: list[str], verdict: str, right: int) -> None:
    """Z is 1/3 and 5."""
    judged = check({"op": "conv", "input": ["1/3", "5"], "kernel": [1]}, {"Z": answer}).answers["Z"]
    assert (judged.verdict, judged.cells_right) == (verdict, right)


@pytest.mark.parametrize(
    ("answer", "verdict", "message"),
    [
        (
            ["1/3", "0.33"],
            "unclear",
            "with so few decimals a known mistake (bias-forgotten, bias-first-for-all) has the same digits; "
            "give 3 decimals",
        ),
        (["1/3", "1003/3000"], "right", ""),
        (["1/3", "0.334"], "right", ""),
    ],
)
def test_a_fraction_leaves_the_decimals_beside_it_as_they_are(answer: list[str], verdict: str, message: str) -> None:
    """Two filters, Z is 1/3 and 1/3 + 0.001; without the bias both are 1/3."""
    spec = {"op": "conv", "layout": "WC", "input": [["1/3"]], "kernel": [[[1, 1]]], "bias": [0, "0.001"]}
    judged = check(spec, {"Z": [answer]}).answers["Z"]
    assert (judged.verdict, judged.message) == (verdict, message)


def written(value: Decimal, decimals: int, mode: str) -> str:
    return str(value.quantize(Decimal(1).scaleb(-decimals), mode))


@settings(max_examples=80)
@given(
    cells=st.lists(st.decimals(-9, 9, places=2), min_size=4, max_size=4),
    weights=st.lists(st.decimals(-9, 9, places=2), min_size=2, max_size=2),
    decimals=st.integers(0, 8),
    mode=st.sampled_from(HALVES),
)
def test_every_rounding_of_the_exact_value_is_right(
    cells: list[Decimal], weights: list[Decimal], decimals: int, mode: str
) -> None:
    """Three sums of two products of two-place decimals, added here as decimals: exact to four places."""
    sums = [cells[i] * weights[0] + cells[i + 1] * weights[1] for i in range(3)]
    texts = [written(value, decimals, mode) for value in sums]
    spec = {"op": "conv", "input": list(map(str, cells)), "kernel": list(map(str, weights))}
    assert check(spec, {"Z": texts}).answers["Z"].verdict in PASSES


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), scale=st.integers(-12, 12))
def test_floats_of_another_program_are_right(seed: int, scale: int) -> None:
    """The same sums in another order, printed in full: cancellation leaves other last digits."""
    rng = np.random.default_rng(seed)
    shapes = ((1, 5, 5, 2), (2, 2, 2, 2), (2,), (1, 4, 4, 2))
    A, K, b, dZ = (rng.standard_normal(shape) * 10.0**scale for shape in shapes)
    e = Conv(A, K, b, dZ)
    answers: dict[str, Any] = {
        "Z": e.forward(e.padded, e.K, 1, e.b),
        "dA": e.scatter(e.K, e.dZ, 1),
        "dW": e.gather(e.padded, e.dZ, 1),
        "db": e.dZ.sum(axis=(0, 1, 2)),
    }
    verdict = check({"op": "conv", "input": A, "kernel": K, "bias": b, "delta": dZ}, answers)
    assert {judged.verdict for judged in verdict.answers.values()} == {"right"}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("0.33333334", "right"),  # float32's 1/3: 11184811 / 2**25
        ("3.3333334e-01", "right"),
        ("0.3333333", "right"),  # to the decimals written
        ("0.33333337", "right"),  # the next number of float32, 2**-25 above: within 2**-23 of a third
        ("0.33333343", "wrong"),  # three further: 2.9 * 2**-23 of it
        ("0.33333335", "rounded"),  # no number of float32
        ("0.333333340", "wrong"),  # promises nine decimals
        ("0.333334", "rounded"),  # six digits
    ],
)
def test_what_float32_prints_is_right(text: str, verdict: str) -> None:
    assert check({"op": "dense", "input": ["1/3"], "weights": [[1]]}, {"Z": [text]}).verdict == verdict


def test_what_float32_prints_is_compared_with_what_was_added() -> None:
    """0.3333333433 - 0.3333332539 = 8.940697e-08 in float32, where 1/3 - 0.33333324 is 9.33e-08: 4e-9 away, and 2**-23
    of a third is 4e-8. A whole number has no point and is itself."""
    spec = {"op": "dense", "input": ["1/3", "0.33333324"], "weights": [[1, -1]]}
    assert check(spec, {"Z": ["8.940697e-08"]}).verdict == "right"
    assert check({"op": "dense", "input": ["16777217"], "weights": [[1]]}, {"Z": ["16777216"]}).verdict == "wrong"
    assert check({"op": "dense", "input": ["16777217"], "weights": [[1]]}, {"Z": ["16777216.0"]}).verdict == "right"


def test_a_mistake_is_named_in_what_float32_prints() -> None:
    """49/9 is 5.4444447 in float32, 2.6e-7 away: more than half a unit of its last place."""
    spec = {"op": "dense", "input": [1], "weights": [[1]], "delta": ["49/9"]}
    judged = check(spec, {"dA": ["-5.4444447"]}).answers["dA"]
    assert "sign-flipped" in [mistake.id for mistake in judged.mistakes]


def test_float32_answers_from_files_are_right(tmp_path: Any) -> None:
    rng = np.random.default_rng(5)
    A, K, dZ = (rng.standard_normal(shape).astype(np.float32) for shape in ((6, 6), (3, 3), (4, 4)))
    e = Conv(A[None, ..., None], K[..., None, None], np.zeros(1), dZ[None, ..., None].astype(np.float32))
    dW = e.gather(e.padded, e.dZ, 1)[..., 0, 0].astype(np.float32)
    np.save(tmp_path / "dW.npy", dW)
    (tmp_path / "a.yaml").write_text("dW: {file: dW.npy}\n")
    spec = {"op": "conv", "input": A.astype(float), "kernel": K.astype(float), "delta": dZ.astype(float)}
    assert check(spec, tmp_path / "a.yaml").verdict == "right"
    np.save(tmp_path / "dW.npy", dW * np.float32(1.001))
    assert check(spec, tmp_path / "a.yaml").verdict == "wrong"


def test_what_cancels_to_zero_may_be_written_as_zero_or_as_its_noise() -> None:
    """0.1*3 - 0.3 is 5.55e-17 in floats and 0 in decimals."""
    spec = {"op": "conv", "input": ["0.1", "0.3"], "kernel": [3, -1]}
    for text in ("0", "0.0000000000000000000", "5.551115123125783e-17", "-2.7755575615628914e-17"):
        assert check(spec, {"Z": [text]}).answers["Z"].verdict in PASSES, text


def trials() -> Iterator[tuple[str, str, np.ndarray[Any, Any]]]:
    for name in example_names():
        exercise = build(open_spec(f"example:{name}", DEFAULT), OPS).exercise
        if exercise.kind is not SYMBOLIC:
            for quantity, values in Solution(exercise).quantities.items():
                if values.dtype == float and np.isfinite(values).all():
                    yield name, quantity, values


MANY = 20
"""Quantities of an example that take one number of decimals alone."""


@pytest.mark.parametrize("first", some((1, 2, 0)))
def test_every_quantity_of_every_example_is_right_at_every_number_of_decimals(first: int) -> None:
    """Nearly two hundred quantities at one or two numbers of decimals, up and down where a half allows both; two
    of three examples are slow."""
    rng = np.random.default_rng(11)
    count = 0
    examples: dict[str, dict[str, Any]] = {}
    for name, quantity, values in trials():
        examples.setdefault(name, {})[quantity] = values
    for name, known in [*examples.items()][first::3]:
        document = open_spec(f"example:{name}", DEFAULT)
        for decimals in rng.choice(14, 2 if len(known) < MANY else 1, replace=False).tolist():
            answers = {}
            for quantity, values in known.items():
                texts = [written(Decimal(repr(float(value))), decimals, ROUND_HALF_EVEN) for value in values.flat]
                answers[quantity] = np.array(texts, dtype=object).reshape(values.shape).tolist()
                count += 1
            verdict = check(document, answers)
            assert all(judged.verdict in PASSES for judged in verdict.answers.values()), (name, decimals)
    assert count > 50


def test_one_unit_too_many_is_not_right() -> None:
    """dW of the forum network is 0.139946: to two decimals 0.14, neither 0.13 nor 0.15."""
    for text, verdict in (("0.14", PASSES), ("0.13", ("rounded",)), ("0.15", ("rounded",)), ("0.17", ("wrong",))):
        answer = [[text, "0.11"], ["0.03", "0.15"]]
        assert check("example:forum-conv", {"dW": answer}).answers["dW"].verdict in verdict, text


def test_ceiling_and_floor_are_at_most_rounded() -> None:
    values = [[0.139946, 0.106319], [0.034416, 0.145922]]
    for mode in (ROUND_CEILING, ROUND_FLOOR):
        answer = [[written(Decimal(repr(value)), 3, mode) for value in row] for row in values]
        assert check("example:forum-conv", {"dW": answer}).answers["dW"].verdict == "rounded"
