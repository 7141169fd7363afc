"""Which cells of the input no window reads, in words: what a forward pass leaves out without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cnngrad.windows.axis import Axis
from cnngrad.windows.windows import Index, Windows
from cnngrad.wording import counted, listed

PLACES = {1: ("cell",), 2: ("row", "column"), 3: ("slice", "row", "column")}
"""What one place along each spatial axis is called, by the number of axes."""
NAMED = 6
"""Places between windows that are named; the rest is counted."""


def unread_places(windows: Windows, base: int = 0) -> str:
    """`the last row and the last 2 columns`, or nothing where every cell is read; `base` is the first index."""
    axes = zip(windows.axes, PLACES[windows.rank], strict=True)
    return listed([text for axis, name in axes for text in _along(axis, name, base)])


def _along(axis: Axis, name: str, base: int) -> Iterator[str]:
    before, after = axis.unread_ends
    if after == axis.size:
        yield f"every {name}"
        return
    for end, cells in (("first", before), ("last", after)):
        if cells:
            yield f"the {end} {name if cells == 1 else counted(cells, name)}"
    between = [int(i) + base for i in np.flatnonzero(axis.unread) if before <= i < axis.size - after]
    if between:
        yield f"{name}{'s' * (len(between) > 1)} {_several(between)}"


def _several(places: Sequence[int]) -> str:
    if len(places) <= NAMED + 1:
        return listed([str(place) for place in places])
    return f"{', '.join(map(str, places[:NAMED]))} and {len(places) - NAMED} more"


def why_unread(windows: Windows, cell: Index, base: int = 0) -> str:
    """Why no window reads a cell, axis by axis: it is behind the last window, or between two of them."""
    axes = zip(windows.axes, PLACES[windows.rank], cell, strict=True)
    return "; ".join(_why(axis, name, place, base) for axis, name, place in axes if axis.unread[place])


def _why(axis: Axis, name: str, place: int, base: int) -> str:
    before, after = axis.unread_ends
    here = f"{name} {place + base}"
    if after == axis.size:
        return f"the windows are on padding alone along the {name}s"
    if place < before:
        return f"{here} is before the first window, which begins at {name} {before + base}"
    if place >= axis.size - after:
        return f"{here} is behind the last window, which ends at {name} {axis.size - after - 1 + base}"
    if axis.stride > axis.span:
        return f"{here} is between two windows, which span {counted(axis.span, 'cell')} and begin every {axis.stride}"
    return f"{here} is between the taps, which are {axis.dilation} cells apart (stride {axis.stride})"
