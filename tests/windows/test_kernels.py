"""Every way to a product gives the same numbers, whole or in blocks: those of the cells that meet, one by one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from layers import conv, convolutions, integers

import cnngrad as library
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows import kernels
from cnngrad.windows.correlation import Correlation, inside
from cnngrad.windows.kernels import Kernels
from cnngrad.windows.turned import turned

EXAMPLES = settings(max_examples=8)
WAYS = ("slide", "scatter", "")
BLOCKS = ((2**19, 512), (1, 1), (60, 3))
"""Cells of a block, and windows at least: all in one, a row of windows at a time, and some."""


def _sides(exercise: LayerExercise[Conv]) -> tuple[Correlation, Array, Array, Array]:
    """The wide side, the narrow side and the kernel, of whole numbers."""
    layer, batch = exercise.layer, len(exercise.A)
    wide = integers((batch, layer.channels.inputs, *layer.windows.sizes), 1)
    narrow = integers((batch, layer.channels.outputs, *layer.windows.outputs), 2)
    both = Correlation(layer.windows, layer.channels)
    return both, wide, narrow, integers(both.kernel_shape, 3)


def _met(both: Correlation, wide: Array, narrow: Array, kernel: Array) -> tuple[Array, Array, Array]:
    """The three products, term by term."""
    results = np.zeros_like(narrow), np.zeros_like(wide), np.zeros_like(kernel)
    for cell in np.ndindex(narrow.shape):
        for met in inside(both.meetings_of_narrow(cell)):
            results[0][met.narrow] += wide[met.wide] * kernel[met.kernel]
            results[1][met.wide] += narrow[met.narrow] * kernel[met.kernel]
            results[2][met.kernel] += wide[met.wide] * narrow[met.narrow]
    return results


def _by(way: Kernels, wide: Array, narrow: Array, kernel: Array) -> list[tuple[Array, Array, Array]]:
    """The three products, each by itself and two at a time."""
    to_narrow, to_wide, to_kernel = way.narrow(wide, kernel), way.wide(narrow, kernel), way.kernel(wide, narrow)
    wide_too, kernel_too = way.wide_and_kernel(wide, narrow, kernel)
    narrow_too, again = way.narrow_and_kernel(wide, narrow, kernel)
    return [(to_narrow, to_wide, to_kernel), (narrow_too, wide_too, kernel_too), (narrow_too, wide_too, again)]


def _compare(exercise: LayerExercise[Conv], monkeypatch: pytest.MonkeyPatch) -> None:
    both, *sides = _sides(exercise)
    expected = _met(both, *sides)
    for way, (cells, least) in product(WAYS, BLOCKS):
        monkeypatch.setattr(kernels, "BYTES", 8 * cells)
        monkeypatch.setattr(kernels, "LEAST", least)
        for found in _by(Kernels(both.windows, both.channels, way), *sides):
            for ours, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(ours, theirs, err_msg=f"{way} {cells}")
    monkeypatch.undo()


@EXAMPLES
@given(convolutions())
def test_every_way_adds_up_the_products_that_meet(exercise: LayerExercise[Conv]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        _compare(exercise, patched)


@pytest.mark.slow
@settings(max_examples=100)
@given(convolutions())
def test_every_way_adds_up_the_products_that_meet_in_many_layers(exercise: LayerExercise[Conv]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        _compare(exercise, patched)


@EXAMPLES
@given(convolutions(mode="zeros"))
def test_turned_windows_are_the_same_meetings(exercise: LayerExercise[Conv]) -> None:
    """Their places lead to all triples of an output, a tap and the cell of the input that they meet."""
    windows = exercise.layer.windows
    found = []
    for part in turned(windows):
        for met in part.windows.meetings():
            if met.inside:
                cell = tuple(range(n)[s][i] for n, s, i in zip(windows.sizes, part.cells, met.output, strict=True))
                tap = tuple(range(n)[s][i] for n, s, i in zip(windows.taps, part.taps, met.tap, strict=True))
                found.append((met.cell, tap, cell))
    assert sorted(found) == sorted((met.output, met.tap, met.cell) for met in windows.meetings() if met.inside)


def test_a_cell_reads_the_outputs_in_the_order_of_the_taps_by_hand() -> None:
    """size 4, three taps, stride 2, one cell of padding: window 0 is on -1, 0, 1 and window 1 on 1, 2, 3.
    Cells 0 and 2 are under tap 1 of windows 0 and 1; cell 1 is under taps 2 and 0 of these, cell 3 under tap 2 of 1."""
    layer = conv(integers((4,)), integers((3,)), stride=2, padding=1).layer
    even, odd = turned(layer.windows)
    assert (even.cells, even.taps) == ((slice(0, 4, 2),), (slice(1, 2, 1),))
    assert (odd.cells, odd.taps) == ((slice(1, 4, 2),), (slice(0, 3, 2),))
    assert even.windows.axes[0].table.tolist() == [[0], [1]]
    assert odd.windows.axes[0].table.tolist() == [[1, 0], [-1, 1]]


def test_padding_that_repeats_cells_and_large_strides_are_not_turned() -> None:
    for settings_ in ({"padding": 1, "padding_mode": "reflect"}, {"stride": 5}):
        assert turned(conv(integers((9, 9)), integers((3, 3)), **settings_).layer.windows) == []


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


MIB = 2**20
LARGE = {
    # the shapes of A and W, settings, the cells of the columns of one block
    "channels": ((4, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}, 16 * 56 * 576),
    "depthwise": ((2, 64, 56, 56), (64, 1, 3, 3), {"padding": 1, "groups": 64}, 18 * 9 * 56 * 56),
    "stride": ((8, 16, 64, 64), (32, 16, 5, 5), {"padding": 1, "stride": 2}, 2**19),
    "one plane": ((1, 1, 1024, 1024), (1, 1, 3, 3), {"padding": 1}, 2**19),
    "many images": ((4000, 1, 16, 16), (2, 1, 3, 3), {"padding": 1}, 2**19),
    "kernels of one cell": ((4, 64, 56, 56), (64, 64, 1, 1), {}, 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_memory_is_that_of_the_arrays_and_of_one_block(name: str) -> None:
    """The peak is at most 1.5 times inputs, outputs and the columns of one block; the inputs are there before."""
    shape, kernel, given_, columns = LARGE[name]
    A, W, b = integers(shape), integers(kernel), integers(kernel[:1])
    Z = library.conv_forward(A, W, b, layout="NCHW", **given_)
    forward = _peak(lambda: library.conv_forward(A, W, b, layout="NCHW", **given_))
    assert forward <= 1.5 * (A.nbytes + W.nbytes + Z.nbytes + 8 * columns) - A.nbytes - W.nbytes
    backward = _peak(lambda: library.conv_backward(A, W, Z, layout="NCHW", **given_))
    whole = 2 * A.nbytes + 2 * W.nbytes + Z.nbytes + 8 * columns
    assert backward <= 1.5 * whole - A.nbytes - W.nbytes - Z.nbytes
