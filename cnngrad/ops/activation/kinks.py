"""What the numbers of an activation need, so that its mistakes can show in a network."""

from __future__ import annotations

import numpy as np

from cnngrad.exercise.layer import Arrays
from cnngrad.homework.work import Purse
from cnngrad.numbers.kinds import Array
from cnngrad.ops.activation.layer import Activation


def missing_kinks(layer: Activation, parameters: Arrays, A: Array, Z: Array, _purse: Purse) -> int:
    """For relu, which of a zero and a negative number the input has not."""
    if layer.function != "relu":
        return 0
    return sum(not np.any(kink) for kink in (A == 0, A < 0))
