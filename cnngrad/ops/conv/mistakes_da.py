"""dA of a convolution, computed wrongly; and what goes wrong with dW in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cnngrad.exercise.common_mistakes import batch_averaged, sign_flipped, upstream_forgotten
from cnngrad.exercise.mistake import LayerAttempt, Mistake, only, rotated, square, transposed
from cnngrad.numbers.kinds import Array
from cnngrad.ops import sliding
from cnngrad.windows.axis import Axis
from cnngrad.windows.windows import Windows, last


def _axes(attempt: LayerAttempt, change: Any) -> LayerAttempt:
    """The attempt with every axis changed."""
    return attempt.on(windows=Windows(tuple(map(change, attempt.layer.windows.axes))))


def _kernel_transposed(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if square(attempt.layer.windows.taps):
        yield attempt.given(W=transposed(attempt.W))


def delta_transposed(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The upstream gradient with rows and columns exchanged."""
    if square(attempt.dZ.shape[2:]):
        yield attempt.given(dZ=transposed(attempt.dZ))


def _not_dilated(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The full correlation begins at the padded corner: its border is cut off, or is where A begins."""
    if any(axis.stride > 1 for axis in attempt.layer.windows.axes):
        yield _axes(attempt, lambda axis: replace(axis, stride=1, before=0, mode="zeros"))
        yield _axes(attempt, lambda axis: replace(axis, stride=1))


def _overwritten(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.transposed:
        return

    def product(self: LayerAttempt) -> Array:
        windows = self.layer.windows
        return np.asarray(windows.fold(self.layer.correlation.spread(self.dZ, self.W) * windows.latest()))

    yield replace(attempt, product=product)
    for variant in each_filter(attempt, -1):
        yield replace(variant, product=product)


def _valid(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.transposed:
        return
    inside = attempt.layer.windows.interior()
    yield attempt.where(inside.shape, lambda dA: np.where(inside, dA, dA * 0))
    places = [np.flatnonzero(axis.interior()) for axis in attempt.layer.windows.axes]
    if all(map(len, places)):
        yield attempt.where(inside.shape, lambda dA: dA[last(np.ix_(*places))])


def _not_cropped(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.windows.has_padding and not attempt.layer.transposed:
        yield _axes(attempt, lambda axis: replace(axis, before=0, mode="zeros"))
        yield _axes(attempt, Axis.whole)


def _cropped_twice(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if not attempt.layer.windows.has_padding or attempt.layer.transposed:
        return
    yield _axes(attempt, lambda axis: replace(axis, before=axis.before + axis.after, after=0, mode="zeros"))
    axes = attempt.layer.windows.axes
    if all(axis.size > axis.before + axis.after for axis in axes):
        inner = tuple(slice(axis.before, axis.size - axis.after) for axis in axes)
        yield attempt.where(attempt.layer.windows.sizes, lambda dA: dA[last(inner)])


def _pad_slice_zero(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if not attempt.layer.windows.has_padding and not attempt.layer.transposed:
        yield attempt.then(lambda dA: dA * 0)


def _channels_swapped(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    filters, channels = attempt.W.shape[:2]
    if filters == channels > 1 and attempt.layer.channels.groups == 1:
        yield attempt.given(W=attempt.W.swapaxes(0, 1))


def _stride_dilation(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if any(axis.stride != axis.dilation for axis in attempt.layer.windows.axes):
        yield _axes(attempt, lambda axis: replace(axis, stride=axis.dilation, dilation=axis.stride))


def _input_for_kernel(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if not attempt.layer.transposed:
        yield attempt.given(W=attempt.W * 0 + 1).where(attempt.A.shape, lambda dA: dA * attempt.A)


def each_filter(attempt: LayerAttempt, kept: int) -> Iterator[LayerAttempt]:
    """The attempt with the upstream gradient of one filter alone."""
    if attempt.layer.filters > 1:
        yield attempt.given(dZ=only(attempt.dZ, kept, 1))


def positions_averaged(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Divided by the cells of one output plane."""
    if attempt.layer.positions > 1:
        yield attempt.divided(attempt.layer.positions)


_row = partial(Mistake, op="conv", quantities=("dA",))
ROWS = (
    _row(
        id="kernel-rotated-twice",
        variants=lambda a: [a.given(W=rotated(a.W, a.layer.windows.rank))],
        says="the kernel was turned by 180 degrees once too often (or not at all in the full correlation)",
        ask="Through which weight does the first cell of the input reach the first cell of the output?",
        needs="a kernel that changes when it is turned",
    ),
    _row(
        id="kernel-transposed",
        variants=_kernel_transposed,
        says="the kernel's rows and columns were exchanged instead of turning it by 180 degrees",
        ask="Is turning by 180 degrees the same as exchanging rows and columns?",
        needs="a square kernel that is not symmetric",
    ),
    _row(
        id="delta-rotated",
        variants=lambda a: [a.given(dZ=rotated(a.dZ, a.layer.windows.rank))],
        says="the upstream gradient was turned by 180 degrees",
        ask="Which of the two is turned in the full correlation, the kernel or the upstream gradient?",
        needs="an upstream gradient that changes when it is turned",
    ),
    _row(
        id="delta-transposed",
        quantities=("dA", "dW"),
        variants=delta_transposed,
        says="the rows and columns of the upstream gradient were exchanged",
        ask="Which output cell belongs to the second window of the first row?",
        needs="a square upstream gradient that is not symmetric",
    ),
    _row(
        id="delta-not-dilated",
        variants=_not_dilated,
        says="the upstream gradient was not spread by the stride before the full correlation",
        ask="How many zeros are between two neighbours of the upstream gradient when the stride is s?",
        needs="a stride above 1",
    ),
    _row(
        id="stride-ignored",
        variants=sliding.slid(sliding.stride_ignored),
        says="each window was put back one cell after the one before instead of one stride after it",
        ask="Where in the input does the first window of the second row begin?",
        needs="a stride above 1",
    ),
    _row(
        id="overwritten",
        variants=_overwritten,
        says="later windows overwrote what earlier ones had added: = instead of +=",
        ask="How many windows touch a cell in the middle, and what happens to their contributions?",
        needs="windows that overlap",
    ),
    _row(
        id="valid-not-full",
        variants=_valid,
        says="only the cells in the middle got a gradient: a valid correlation instead of a full one",
        ask="Does the corner cell of the input take part in any output?",
        needs="windows that reach cells at the border",
    ),
    _row(
        id="padding-not-cropped",
        variants=_not_cropped,
        says="the padding at the beginning was kept and the end was lost",
        ask="Where in the padded array is the first real cell?",
        needs="padding",
    ),
    _row(
        id="padding-cropped-twice",
        variants=_cropped_twice,
        says="the padding of both sides was cropped at the beginning",
        ask="How many padding cells are before the first real cell?",
        needs="padding",
    ),
    _row(
        id="pad-slice-zero",
        variants=_pad_slice_zero,
        says="pad:-pad with pad = 0 selects nothing, so the gradient stayed empty or zero",
        ask="What does the slice [0:-0] select?",
        needs="no padding",
    ),
    _row(
        id="filter-last-only",
        variants=lambda a: each_filter(a, -1),
        says="only the last filter's contribution is there",
        ask="Through how many filters does an input cell reach the loss?",
        needs="more than one filter",
    ),
    _row(
        id="filter-first-only",
        variants=lambda a: each_filter(a, 0),
        says="only the first filter's contribution is there",
        ask="Through how many filters does an input cell reach the loss?",
        needs="more than one filter",
    ),
    _row(
        id="channels-swapped",
        variants=_channels_swapped,
        says="input and output channels of the kernel were exchanged",
        ask="Which axis of the kernel counts the filters?",
        needs="as many filters as input channels, more than one",
    ),
    _row(
        id="stride-dilation-swapped",
        variants=_stride_dilation,
        says="stride and dilation were exchanged",
        ask="Which of the two moves the window, and which spreads its taps?",
        needs="a stride other than the dilation",
    ),
    upstream_forgotten("conv", "dA", "dW"),
    _row(
        id="input-instead-of-kernel",
        variants=_input_for_kernel,
        says="the upstream gradient was multiplied by the input's own cell instead of by the kernel",
        ask="What is beside a cell of A in the formula of Z?",
        needs="an input other than the kernel",
    ),
    batch_averaged("conv", "dA", "dW"),
    _row(
        id="positions-averaged",
        quantities=("dA", "dW"),
        variants=positions_averaged,
        says="the gradient was divided by the number of output positions",
        ask="Do the contributions of the windows add up, or are they averaged?",
        needs="more than one output position",
    ),
    sign_flipped("conv", "dA", "dW", "db"),
)
