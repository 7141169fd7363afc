"""unfold and fold are adjoint, and the cell-by-cell meetings are the same relation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from layers import convolutions, integers

import cnngrad as library
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.axis import NONE, Axis
from cnngrad.windows.windows import Windows, in_pieces

EXAMPLES = settings(max_examples=25)


def _unfolded(windows: Windows, planes: Array) -> Array:
    """The windows again, from the list of cells under each tap."""
    cells = windows.cells()
    flat = planes.reshape(*planes.shape[: -windows.rank], -1)
    return np.where(cells == NONE, 0, flat[..., np.maximum(cells, 0)])


@EXAMPLES
@given(convolutions())
def test_unfold_reads_the_cells_of_the_table(exercise: LayerExercise[Conv]) -> None:
    windows = exercise.layer.windows
    planes = integers((2, *windows.sizes), 5)
    np.testing.assert_array_equal(windows.unfold(planes), _unfolded(windows, planes))


@EXAMPLES
@given(convolutions())
def test_fold_is_the_adjoint_of_unfold(exercise: LayerExercise[Conv]) -> None:
    windows = exercise.layer.windows
    planes = integers((2, *windows.sizes), 5)
    windowed = integers((2, *windows.outputs, *windows.taps), 6)
    assert (windows.unfold(planes) * windowed).sum() == (planes * windows.fold(windowed)).sum()


@EXAMPLES
@given(convolutions())
def test_meetings_are_the_same_from_output_tap_and_source(exercise: LayerExercise[Conv]) -> None:
    windows = exercise.layer.windows
    whole = sorted(windows.meetings())
    assert len(whole) == windows.multiply_adds()
    assert sorted(m for o in np.ndindex(windows.outputs) for m in windows.meetings(output=o)) == whole
    assert sorted(m for k in np.ndindex(windows.taps) for m in windows.meetings(tap=k)) == whole
    inside = [m for m in whole if m.inside]
    assert sorted(m for x in np.ndindex(windows.sizes) for m in windows.meetings(source=x)) == inside


def test_unfold_by_hand() -> None:
    windows = Windows((Axis(size=3, window=2, outputs=2), Axis(size=3, window=2, outputs=2)))
    A = np.arange(1.0, 10).reshape(3, 3)
    assert windows.unfold(A)[0, 1].tolist() == [[2, 3], [5, 6]]
    # The centre cell is in all four windows.
    assert windows.fold(np.ones((2, 2, 2, 2))).tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def test_padding_reads_as_fill() -> None:
    windows = Windows((Axis(size=1, window=3, outputs=1, before=1, after=1),))
    assert windows.unfold(np.array([5.0]), fill=-np.inf).tolist() == [[-np.inf, 5, -np.inf]]


def test_unfold_is_read_only() -> None:
    windows = Windows((Axis(size=3, window=2, outputs=2),))
    assert not windows.unfold(np.zeros(3)).flags.writeable


def test_windows_that_read_padding_alone_fold_to_nothing() -> None:
    # size 1, taps at -1 and 1: both on padding
    windows = Windows((Axis(size=1, window=2, outputs=1, dilation=2, before=1, after=1),))
    assert not windows.inside().any()
    assert windows.fold(np.ones((1, 2))).tolist() == [0.0]


def test_pieces_cover_all_images_once() -> None:
    pieces = list(in_pieces(7, 2**19))
    assert [list(range(7))[piece] for piece in pieces] == [[0, 1], [2, 3], [4, 5], [6]]
    assert list(in_pieces(2, 2**30)) == [slice(0, 1), slice(1, 2)]


def test_the_receptive_field_is_the_span() -> None:
    windows = Windows((Axis(size=9, window=3, outputs=5, dilation=2), Axis(size=3, window=1, outputs=3)))
    assert tuple(axis.span for axis in windows.axes) == (5, 1)


def test_large_planes_are_pooled_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    for change in ({"padding": 1}, {"stride": 2, "dilation": 2}, {"mode": "average", "padding": 1}, {"ties": "last"}):
        A = rng.integers(0, 3, (2, 9, 11)).astype(float)
        spec = {"op": "pool", "input": A, "layout": "CHW", "window": 3, "stride": 1, "delta": 1, **change}
        whole = library.run(spec).results
        monkeypatch.setattr("cnngrad.windows.windows.LARGE", 50)
        for name, array in library.run(spec).results.items():
            np.testing.assert_allclose(array, whole[name], rtol=1e-14, err_msg=name)
        monkeypatch.undo()


def test_large_planes_are_convolved_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    for change in (
        {"padding": 1},
        {"stride": 2, "dilation": 2},
        {"padding": 1, "padding_mode": "reflect"},
        {"padding": 2, "flip_kernel": True, "stride": [2, 1]},
        {"transposed": True, "stride": 2, "padding": 1},
    ):
        A, W = rng.standard_normal((2, 2, 9, 11)), rng.standard_normal((2, 2, 3, 3))
        spec = {"op": "conv", "input": A, "kernel": W, "layout": "NCHW", "delta": 1, **change}
        whole = library.run(spec).results
        monkeypatch.setattr("cnngrad.windows.windows.LARGE", 100)
        for name, array in library.run(spec).results.items():
            np.testing.assert_allclose(array, whole[name], rtol=1e-12, atol=1e-12, err_msg=name)
        monkeypatch.undo()


@pytest.mark.parametrize("key", ["stride", "dilation"])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_step_that_no_address_holds_is_taken_where_it_is_never_made(key: str, transposed: bool) -> None:
    """A kernel of one row has no second tap, an input of one row no second window."""
    spec = {"op": "conv", "layout": "HW", "input": [[1, 2]], "kernel": [[3]], "delta": 1, "transposed": transposed}
    found = library.run(spec | {key: [10**18 - 1, 1]}).results
    assert found["Z"].tolist() == [[1 * 3, 2 * 3]]
    assert found["dW"].tolist() == [[1 + 2]]
