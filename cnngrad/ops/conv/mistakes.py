"""Z of a convolution, computed wrongly; and all rows of a convolution."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from cnngrad.exercise.attempt import LayerAttempt, only, rotated, whole
from cnngrad.exercise.cost import Budget
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.mistake import about, bias_forgotten, when
from cnngrad.numbers.kinds import Array
from cnngrad.ops import sliding
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.conv.mistakes_da import INPUT
from cnngrad.ops.conv.mistakes_db import BIAS
from cnngrad.ops.conv.mistakes_dw import KERNEL


def _bias_per_product(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    products = math.prod(attempt.layer.windows.taps) * attempt.layer.channels.inputs_per_group
    yield attempt.given(b=attempt.b * whole(products, attempt.b))


_z = about("conv", "Z")
ROWS = (
    *sliding.ROWS,
    _z("kernel-flipped", lambda a: [a.given(W=rotated(a.W, a.layer.windows.rank))])(
        says="the kernel was turned by 180 degrees before it slid over the input",
        ask="In which corner does the kernel's first weight meet the window: the same one, or the opposite?",
        needs="a kernel that changes when it is turned",
    ),
    _z("bias-per-product", _bias_per_product)(
        says="the bias was added to every product instead of once to their sum",
        ask="How many times is the bias in the formula of one output cell?",
        needs="a bias that is not 0",
    ),
    bias_forgotten("conv", "Z"),
    _z("bias-first-for-all", when(lambda a: a.layer.filters > 1, lambda a: a.given(b=a.b * 0 + a.b.flat[0])))(
        says="every filter got the bias of the first one",
        ask="Which bias belongs to the second filter?",
        needs="filters with different biases",
    ),
    _z("channels-first-only", when(lambda a: a.W.shape[1] > 1, lambda a: a.given(W=only(a.W, 0, 1))))(
        says="only the first input channel was used",
        ask="Over how many channels does one window reach?",
        needs="more than one input channel",
    ),
    _z("channels-averaged", when(lambda a: a.W.shape[1] > 1, lambda a: a.given(W=a.W / whole(a.W.shape[1], a.W))))(
        says="the channels were averaged instead of added",
        ask="What does the formula do with the channels: add or average?",
        needs="more than one input channel",
    ),
    *INPUT,
    *KERNEL,
    *BIAS,
)


def missing_kinks(layer: Conv, parameters: Arrays, A: Array, Z: Array, _budget: Budget) -> int:
    """What numbers lack for mistakes to show in a network: 1 where the kernel equals itself turned by 180 degrees, 1
    where a bias that is added to every product leaves no output positive, because relu follows."""
    W, b = layer.arranged("W", parameters["W"]), parameters["b"]
    turned = np.array_equal(W, rotated(W, layer.windows.rank))
    return int(turned) + int(not np.any(Z + (W.size // b.size - 1) * b > 0))
