"""The number that a formula has at the values of its symbols, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError


def real(evaluate: Callable[[], Any]) -> Any:
    """What `evaluate` gives, where that is a real number within float64; CnngradError says why it is none."""
    try:
        with np.errstate(all="ignore"):
            value = evaluate()
    except ZeroDivisionError:
        raise CnngradError("divides by zero at the values of its symbols; take others") from None
    except OverflowError:
        value = math.inf
    if isinstance(value, Fraction):
        return value
    if isinstance(value, complex) or value != value:
        raise CnngradError("is no real number at the values of its symbols; take others")
    if math.isinf(value):
        raise CnngradError("is beyond float64 at the values of its symbols; take smaller ones")
    return value
