"""Whole numbers of any length as text, and back.

Python's own `str` and `int` refuse more than 4,300 digits (or what the process has set), and that is a setting of
the whole process: a library leaves it alone. Decimal has no such bound.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

_ALWAYS = 10**600
"""Below this Python prints a number whatever is set."""


def digits(number: int) -> str:
    """The decimal digits of a whole number, with its sign."""
    return str(number) if -_ALWAYS < number < _ALWAYS else f"{Decimal(number):f}"


def whole(text: str) -> int:
    """The whole number that `text`, digits with or without a sign, writes."""
    return int(Decimal(text))


def ratio(value: Fraction) -> str:
    """A fraction in lowest terms, as 3/7 or 5."""
    above = digits(value.numerator)
    return above if value.denominator == 1 else f"{above}/{digits(value.denominator)}"
