"""Z of a convolution, computed wrongly; and all rows of a convolution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from cnngrad.exercise.common_mistakes import bias_forgotten
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.mistake import LayerAttempt, Mistake, only, rotated, when, whole
from cnngrad.homework.budget import Budget
from cnngrad.numbers.kinds import Array
from cnngrad.ops import sliding
from cnngrad.ops.conv import mistakes_da, mistakes_dw_db
from cnngrad.ops.conv.layer import Conv


def _bias_per_product(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    products = math.prod(attempt.layer.windows.taps) * attempt.layer.channels.inputs_per_group
    yield attempt.given(b=attempt.b * whole(products, attempt.b))


_row = partial(Mistake, op="conv", quantities=("Z",))
FORWARD = (
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
        ask="How many times is the bias in the formula of one output cell?",
        needs="a bias that is not 0",
    ),
    bias_forgotten("conv", "Z"),
    _row(
        id="bias-first-for-all",
        variants=when(lambda a: a.layer.filters > 1, lambda a: a.given(b=a.b * 0 + a.b.flat[0])),
        says="every filter got the bias of the first one",
        ask="Which bias belongs to the second filter?",
        needs="filters with different biases",
    ),
    _row(
        id="channels-first-only",
        variants=when(lambda a: a.W.shape[1] > 1, lambda a: a.given(W=only(a.W, 0, 1))),
        says="only the first input channel was used",
        ask="Over how many channels does one window reach?",
        needs="more than one input channel",
    ),
    _row(
        id="channels-averaged",
        variants=when(lambda a: a.W.shape[1] > 1, lambda a: a.given(W=a.W / whole(a.W.shape[1], a.W))),
        says="the channels were averaged instead of added",
        ask="What does the formula do with the channels: add or average?",
        needs="more than one input channel",
    ),
)
ROWS = (*FORWARD, *mistakes_da.ROWS, *mistakes_dw_db.ROWS)


def missing_kinks(layer: Conv, parameters: Arrays, A: Array, Z: Array, _budget: Budget) -> int:
    """What numbers lack for mistakes to show in a network: 1 where the kernel equals itself turned by 180 degrees."""
    return int(np.array_equal(parameters["W"], rotated(parameters["W"], layer.windows.rank)))
