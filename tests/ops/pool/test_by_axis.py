"""Large arrays are pooled by one axis after the other: the same numbers as window by window, and cell by cell."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import integers, pool, poolings

import cnngrad
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.pool import by_axis, layer
from cnngrad.ops.pool.layer import Pool
from cnngrad.ops.pool.tie_rules import RULES
from cnngrad.windows import joined
from cnngrad.windows.axis import Axis
from cnngrad.windows.windows import Meeting

EXAMPLES = settings(max_examples=35)
WHOLE = 2520.0
"""Whole multiples of it can be divided by every number up to 9, the most cells that a window has here."""


@contextmanager
def pooled_by_axis(block: int = by_axis.BLOCK, beside: int = by_axis.BESIDE) -> Iterator[None]:
    """Arrays of any size are pooled by one axis after the other, in blocks of so many cells."""
    with (
        patch.object(layer, "LARGE", 0),
        patch.object(by_axis, "BLOCK", block),
        patch.object(by_axis, "BESIDE", beside),
    ):
        yield


def readings(pool: Pool, A: Array, dZ: Array) -> dict[str, Array]:
    """All that a pooling layer says of its windows."""
    found = {"Z": pool.forward(A), "dA": pool.to_input(A, dZ), "mask": pool.mask(A)}
    if pool.mode == "max":
        found |= {"argmax": pool.argmax(A), "ties": pool.ties_at(A)}
    return found | {"weights": pool.total_weights(A)}


def channels_last(planes: Array) -> Array:
    """The same array, with its channels beside each other in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(planes, 1, -1)), -1, 1)


def equal(found: dict[str, Array], expected: dict[str, Array]) -> None:
    for name, array in expected.items():
        if name == "weights" or (name == "mask" and array.dtype.kind == "f"):  # 1/3 + 1/3 + 1/3
            np.testing.assert_allclose(found[name], array, rtol=1e-14, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], array, err_msg=name)
        assert found[name].dtype == array.dtype, name
        assert not np.signbit(found[name][found[name] == 0]).any(), name


@EXAMPLES
@given(poolings(), st.sampled_from([*RULES]), st.sampled_from([1, 40, 300, 2**18]), st.booleans())
def test_every_block_size_and_rule_gives_what_whole_windows_give(
    exercise: LayerExercise[Pool], ties: str, block: int, last: bool
) -> None:
    assert exercise.dZ is not None
    pool, A, dZ = replace(exercise.layer, ties=ties), WHOLE * exercise.A, WHOLE * exercise.dZ
    expected = readings(pool, A, dZ)
    with pooled_by_axis(block, beside=1):
        equal(readings(pool, channels_last(A) if last else A, dZ), expected)


@settings(max_examples=20)
@given(poolings(mode="max"), st.sampled_from(["first", "last", "all", "split"]))
def test_the_cells_that_windows_meet_say_the_same(exercise: LayerExercise[Pool], ties: str) -> None:
    assert exercise.dZ is not None
    pool, A, dZ = replace(exercise.layer, ties=ties), exercise.A, WHOLE * exercise.dZ
    Z, dA, argmax = np.full(dZ.shape, -np.inf), np.zeros(A.shape), np.full(dZ.shape, -1)
    for place in np.ndindex(dZ.shape):
        met = [m for m in pool.windows.meetings(output=place[2:]) if m.inside]
        if met:
            Z[place] = max(A[place[:2] + m.cell] for m in met)
            won = _won([m for m in met if A[place[:2] + m.cell] == Z[place]], ties)
            argmax[place] = np.ravel_multi_index(won[0].cell, A.shape[2:])
            for m in won:
                dA[place[:2] + m.cell] += dZ[place] / (len(won) if ties == "split" else 1)
    with pooled_by_axis(100):
        assert pool.forward(A).tolist() == Z.tolist()
        assert pool.to_input(A, dZ).tolist() == dA.tolist()
        assert pool.argmax(A).tolist() == argmax.tolist()


def _won(tied: list[Meeting], ties: str) -> list[Meeting]:
    return {"first": tied[:1], "last": tied[-1:]}.get(ties, tied)


