"""Z of a convolution, computed wrongly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from cnngrad.exercise.mistake import LayerAttempt, Mistake, only, rotated, whole
from cnngrad.ops import sliding


def _bias_per_product(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    products = math.prod(attempt.layer.windows.taps) * attempt.layer.channels.inputs_per_group
    yield attempt.given(b=attempt.b * whole(products, attempt.b))


def _bias_first(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.filters > 1:
        yield attempt.given(b=attempt.b * 0 + attempt.b.flat[0])


def _first_channel(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.W.shape[1] > 1:
        yield attempt.given(W=only(attempt.W, 1, 0))


def _channels_averaged(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.W.shape[1] > 1:
        yield attempt.given(W=attempt.W / whole(attempt.W.shape[1], attempt.W))


_row = partial(Mistake, op="conv", quantities=("Z",))
ROWS = (
    *sliding.ROWS,
    _row(
        id="kernel-flipped",
        variants=lambda a: [a.given(W=rotated(a.W, a.layer.windows.rank))],
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
        variants=lambda a: [a.given(b=a.b * 0)],
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
)
