"""dA of a convolution, computed wrongly, and what goes wrong with dW in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.attempt import LayerAttempt, only, rotated, square, transposed
from cnngrad.exercise.mistake import (
    about,
    batch_averaged,
    gradient_not_reset,
    never_accumulated,
    sign_flipped,
    upstream_forgotten,
    when,
)
from cnngrad.numbers.kinds import Array
from cnngrad.ops import sliding
from cnngrad.windows.axis import Axis
from cnngrad.windows.padding import last
from cnngrad.windows.windows import Windows


def _axes(attempt: LayerAttempt, change: Any) -> LayerAttempt:
    return attempt.on(windows=Windows(tuple(map(change, attempt.layer.windows.axes))))


def _filters(attempt: LayerAttempt) -> bool:
    return bool(attempt.layer.filters > 1)


def _has_padding(attempt: LayerAttempt) -> bool:
    return bool(attempt.layer.windows.has_padding and not attempt.layer.transposed)


def _spread_at_corner(attempt: LayerAttempt) -> LayerAttempt:
    """The full correlation begins at the padded corner: its border is cut off."""
    return _axes(attempt, lambda axis: replace(axis, stride=1, before=0, mode="zeros"))


def _uncropped(attempt: LayerAttempt) -> LayerAttempt:
    """The padding at the beginning is kept, and the end is lost."""
    return _axes(attempt, lambda axis: replace(axis, before=0, mode="zeros"))


def _assigned(kept: Callable[[Windows], NDArray[np.bool_]], attempt: LayerAttempt) -> Array:
    """dA with one window alone in each cell: of those that reach it, the one that is `kept`."""
    windows = attempt.layer.windows
    return np.asarray(windows.fold(attempt.layer.correlation.spread(attempt.dZ, attempt.W) * kept(windows)))


def _overwritten(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.transposed:
        return
    last_wins = partial(_assigned, Windows.latest)
    yield replace(attempt, product=last_wins)
    if _filters(attempt):
        yield replace(attempt.given(dZ=only(attempt.dZ, -1, 1)), product=last_wins)


def _first_wins(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if not attempt.layer.transposed:
        yield replace(attempt, product=partial(_assigned, Windows.earliest))


def _remainder_lost(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The cells that the stretched upstream gradient does not reach are missing, or are zeros."""
    windows = attempt.layer.windows
    sizes = tuple(axis.without_remainder for axis in windows.axes)
    if attempt.layer.transposed or sizes == windows.sizes or min(sizes) < 1:
        return
    reached = last(map(slice, sizes))

    def zeros_behind(dA: Array) -> Array:
        found = dA * 0
        found[reached] = dA[reached]
        return found

    yield attempt.where(windows.sizes, lambda dA: dA[reached])
    yield attempt.where(windows.sizes, zeros_behind)


