"""What no window reads, in words."""

from __future__ import annotations

import pytest

from cnngrad.windows.axis import Axis
from cnngrad.windows.unread import unread_places, why_unread
from cnngrad.windows.windows import Windows

TWO = Axis(5, 2, 2, stride=2)
"""Windows on the cells 0 1 and 2 3 of five."""


@pytest.mark.parametrize(
    ("axes", "base", "says"),
    [
        ((TWO, TWO), 0, "the last row and the last column"),
        ((Axis(7, 2, 2, stride=2),), 0, "the last 3 cells"),  # 0 1, 2 3
        ((Axis(8, 2, 3, stride=3),), 0, "cells 2 and 5"),  # 0 1, 3 4, 6 7
        ((Axis(8, 2, 3, stride=3),), 1, "cells 3 and 6"),
        ((Axis(4, 2, 3), Axis(4, 2, 3)), 0, ""),
        ((Axis(5, 2, 2, stride=2, before=-1), TWO), 0, "the first row and the last column"),  # 1 2, 3 4
        ((Axis(3, 2, 1, dilation=2), TWO), 0, "row 1 and the last column"),  # 0 and 2
    ],
)
def test_places_that_no_window_reads(axes: tuple[Axis, ...], base: int, says: str) -> None:
    assert unread_places(Windows(axes), base) == says


@pytest.mark.parametrize(
    ("axis", "cell", "says"),
    [
        (TWO, 4, "cell 4 is behind the last window, which ends at cell 3"),
        (Axis(8, 2, 3, stride=3), 2, "cell 2 is between two windows, which span 2 cells and begin every 3"),
        (Axis(3, 2, 1, dilation=2), 1, "cell 1 is between the taps, which are 2 cells apart (stride 1)"),
        (Axis(5, 2, 2, stride=2, before=-1), 0, "cell 0 is before the first window, which begins at cell 1"),
    ],
)
def test_why_a_cell_is_not_read(axis: Axis, cell: int, says: str) -> None:
    assert why_unread(Windows((axis,)), (cell,)) == says
