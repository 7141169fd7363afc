"""Rounding as people do it: half away from zero."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array

_WHOLE = 2.0**53
"""Floats above have no decimals to round."""
_DIGITS = 20
"""Digits before the point, at most."""


def rounded(value: Any, decimals: int) -> Any:
    """`value` with so many decimals; formulas stay."""
    if isinstance(value, Formula):
        return value
    if isinstance(value, Fraction):
        scaled = value * 10**decimals
        whole = int(abs(scaled) + Fraction(1, 2))
        return Fraction(whole if scaled >= 0 else -whole, 10**decimals)
    number = float(value)
    if not abs(number) <= _WHOLE:
        return number
    digits = Context(prec=decimals + _DIGITS)
    return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, digits))


def rounded_array(array: Array, decimals: int) -> Array:
    """Every cell rounded."""
    flat = np.empty(array.size, dtype=array.dtype)
    flat[:] = [rounded(value, decimals) for value in array.flat]
    return flat.reshape(array.shape)