def _valid(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.transposed:
        return
    inside = attempt.layer.windows.interior()
    yield attempt.where(inside.shape, lambda dA: np.where(inside, dA, dA * 0))
    places = [np.flatnonzero(axis.interior()) for axis in attempt.layer.windows.axes]
    if all(map(len, places)):
        yield attempt.where(inside.shape, lambda dA: dA[last(np.ix_(*places))])


def _cropped_twice(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if not _has_padding(attempt):
        return
    yield _axes(attempt, lambda axis: replace(axis, before=axis.before + axis.after, after=0, mode="zeros"))
    axes = attempt.layer.windows.axes
    if all(axis.size > axis.before + axis.after for axis in axes):
        inner = tuple(slice(axis.before, axis.size - axis.after) for axis in axes)
        yield attempt.where(attempt.layer.windows.sizes, lambda dA: dA[last(inner)])


_gradient_lost = when(
    lambda a: not a.layer.windows.has_padding and not a.layer.transposed,
    lambda a: a.then(lambda dA: dA[last([slice(0)] * a.layer.windows.rank)]),
    lambda a: a.then(lambda dA: dA * 0),
)


def _mispaired(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Filter o in group o mod groups: the filters of a group are as many places apart as there are groups."""
    layer = attempt.layer
    groups, filters = layer.channels.groups, np.arange(layer.filters)
    order = filters.reshape(-1, groups).T.reshape(-1)
    if np.array_equal(order, filters):
        return
    dealt = attempt.given(dZ=attempt.dZ[:, order])
    if layer.transposed:
        yield dealt
    elif attempt.quantity == "dA":
        yield dealt.given(W=attempt.W[order])
    else:
        yield dealt.where(layer.kernel_shape, lambda dW: dW[np.argsort(order)])


_channels_swapped = when(
    lambda a: a.W.shape[0] == a.W.shape[1] > 1 and a.layer.channels.groups == 1,
    lambda a: a.given(W=a.W.swapaxes(0, 1)),
)
_stride_for_dilation = when(
    lambda a: any(axis.stride != axis.dilation for axis in a.layer.windows.axes),
    lambda a: _axes(a, lambda axis: replace(axis, stride=axis.dilation, dilation=axis.stride)),
)
_times_input = when(
    lambda a: not a.layer.transposed, lambda a: a.given(W=a.W * 0 + 1).where(a.A.shape, lambda dA: dA * a.A)
)
_delta_transposed = when(lambda a: square(a.dZ.shape[2:]), lambda a: a.given(dZ=transposed(a.dZ)))
_not_dilated = when(
    lambda a: any(axis.stride > 1 for axis in a.layer.windows.axes),
    _spread_at_corner,
    lambda a: _axes(a, lambda axis: replace(axis, stride=1)),
)
_positions_averaged = when(lambda a: a.layer.positions > 1, lambda a: a.divided(a.layer.positions))
_da = about("conv", "dA")
INPUT = (
    _da("kernel-rotated-twice", lambda a: [a.given(W=rotated(a.W, a.layer.windows.rank))])(
        says="the kernel was turned by 180 degrees once too often (or not at all in the full correlation)",
        ask="Through which weight does the first cell of the input reach the first cell of the output?",
        needs="a kernel that changes when it is turned",
    ),
    _da("kernel-transposed", when(lambda a: square(a.layer.windows.taps), lambda a: a.given(W=transposed(a.W))))(
        says="the kernel's rows and columns were exchanged instead of turning it by 180 degrees",
        ask="Is turning by 180 degrees the same as exchanging rows and columns?",
        needs="a square kernel that is not symmetric",
    ),
    _da("delta-rotated", lambda a: [a.given(dZ=rotated(a.dZ, a.layer.windows.rank))])(
        says="the upstream gradient was turned by 180 degrees",
        ask="Which of the two is turned in the full correlation, the kernel or the upstream gradient?",
        needs="an upstream gradient that changes when it is turned",
    ),
    _da("delta-transposed", _delta_transposed, "dA", "dW")(
        says="the rows and columns of the upstream gradient were exchanged",
        ask="Which output cell belongs to the second window of the first row?",
        needs="a square upstream gradient that is not symmetric",
    ),
    _da("delta-not-dilated", _not_dilated)(
        says="the upstream gradient was not spread by the stride before the full correlation",
        ask="How many zeros are between two neighbours of the upstream gradient when the stride is s?",
        needs="a stride above 1",
    ),
    _da("stride-ignored", sliding.slid(sliding.stride_ignored))(
        says="each window was put back one cell after the one before instead of one stride after it",
        ask="Where in the input does the first window of the second row begin?",
        needs="a stride above 1",
    ),
    _da("overwritten", _overwritten)(
        says="later windows overwrote what earlier ones had added: = instead of +=",
        ask="How many windows touch a cell in the middle, and what happens to their contributions?",
        needs="windows that overlap",
    ),
    _da("first-window-wins", _first_wins)(
        says="each cell kept the contribution of one window alone, the first that reaches it: = instead of +=",
        ask="How many windows touch a cell in the middle, and what happens to their contributions?",
        needs="windows that overlap",
    ),
    _da("remainder-lost", _remainder_lost)(
        says="the cells behind the last window were left out: the spread upstream gradient got no output padding",
        ask="How many cells at the end of the input does the last window not reach, and where are they in dA?",
        needs="a stride with which a row or a column of the input remains",
    ),
    _da("valid-not-full", _valid)(
        says="only the cells in the middle got a gradient: a valid correlation instead of a full one",
        ask="Does the corner cell of the input take part in any output?",
        needs="windows that reach cells at the border",
    ),
    _da("padding-not-cropped", when(_has_padding, _uncropped, lambda a: _axes(a, Axis.whole)))(
        says="the padding at the beginning was kept and the end was lost",
        ask="Where in the padded array is the first real cell?",
        needs="padding",
    ),
    _da("padding-cropped-twice", _cropped_twice)(
        says="the padding of both sides was cropped at the beginning",
        ask="How many padding cells are before the first real cell?",
        needs="padding",
    ),
    _da("pad-slice-zero", _gradient_lost)(
        says="pad:-pad with pad = 0 selects nothing, so the gradient stayed empty or zero",
        ask="What does the slice [0:-0] select?",
        needs="no padding",
    ),
    _da("filter-last-only", when(_filters, lambda a: a.given(dZ=only(a.dZ, -1, 1))))(
        says="only the last filter's contribution is there",
        ask="Through how many filters does an input cell reach the loss?",
        needs="more than one filter",
    ),
    _da("filter-first-only", when(_filters, lambda a: a.given(dZ=only(a.dZ, 0, 1))))(
        says="only the first filter's contribution is there",
        ask="Through how many filters does an input cell reach the loss?",
        needs="more than one filter",
    ),
    _da("channels-swapped", _channels_swapped)(
        says="input and output channels of the kernel were exchanged",
        ask="Which axis of the kernel counts the filters?",
        needs="as many filters as input channels, more than one",
    ),
    _da("channels-mispaired", _mispaired, "dA", "dW")(
        says="the filters were dealt out to the groups in turn, instead of the first ones to the first group",
        ask="With two groups and four filters, in which group is the second filter?",
        needs="groups of more than one filter",
    ),
    _da("stride-dilation-swapped", _stride_for_dilation, "dA", "dW")(
        says="stride and dilation were exchanged",
        ask="Which of the two moves the window, and which spreads its taps?",
        needs="a stride other than the dilation",
    ),
    upstream_forgotten("conv", "dA", "dW"),
    _da("input-instead-of-kernel", _times_input)(
        says="the upstream gradient was multiplied by the input's own cell instead of by the kernel",
        ask="What is beside a cell of A in the formula of Z?",
        needs="an input other than the kernel",
    ),
    batch_averaged("conv", "dA", "dW"),
    _da("positions-averaged", _positions_averaged, "dA", "dW")(
        says="the gradient was divided by the number of output positions",
        ask="Do the contributions of the windows add up, or are they averaged?",
        needs="more than one output position",
    ),
    sign_flipped("conv", "dA", "dW", "db"),
    gradient_not_reset("conv", "dA", "dW", "db"),
    never_accumulated("conv", "dA", "dW", "db"),
)
