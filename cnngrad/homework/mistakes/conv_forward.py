"""Z of a convolution, computed wrongly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from cnngrad.homework.mistake import Mistake, Variants, only, rotated, whole
from cnngrad.homework.mistakes import sliding
from cnngrad.homework.mistakes.conv import ConvAttempt
from cnngrad.windows.windows import Windows

Slid = Callable[[Windows], Iterator[Windows]]


def slid(how: Slid) -> Variants:
    """The mistake of windows that slide wrongly; a transposed layer keeps its windows, one per input cell."""

    def variants(attempt: ConvAttempt) -> Iterator[ConvAttempt]:
        for windows in how(attempt.windows):
            if not attempt.conv.transposed or windows.outputs == attempt.windows.outputs:
                yield attempt.with_windows(windows)

    return variants


def _bias_per_product(attempt: ConvAttempt) -> Iterator[ConvAttempt]:
    products = math.prod(attempt.windows.taps) * attempt.correlation.channels.inputs_per_group
    yield replace(attempt, b=attempt.b * whole(products, attempt.b))


def _bias_first(attempt: ConvAttempt) -> Iterator[ConvAttempt]:
    if attempt.filters > 1:
        yield replace(attempt, b=attempt.b * 0 + attempt.b.flat[0])


def _first_channel(attempt: ConvAttempt) -> Iterator[ConvAttempt]:
    if attempt.W.shape[1] > 1:
        yield replace(attempt, W=only(attempt.W, 1, 0))


def _channels_averaged(attempt: ConvAttempt) -> Iterator[ConvAttempt]:
    if attempt.W.shape[1] > 1:
        yield replace(attempt, W=attempt.W / whole(attempt.W.shape[1], attempt.W))


_row = partial(Mistake, op="conv", quantities=("Z",))
ROWS = (
    _row(
        id="kernel-flipped",
        variants=lambda a: [replace(a, W=rotated(a.W, a.rank))],
        says="the kernel was turned by 180 degrees before it slid over the input",
        ask="In which corner does the kernel's first weight meet the window: the same one, or the opposite?",
        needs="a kernel that changes when it is turned",
    ),
    _row(
        id="bias-per-product",
        variants=_bias_per_product,
        says="the bias was added to every product instead of once to their sum",
        ask="How many times does the bias stand in the formula of one output cell?",
        needs="a bias that is not 0",
    ),
    _row(
        id="bias-forgotten",
        variants=lambda a: [replace(a, b=a.b * 0)],
        says="the bias was not added",
        ask="What is still to be added when all products of a window are summed?",
        needs="a bias that is not 0",
    ),
    _row(
        id="bias-first-for-all",
        variants=_bias_first,
        says="every filter got the bias of the first one",
        ask="Which bias belongs to the second filter?",
        needs="filters with different biases",
    ),
    _row(
        id="stride-ignored",
        variants=slid(sliding.stride_ignored),
        says="the windows moved by one cell instead of by the stride",
        ask="In which input cell does the second window begin?",
        needs="a stride above 1",
    ),
    _row(
        id="channels-first-only",
        variants=_first_channel,
        says="only the first input channel was used",
        ask="Over how many channels does one window reach?",
        needs="more than one input channel",
    ),
    _row(
        id="channels-averaged",
        variants=_channels_averaged,
        says="the channels were averaged instead of added",
        ask="What does the formula do with the channels: add or average?",
        needs="more than one input channel",
    ),
    _row(
        id="padding-forgotten",
        variants=slid(sliding.padding_forgotten),
        says="the input was not padded",
        ask="Which cells does the very first window cover, and do they all lie inside the input?",
        needs="padding",
    ),
    _row(
        id="padding-once",
        variants=slid(sliding.padding_once),
        says="the padding of one side was left out of the size formula",
        ask="By how many cells does padding make an axis longer?",
        needs="padding",
    ),
    _row(
        id="size-off-by-one",
        variants=slid(sliding.size_off_by_one),
        says="the +1 of the size formula was lost",
        ask="How many places does a kernel have that is exactly as wide as the input?",
        needs="more than one place for the kernel",
    ),
    _row(
        id="same-symmetric",
        variants=slid(sliding.same_symmetric),
        says="the odd cell of SAME padding stands on the wrong side",
        ask="On which side does the odd cell of SAME padding go?",
        needs="SAME padding with an odd total",
    ),
    _row(
        id="dilation-off-by-one",
        variants=slid(sliding.dilation_off_by_one),
        says="the taps are one cell too close together, or too far apart",
        ask="With dilation d, how many cells lie between two taps: d, d - 1 or d + 1?",
        needs="a dilation above 1",
    ),
    _row(
        id="axes-swapped",
        variants=slid(sliding.axes_swapped),
        says="height and width were exchanged in the size, the stride or the padding",
        ask="Which of the two numbers belongs to the rows?",
        needs="a height and a width that differ in size, stride or padding",
    ),
)
