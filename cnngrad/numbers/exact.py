"""Fractions that stay within the limit of digits: every operation checks what it made."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from cnngrad.numbers.account import account
from cnngrad.numbers.wholes import digits, ratio


class Exact(Fraction):
    """A fraction whose sums, products, quotients and powers are bounded by the limits of the run."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Fraction({digits(self.numerator)}, {digits(self.denominator)})"

    def __str__(self) -> str:
        return ratio(self)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, int | Fraction) and exponent.denominator == 1:
            account().check_power(max(abs(self.numerator), self.denominator), abs(int(exponent)))
        return _checked(Fraction.__pow__(self, exponent))


def exact(value: Any) -> Exact:
    """A number as a fraction that is bounded."""
    found: Exact = _checked(Fraction(value))
    return found


def _checked(value: Any) -> Any:
    """A result of fractions as one that is bounded too, if it is within the limits."""
    if type(value) is not Fraction:
        return value
    # Half the time of Exact(value), which looks at every type of number that there is.
    kept: Any = object.__new__(Exact)
    kept._numerator, kept._denominator = value.numerator, value.denominator
    account().check_number(kept._numerator, kept._denominator)
    return kept


def _bounded(plain: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *operands: _checked(plain(*operands))


for _name in ("add", "sub", "mul", "truediv", "mod"):
    for _side in ("", "r"):
        _method = f"__{_side}{_name}__"
        setattr(Exact, _method, _bounded(getattr(Fraction, _method)))
for _method in ("__neg__", "__pos__", "__abs__"):
    setattr(Exact, _method, _bounded(getattr(Fraction, _method)))
