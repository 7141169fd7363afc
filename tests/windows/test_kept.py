"""A layer of a form that was fitted before is the same layer; what is large, or does not fit, is not kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnngrad.errors import Problems
from cnngrad.limits import DEFAULT, Limits
from cnngrad.ops.conv.fields import fit_conv
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.fields import fit_pool
from cnngrad.windows.layout import Layout
from cnngrad.windows.small import SmallWindows


def _conv(values: dict[str, Any], size: int = 5, limits: Limits = DEFAULT, *, letters: str = "HW") -> Conv | None:
    return fit_conv(values, Layout(letters), (size, size), (2, 2), limits, Problems())


def test_one_form_is_one_layer() -> None:
    first = _conv({"stride": (1,), "title": "one"})
    assert first is not None
    assert isinstance(first.windows, SmallWindows)
    assert _conv({"stride": (1,), "title": "another"}) is first


@pytest.mark.parametrize("values", [{"stride": (2,)}, {"padding": (1,)}, {"flip_kernel": True}, {"dilation": (2,)}])
def test_other_settings_are_another_layer(values: dict[str, Any]) -> None:
    first, other = _conv({}), _conv(values)
    assert first is not None
    assert other is not None
    assert other.settings() != first.settings()


def test_other_shapes_layouts_and_modes_are_other_layers() -> None:
    assert _conv({}, 5) is not _conv({}, 6)
    assert _conv({}, letters="CL") is None  # the kernel has no filters then
    modes = [
        fit_pool({"window": (2,), "mode": mode}, Layout("HW"), (4, 4), DEFAULT, Problems())
        for mode in ("max", "average")
    ]
    assert [pool and pool.mode for pool in modes] == ["max", "average"]


@pytest.mark.parametrize(
    ("size", "padding"),
    [
        (65, 0),  # 4,225 cells
        (5, 40),  # 85 x 85 positions around 25 cells
        (256, 0),  # 65,536 cells, and 4 * 65,025 that are laid out
    ],
)
def test_a_layer_of_some_cells_is_kept_without_flat_tables(size: int, padding: int) -> None:
    found = _conv({"padding": (padding,)}, size)
    assert found is not None
    assert not isinstance(found.windows, SmallWindows)
    assert (_conv({"padding": (padding,)}, size) is found) == (size < 256)  # 260,100 + 65,536 are more than 2**18


def test_a_large_layer_and_one_with_large_tables_are_not_kept() -> None:
    for shape in ((600, 600), (5000,)):  # 360,000 cells; 2 * (4,999 + 5,000) cells of tables
        layout, kernel = Layout("HW" if len(shape) == 2 else "L"), (2,) * len(shape)
        first, again = (fit_conv({}, layout, shape, kernel, DEFAULT, Problems()) for _ in range(2))
        assert first is not None
        assert again is not first


def test_what_does_not_fit_is_said_every_time() -> None:
    for _ in range(2):
        problems = Problems()
        assert fit_conv({"padding": (0,)}, Layout("HW"), (1, 1), (2, 2), DEFAULT, problems) is None
        assert [problem.key for problem in problems.found] == ["kernel"]


def test_other_limits_are_looked_at_again() -> None:
    assert _conv({}) is not None
    problems = Problems()
    fit_conv({}, Layout("HW"), (5, 5), (2, 2), replace(DEFAULT, multiply_adds=63), problems)
    assert "needs 64 multiply-adds" in problems.found[0].message  # 16 windows of 4 taps
