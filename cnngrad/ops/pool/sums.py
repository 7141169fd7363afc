"""What the sums of a pooling layer are made of: its real cells, and counts as numbers of its kind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.numbers.functions import compared
from cnngrad.numbers.kinds import Array, zeros


def real_cells(Z: Array) -> Array:
    """Z with 0 for the windows that hold no real cell."""
    return np.where(-math.inf == Z, zeros(Z.shape, Z), Z)


def sum_law(weight: Array) -> str:
    """The name of the law of the shares: they add up to 1 in every window, or to `weight`."""
    off = compared(weight, "a law") - 1
    whole = bool((np.abs(off.astype(np.float64)) < 1e-6).all())
    return "sum(dA) = sum(dZ)" if whole else "sum(dA) = sum(dZ*weights)"


def counts_like(counts: NDArray[np.int64], like: Array) -> Array:
    """Integer counts as numbers that divide cells of the kind of `like` without changing its dtype."""
    return counts.astype(object if like.dtype == object else like.dtype)


def zero_of(planes: Array) -> Any:
    """0 as a number of the kind of `planes`."""
    return zeros((), planes)[()]
