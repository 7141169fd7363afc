"""What the numbers of a convolution need, so that its mistakes can show in a network."""

from __future__ import annotations

import numpy as np

from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.mistake import rotated
from cnngrad.homework.work import Purse
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv


def missing_kinks(layer: Conv, parameters: Arrays, A: Array, Z: Array, _purse: Purse) -> int:
    """1 where the kernel is equal to itself turned by 180 degrees."""
    return int(np.array_equal(parameters["W"], rotated(parameters["W"], layer.windows.rank)))