@pytest.mark.parametrize(
    ("window", "change"),
    [
        (3, {"stride": 2}),
        (2, {}),
        (3, {"stride": 1, "padding": 1}),
        (3, {"stride": 2, "ceil_mode": True, "dilation": 2, "ties": "last"}),
        (2, {"stride": 3, "ties": "split"}),
        ("global", {"ties": "all"}),
        (4, {"mode": "average", "stride": 3, "padding": 2, "ceil_mode": True, "count_include_pad": False}),
        (3, {"mode": "average", "stride": 1, "divisor_override": -2}),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers_that_are_large_give_what_small_ones_give(window: Any, change: dict[str, Any], dtype: str) -> None:
    """Both layouts, more channels than are copied, and blocks of some rows."""
    A = integers((2, 17, 20, 21), low=-2, high=3).astype(dtype)
    shape = cnngrad.pool_forward(A, window, layout="NCHW", **change).shape
    dZ = integers(shape).astype(dtype)
    with patch.object(layer, "LARGE", 10**9):
        Z = cnngrad.pool_forward(A, window, layout="NCHW", **change)
        dA = cnngrad.pool_backward(A, dZ, window, layout="NCHW", **change)
    near = {"rtol": 1e-6 if dtype == "float32" else 1e-14, "atol": 1e-5 if dtype == "float32" else 1e-13}
    exact = not {"mode", "ties"} & {*change} or change.get("ties") in ("last", "all")
    for block in (500, 5000, 2**18):
        with pooled_by_axis(block):
            for layout, last in (("NCHW", False), ("NHWC", True)):
                given, upstream = (np.moveaxis(x, 1, -1).copy() if last else x for x in (A, dZ))
                found = cnngrad.pool_forward(given, window, layout=layout, **change)
                back = cnngrad.pool_backward(given, upstream, window, layout=layout, **change)
                for array, expected in ((found, Z), (back, dA)):
                    assert array.dtype == dtype
                    ours = np.moveaxis(array, -1, 1) if last else array
                    np.testing.assert_allclose(ours, expected, **({"rtol": 0, "atol": 0} if exact else near))


def test_a_sum_beyond_the_floats_is_averaged_all_the_same() -> None:
    """The sum of four cells of 1e308 is beyond float64, their average is 1e308."""
    A = np.full((1, 1, 6, 6), 1e308)
    with pooled_by_axis(12):
        assert cnngrad.pool_forward(A, 2, mode="average", layout="NCHW").tolist() == [[[[1e308] * 3] * 3]]


@pytest.mark.parametrize("mode", ["max", "average"])
def test_a_gradient_beyond_the_floats_is_refused(mode: str) -> None:
    """The cells in the middle get the gradient of three windows, which is 1e308 each, or 1e308/-1."""
    A, dZ = np.array([[[0.0, 0, 9, 0, 0]]]), np.full((1, 1, 3), 1e308)
    change: dict[str, Any] = {"divisor_override": -1} if mode == "average" else {}
    for large in (0, 10**9):
        with patch.object(layer, "LARGE", large), pytest.raises(cnngrad.CnngradError, match="is beyond float64"):
            cnngrad.pool_backward(A, dZ, 3, stride=1, mode=mode, layout="NCL", **change)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("mode", ["max", "average"])
def test_blocks_take_little_memory(mode: str, layout: str) -> None:
    """At most 1.5 times the arrays and the windows of one block, forward and backward."""
    A = integers((2, 32, 96, 96) if layout == "NCHW" else (2, 96, 96, 32))
    settings_: dict[str, Any] = {"window": 3, "stride": 2, "mode": mode, "layout": layout}
    Z, forward = traced(lambda: cnngrad.pool_forward(A, **settings_))
    dA, backward = traced(lambda: cnngrad.pool_backward(A, Z, **settings_))
    columns = by_axis.BLOCK * 9 // 4 * A.itemsize
    assert forward + A.nbytes < 1.5 * (A.nbytes + Z.nbytes + columns)
    assert backward + A.nbytes + Z.nbytes < 1.5 * (A.nbytes + Z.nbytes + dA.nbytes + columns)


def traced(make: Callable[[], Array]) -> tuple[Array, int]:
    """An array, and the most memory that was taken while it was made."""
    tracemalloc.start()
    try:
        return make(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ties", ["first", "all"])
def test_one_large_image_is_pooled_by_some_rows_at_a_time(ties: str) -> None:
    """A plane of 1,024 x 1,024 cells, more than a block has. Windows of 3 rows, 2 apart, share one row: each row
    repeats, so that every second one is largest in two windows."""
    A = np.zeros((1, 1, 1024, 1024))
    A[:, :, 2::2, 1::2] = 1
    layer_ = pool(A, 3, stride=2, ties=ties, layout="NCHW").layer
    blocks = [*by_axis.ByAxis(layer_, A)._blocks()]
    assert len(blocks) > 1
    dA = cnngrad.pool_backward(A, np.ones(layer_.output.shape), 3, stride=2, ties=ties, layout="NCHW")
    # Row 2 is the last of window 0 and the first of window 1, whose own last row, 4, counts for `all` alone.
    last = 510
    of_rows = {2: 2, **dict.fromkeys(range(4, 2 * last + 1, 2), 1 if ties == "first" else 2), 2 * last + 2: 0}
    if ties == "all":
        of_rows[2 * last + 2] = 1
    expected = np.zeros(A.shape)
    for row, windows in of_rows.items():
        expected[0, 0, row, 1 : 2 * last + 2 : 2] = windows
    np.testing.assert_array_equal(dA, expected)


def filled(*args: Any, **named: Any) -> Array:
    """Fresh memory in which the largest float stands, or ones."""
    room = np.empty(*args, **named)
    room[...] = np.finfo(room.dtype).max if room.dtype.kind == "f" else 1
    return room


@pytest.mark.parametrize("mode", ["max", "average"])
def test_what_lies_in_fresh_memory_changes_nothing(mode: str) -> None:
    A, dZ = integers((3, 2, 9, 9), low=-2, high=3).astype(float), np.ones((3, 2, 4, 4))
    layer_ = pool(A, 3, stride=2, mode=mode, layout="NCHW").layer
    expected = readings(layer_, A, dZ)
    with pooled_by_axis(200), patch.object(joined, "np", Numpy(filled)), np.errstate(all="raise"):
        equal(readings(layer_, A, dZ), expected)


def test_windows_that_run_on_beyond_the_last_plane_are_zero() -> None:
    """Planes 1 to 4 and 5 to 8: the sums of three cells, of which those that begin at 3 and 4 run on into the next."""
    along = joined.Along(Axis(size=4, window=3, outputs=2), 1)
    with patch.object(joined, "np", Numpy(filled)):
        sums = along.reduced(np.add, np.arange(1.0, 9).reshape(1, 8, 1))
    assert sums.ravel().tolist() == [6, 9, 12, 15, 18, 21, 0, 0]


class Numpy:
    """numpy with another `empty`."""

    def __init__(self, empty: Callable[..., Array]) -> None:
        self.empty = empty

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def test_ties_of_a_row_come_before_those_of_a_column() -> None:
    """The first of the largest cells row by row is at (0, 2), the last at (2, 1)."""
    A = np.array([[0.0, 0, 5], [5, 0, 0], [0, 5, 0]])
    with pooled_by_axis():
        for ties, cell in (("first", (0, 2)), ("last", (2, 1))):
            exercise = pool(A, 3, np.array([[7.0]]), ties=ties)
            dA = exercise.layer.to_input(A, np.array([[7.0]]))
            assert np.argwhere(dA).tolist() == [[*cell]]
            assert dA[cell] == 7


def test_a_window_without_a_real_cell_has_no_winner() -> None:
    """One cell, taps at -1 and 1: both are padding."""
    A = np.array([7.0])
    layer_ = pool(A, 2, dilation=2, padding=1, stride=1).layer
    with pooled_by_axis():
        found = readings(layer_, A, np.array([5.0]))
    assert {name: array.tolist() for name, array in found.items()} == {
        "Z": [-np.inf], "dA": [0], "mask": [0], "argmax": [-1], "ties": [False], "weights": [0],
    }  # fmt: skip
