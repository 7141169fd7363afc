"""One spatial axis: positions, padding, and how many windows fit."""

from __future__ import annotations

import pytest

from cnngrad.windows.axis import NONE, Axis, count, same_padding, spread


@pytest.mark.parametrize(
    ("extent", "window", "stride", "dilation", "windows"),
    [
        (5, 2, 1, 1, 4),  # (5 - 2)/1 + 1
        (5, 2, 2, 1, 2),  # floor(3/2) + 1
        (7, 3, 2, 2, 2),  # span 5: floor(2/2) + 1
        (4, 5, 1, 1, 0),  # does not fit
        (1, 2, 2, 1, 0),  # floor(-1/2) + 1
    ],
)
def test_how_many_windows_fit(extent: int, window: int, stride: int, dilation: int, windows: int) -> None:
    assert count(extent, spread(window, dilation), stride) == windows


@pytest.mark.parametrize(
    ("size", "before", "after", "window", "stride", "windows"),
    [
        (6, 0, 0, 3, 2, 3),  # ceil(3/2) + 1 = 3, and the last one starts at 4 < 6
        (3, 1, 1, 2, 2, 2),  # ceil(3/2) + 1 = 3, but the last one would start at 4 >= 3 + 1
        (4, 1, 1, 2, 3, 2),  # ceil(4/3) + 1 = 3, but the last one would start at 6 >= 4 + 1
        (1, 0, 0, 2, 2, 1),  # ceil(-1/2) + 1 = 1: it hangs over the end
    ],
)
def test_ceil_mode_rounds_up_and_drops_a_window_outside(
    size: int, before: int, after: int, window: int, stride: int, windows: int
) -> None:
    fitted = count(size + before + after, window, stride, ceil=True, last_start=size + before)
    assert fitted == windows


def test_same_padding_puts_the_odd_cell_at_the_end_or_first() -> None:
    assert same_padding(3) == (1, 2)
    assert same_padding(3, lower=True) == (2, 1)
    assert same_padding(-2) == (0, 0)


def test_positions_are_output_times_stride_plus_tap_times_dilation_minus_before() -> None:
    axis = Axis(size=7, window=3, outputs=3, stride=2, dilation=2, before=1, after=1)
    assert axis.positions.tolist() == [[-1, 1, 3], [1, 3, 5], [3, 5, 7]]
    assert axis.table.tolist() == [[NONE, 1, 3], [1, 3, 5], [3, 5, NONE]]


def test_flip_turns_the_taps_round() -> None:
    axis = Axis(size=4, window=3, outputs=2, flip=True)
    assert axis.table.tolist() == [[2, 1, 0], [3, 2, 1]]


@pytest.mark.parametrize(
    ("mode", "cells"),
    [
        ("zeros", [NONE, NONE, 0, 1, 2, 3, NONE, NONE]),
        ("reflect", [2, 1, 0, 1, 2, 3, 2, 1]),
        ("replicate", [0, 0, 0, 1, 2, 3, 3, 3]),
        ("circular", [2, 3, 0, 1, 2, 3, 0, 1]),
    ],
)
def test_padding_modes_fold_positions_back(mode: str, cells: list[int]) -> None:
    axis = Axis(size=4, window=1, outputs=8, before=2, after=2, mode=mode)
    assert axis.reach.tolist() == cells


def test_the_overhang_of_ceil_mode_is_neither_input_nor_padding() -> None:
    axis = Axis(size=3, window=2, outputs=3, stride=2, before=1, after=1)
    # positions -1 0 | 1 2 | 3 4: 3 is padding, 4 hangs over its end
    assert axis.padded().tolist() == [[True, True], [True, True], [True, False]]


def test_links_are_the_same_relation_from_every_side() -> None:
    axis = Axis(size=5, window=3, outputs=4, stride=2, dilation=1, before=2, after=2, mode="reflect")
    whole = list(axis.meetings())
    assert sorted(meeting for o in range(4) for meeting in axis.meetings(output=o)) == sorted(whole)
    assert sorted(meeting for k in range(3) for meeting in axis.meetings(tap=k)) == sorted(whole)
    assert sorted(meeting for x in range(5) for meeting in axis.meetings(source=x)) == sorted(whole)


def test_an_axis_refitted_has_as_many_windows_as_fit() -> None:
    """Six cells and two of padding, taps 2 apart: a window of 3 spans 5 of 8 cells and stands in 4 places."""
    axis = Axis(6, 3, 4, dilation=2, before=1, after=1)
    assert axis.refitted(stride=2).outputs == 2
    assert axis.refitted(before=0, after=0).outputs == 2
    assert axis.refitted(dilation=5).outputs == 0


def test_the_last_windows_to_touch_a_cell() -> None:
    """Windows of 3 every 2 cells: the third tap of each but the last stands on the first tap of the next."""
    assert Axis(7, 3, 3, stride=2).latest().tolist() == [[True, True, False], [True, True, False], [True, True, True]]
    assert Axis(4, 2, 2, stride=2).latest().all()


def test_the_interior_is_what_a_valid_correlation_reaches() -> None:
    """A window of 2 over 4 cells: the kernel fits into three cells of delta in two places, over cells 1 and 2; spread
    by a stride of 2, cell 2 lies between two windows; with padding 1 the places move one cell to the left."""
    assert Axis(4, 2, 3).interior().tolist() == [False, True, True, False]
    assert Axis(4, 2, 2, stride=2).interior().tolist() == [False, True, True, False]
    assert Axis(4, 2, 5, before=1, after=1).interior().tolist() == [True, True, True, True]
    assert not Axis(3, 3, 1).interior()[:2].any()


def test_the_bare_input_leaves_room_for_fewer_taps() -> None:
    """Four cells, padding 1, window 3: four windows. Four deltas over four cells leave room for one tap."""
    assert Axis(4, 3, 4, before=1, after=1).unpadded().window == 1
    assert Axis(7, 3, 2, stride=2, dilation=2, before=1, after=1).unpadded().window == 3
    assert Axis(2, 3, 4, before=2, after=2).unpadded().window == 0
