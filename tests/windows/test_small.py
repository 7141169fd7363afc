"""The flat table of small windows gives the same cells and the same sums, to the last bit, as the windows do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from layers import convolutions, integers

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.axis import Axis
from cnngrad.windows.small import SmallWindows
from cnngrad.windows.windows import Windows

EXAMPLES = settings(max_examples=25)


def _both(axes: tuple[Axis, ...]) -> tuple[Windows, SmallWindows]:
    return Windows(axes), SmallWindows(axes)


def _thirds(shape: tuple[int, ...], seed: int) -> Array:
    """Cells whose sums depend on the order of their terms."""
    return integers(shape, seed) / 3 + integers(shape, seed + 1) / 700


@EXAMPLES
@given(convolutions())
def test_small_windows_take_and_add_what_windows_do(exercise: LayerExercise[Conv]) -> None:
    windows, small = _both(exercise.layer.windows.axes)
    for lead in ((1, 1), (2, 3)):
        planes = _thirds((*lead, *windows.sizes), 5)
        columns = windows.columns(planes)
        np.testing.assert_array_equal(small.columns(planes), columns)
        spread = _thirds(columns.shape, 8)
        np.testing.assert_array_equal(small.collect(spread), windows.collect(spread))
        np.testing.assert_array_equal(small.unfold(planes, -7), windows.unfold(planes, -7))
        np.testing.assert_array_equal(small.fold(windows.windowed(spread)), windows.fold(windows.windowed(spread)))


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("flip", [False, True])
def test_padding_of_every_mode(mode: str, flip: bool) -> None:
    windows, small = _both((Axis(4, 3, 4, 1, 1, 1, 1, mode, flip), Axis(5, 2, 3, 2, 1, 1, 0, mode, flip)))
    planes = _thirds((2, 1, 4, 5), 1)
    np.testing.assert_array_equal(small.columns(planes), windows.columns(planes))
    spread = _thirds(windows.columns(planes).shape, 3)
    np.testing.assert_array_equal(small.collect(spread), windows.collect(spread))


def test_cells_tap_by_tap_by_hand() -> None:
    """Two windows of two taps over 7, 8, with one cell of padding before them: the first taps read 0 and 7."""
    windows, small = _both((Axis(size=2, window=2, outputs=2, before=1),))
    for each in (windows, small):
        assert each.columns(np.array([[[7.0, 8.0]]])).tolist() == [[[0, 7, 7, 8]]]
        # Cell 0 is under the second tap of window 0 and the first of window 1: 30 + 2. Padding takes 1 away.
        assert each.collect(np.array([[[1.0, 2.0, 30.0, 40.0]]])).tolist() == [[[32, 40]]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, object])
def test_cells_keep_their_kind(dtype: type) -> None:
    small = SmallWindows((Axis(size=3, window=2, outputs=2),))
    columns = small.columns(np.array([[[1, 2, 3]]], dtype=dtype))
    assert columns.dtype == small.collect(columns).dtype == np.dtype(dtype)


def test_a_zero_that_was_added_up_has_no_sign() -> None:
    for each in _both((Axis(size=2, window=1, outputs=2),)):
        assert not np.signbit(each.collect(np.array([[[-0.0, -0.0]]]))).any()
