"""Windows that slide wrongly: what convolution and pooling share in the forward pass and, for the stride, backward."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cnngrad.windows.axis import Axis
from cnngrad.windows.windows import Windows


def stride_ignored(windows: Windows) -> Iterator[Windows]:
    """Windows at (i, j) instead of (i*s, j*s), as many as before."""
    if any(axis.stride > 1 for axis in windows.axes):
        yield Windows(tuple(replace(axis, stride=1) for axis in windows.axes))


def padding_forgotten(windows: Windows) -> Iterator[Windows]:
    """No padding: fewer windows, or windows further on."""
    if _padded(windows):
        yield from _refitted(windows, [{"before": 0, "after": 0} for _ in windows.axes])


def padding_once(windows: Windows) -> Iterator[Windows]:
    """The padding of one side only in the size formula."""
    if _padded(windows):
        yield from _fewer(
            windows, [axis.refitted(after=0).outputs if axis.after else axis.outputs for axis in windows.axes]
        )


def size_off_by_one(windows: Windows) -> Iterator[Windows]:
    """The +1 of the size formula lost."""
    yield from _fewer(windows, [axis.outputs - 1 for axis in windows.axes])


def same_symmetric(windows: Windows) -> Iterator[Windows]:
    """The odd cell of SAME padding on the other side, or on both, or on neither."""
    odd = [axis for axis in windows.axes if abs(axis.after - axis.before) == 1]
    if not odd:
        return
    pads = [sorted((axis.before, axis.after)) for axis in windows.axes]
    swapped = [{"before": axis.after, "after": axis.before} for axis in windows.axes]
    yield from _kept(windows, swapped)
    yield from _refitted(windows, [{"before": large, "after": large} for _, large in pads])
    yield from _refitted(windows, [{"before": small, "after": small} for small, _ in pads])


def dilation_off_by_one(windows: Windows) -> Iterator[Windows]:
    """Taps d - 1 or d + 1 cells apart."""
    if all(axis.dilation == 1 for axis in windows.axes):
        return
    for step in (-1, 1):
        dilations = [{"dilation": axis.dilation + step * (axis.dilation > 1)} for axis in windows.axes]
        yield from _refitted(windows, dilations)
        yield from _kept(windows, dilations)


def axes_swapped(windows: Windows) -> Iterator[Windows]:
    """Height and width exchanged in the stride, the padding or the size."""
    if windows.rank < 2:
        return
    *before, height, width = windows.axes
    for names in (("stride",), ("before", "after"), ("stride", "before", "after")):
        exchanged = [{name: getattr(other, name) for name in names} for other in (width, height)]
        if exchanged != [{name: getattr(axis, name) for name in names} for axis in (height, width)]:
            yield from _refitted(windows, [{} for _ in before] + exchanged)
            yield from _kept(windows, [{} for _ in before] + exchanged)
    if height.outputs != width.outputs:
        yield from _kept(windows, [{} for _ in before] + [{"outputs": width.outputs}, {"outputs": height.outputs}])


def _padded(windows: Windows) -> bool:
    return any(axis.before or axis.after for axis in windows.axes)


def _refitted(windows: Windows, settings: list[dict[str, Any]]) -> Iterator[Windows]:
    yield from _possible([axis.refitted(**each) for axis, each in zip(windows.axes, settings, strict=True)])


def _kept(windows: Windows, settings: list[dict[str, Any]]) -> Iterator[Windows]:
    yield from _possible([replace(axis, **each) for axis, each in zip(windows.axes, settings, strict=True)])


def _fewer(windows: Windows, outputs: list[int]) -> Iterator[Windows]:
    yield from _possible([replace(axis, outputs=count) for axis, count in zip(windows.axes, outputs, strict=True)])


def _possible(axes: list[Axis]) -> Iterator[Windows]:
    """Windows with at least one place to stand, and no padding that its mode does not know."""
    most = {"reflect": -1, "circular": 0}
    fits = all(max(axis.before, axis.after) <= axis.size + most.get(axis.mode, math.inf) for axis in axes)
    if fits and all(axis.outputs >= 1 and axis.dilation >= 1 for axis in axes):
        yield Windows(tuple(axes))
