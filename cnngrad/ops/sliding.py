"""Windows that slide wrongly: what convolution and pooling share in the forward pass and, for the stride, backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

from cnngrad.exercise.attempt import LayerAttempt
from cnngrad.exercise.mistake import Variants, about
from cnngrad.windows.axis import Axis
from cnngrad.windows.windows import Windows

FORWARD = ("Z", "argmax")
"""What has one number for each window: wrong windows may be more, or fewer. A gradient needs as many as dZ has."""
MOST_TIMES = 10
"""How many times as much work as the right windows wrong ones may be."""
MOST_WORK = 10**5
"""Multiply-adds of a plane up to which that does not matter."""


def slid(how: Callable[[Windows], Iterator[Windows]]) -> Variants:
    """The mistake of windows that slide wrongly."""

    def variants(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
        layer, forward = attempt.layer, attempt.quantity in FORWARD
        most = max(MOST_TIMES * layer.windows.multiply_adds(), MOST_WORK)
        for windows in how(layer.windows):
            fits = layer.takes(windows) and (forward or windows.outputs == layer.windows.outputs)
            if fits and windows.multiply_adds() <= most:
                yield attempt.on(windows=windows)

    return variants


def stride_ignored(windows: Windows) -> Iterator[Windows]:
    """Windows at (i, j) instead of (i*s, j*s), as many as before."""
    if any(axis.stride > 1 for axis in windows.axes):
        yield Windows(tuple(replace(axis, stride=1) for axis in windows.axes))


def padding_forgotten(windows: Windows) -> Iterator[Windows]:
    """No padding: fewer windows, or windows further on."""
    if windows.has_padding:
        yield from _refitted(windows, [{"before": 0, "after": 0} for _ in windows.axes])


def padding_once(windows: Windows) -> Iterator[Windows]:
    """The padding of one side only in the size formula."""
    if windows.has_padding:
        fewer = [axis.refitted(after=0).outputs if axis.after else axis.outputs for axis in windows.axes]
        yield from _kept(windows, [{"outputs": outputs} for outputs in fewer])


def size_off_by_one(windows: Windows) -> Iterator[Windows]:
    """The +1 of the size formula lost."""
    yield from _kept(windows, [{"outputs": axis.outputs - 1} for axis in windows.axes])


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


STRIDE, PADDING, WINDOW = ("stride",), ("before", "after"), ("window",)
"""What an axis may take from another one."""


def axes_swapped(windows: Windows) -> Iterator[Windows]:
    """Height and width exchanged in the stride, the padding, the window or the size; or one axis with the setting of
    another one."""
    if windows.rank < 2:
        return
    *before, height, width = windows.axes
    for names in (STRIDE, PADDING, STRIDE + PADDING, WINDOW, STRIDE + WINDOW):
        exchanged = [{name: getattr(other, name) for name in names} for other in (width, height)]
        if exchanged != [{name: getattr(axis, name) for name in names} for axis in (height, width)]:
            yield from _refitted(windows, [{} for _ in before] + exchanged)
            yield from _kept(windows, [{} for _ in before] + exchanged)
    if height.outputs != width.outputs:
        yield from _kept(windows, [{} for _ in before] + [{"outputs": width.outputs}, {"outputs": height.outputs}])
    for (place, one), (_, other) in permutations(enumerate(windows.axes), 2):
        for names in (STRIDE, PADDING, WINDOW):
            taken = {name: getattr(other, name) for name in names}
            if taken != {name: getattr(one, name) for name in names}:
                settings = [taken if number == place else {} for number in range(windows.rank)]
                yield from _refitted(windows, settings)
                yield from _kept(windows, settings)


def as_large_as_the_output(windows: Windows) -> Iterator[Windows]:
    """Windows of the output's height and width, one cell apart."""
    yield from _refitted(windows, [{"window": axis.outputs, "stride": 1} for axis in windows.axes])


def _refitted(windows: Windows, settings: list[dict[str, Any]]) -> Iterator[Windows]:
    yield from _possible([axis.refitted(**each) for axis, each in zip(windows.axes, settings, strict=True)])


def _kept(windows: Windows, settings: list[dict[str, Any]]) -> Iterator[Windows]:
    yield from _possible([replace(axis, **each) for axis, each in zip(windows.axes, settings, strict=True)])


def _possible(axes: list[Axis]) -> Iterator[Windows]:
    """The windows where there is at least one, and every cell of padding is one that its mode has."""
    if all(axis.has_possible_padding and axis.outputs >= 1 and axis.dilation >= 1 for axis in axes):
        yield Windows(tuple(axes))


_row = about("conv", "Z")
ROWS = (
    _row("stride-ignored", slid(stride_ignored))(
        says="the windows moved by one cell instead of by the stride",
        ask="In which input cell does the second window begin?",
        needs="a stride above 1",
    ),
    _row("padding-forgotten", slid(padding_forgotten))(
        says="the input was not padded",
        ask="Which cells does the very first window cover, and do they all lie inside the input?",
        needs="padding",
    ),
    _row("padding-once", slid(padding_once))(
        says="the padding of one side was left out of the size formula",
        ask="By how many cells does padding make an axis longer?",
        needs="padding",
    ),
    _row("size-off-by-one", slid(size_off_by_one))(
        says="the +1 of the size formula was lost",
        ask="How many places does a kernel have that is exactly as wide as the input?",
        needs="more than one place for the kernel",
    ),
    _row("same-symmetric", slid(same_symmetric))(
        says="the odd cell of SAME padding is on the wrong side",
        ask="On which side does the odd cell of SAME padding go?",
        needs="SAME padding with an odd total",
    ),
    _row("dilation-off-by-one", slid(dilation_off_by_one))(
        says="the taps are one cell too close together, or too far apart",
        ask="With dilation d, how many cells lie between two taps: d, d - 1 or d + 1?",
        needs="a dilation above 1",
    ),
    _row("axes-swapped", slid(axes_swapped))(
        says="height and width were exchanged in the size, the stride or the padding, or one was taken for both",
        ask="Which of the two numbers belongs to the rows?",
        needs="a height and a width that differ in size, stride or padding",
    ),
)
