"""The same meetings, read from the other side: the windows in which the cells of the input read the outputs.

A stride draws these windows apart: of every `stride` cells, each reads other taps. Those that read the same taps are
one product of axes, whose stride is 1.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from cnngrad.records import dataclass
from cnngrad.windows.axis import Axis, Integers
from cnngrad.windows.windows import Windows

MOST = 4
"""The largest stride that is turned: each axis has so many products, and each of them costs some calls of numpy."""


@dataclass(frozen=True)
class Turned:
    """`windows` over the outputs, one for each of the cells `cells`, with the taps `taps` (slices of the last axes)."""

    windows: Windows
    cells: tuple[slice, ...]
    taps: tuple[slice, ...]


def turned(windows: Windows) -> list[Turned]:
    """The windows of all cells that any tap reads; none where padding repeats cells of the input."""
    if any(axis.mode != "zeros" or axis.stride > MOST for axis in windows.axes):
        return []
    each = [[_turned(axis, first) for first in range(min(axis.stride, axis.size))] for axis in windows.axes]
    found = []
    for parts in product(*([part for part in parts if part] for parts in each)):
        axes, cells, taps = zip(*parts, strict=True)
        found.append(Turned(Windows(axes), cells, taps))
    return found


def _turned(axis: Axis, first: int) -> tuple[Axis, slice, slice] | None:
    """The windows of the cells that are a multiple of the stride behind `first`: cell x reads output o with tap k where
    x = position(o, k)."""
    positions: Integers = axis.position(np.zeros(1, np.int64), np.arange(axis.window))
    strides, rest = np.divmod(first - positions, axis.stride)
    taps = np.flatnonzero(rest == 0)
    if not len(taps):
        return None
    outputs = strides[taps]  # those that the first cell reads, tap by tap: in steps of the dilation of the new axis
    cells = slice(first, axis.size, axis.stride)
    count = len(range(axis.size)[cells])
    step, dilation = (int(taps[1] - taps[0]), abs(int(outputs[1] - outputs[0]))) if len(taps) > 1 else (1, 1)
    turned = Axis(
        axis.outputs, len(taps), count, 1, dilation, -int(outputs.min()), count + int(outputs.max()) - axis.outputs,
        flip=bool(outputs[0] > outputs[-1]),
    )  # fmt: skip
    return turned, cells, slice(int(taps[0]), int(taps[-1]) + 1, step)
