"""Exact numbers, and what arithmetic with them and with formulas may cost: their size, and the work of one run.

The size of a result of float64 is known before it is computed; that of a fraction or a formula is not. So every
operation on those asks the account of the run, and CnngradError names the limit as soon as one is passed.

What float64 cannot hold becomes infinite or nan, and whoever uses a number looks for that; numpy's warnings
would only say it a second time, on stderr and in no line of the program.

Python's own `str` and `int` refuse more than 4,300 digits (or what the process has set), and that is a setting of
the whole process: a library leaves it alone. Decimal has no such bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, wraps
from math import log10
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.limits import DEFAULT, Limits
from cnngrad.records import dataclass

COST = 5_000
"""Multiply-adds of float64 that take as long as one operation on small fractions, or one product of terms."""
FEW = 100_000
"""Such operations that are always allowed, however low the limit is."""
_SQUARED_BITS = 5 * 10**6
"""An operation on fractions of so many bits, squared, takes twice as long as one on small ones."""
_LONG = 10**18
"""Exponents beyond make a number whose digits are not worth counting."""


@dataclass
class Account:
    """What one run may still do. An account that is not `counted` bounds the size of each number alone."""

    limits: Limits = DEFAULT
    counted: bool = True
    spent: int = 0

    def check_number(self, numerator: int, denominator: int) -> None:
        """Raise if one of the two has too many digits; count the work that made them."""
        bits = numerator.bit_length() + denominator.bit_length()
        if bits > self._surely:
            for number in (abs(numerator), denominator):
                if number.bit_length() > self._surely and number >= self._bound:
                    self.limits.allow("digits", digits_of(number), f"makes a number of {digits_of(number):,} digits")
        self.spend(1 + bits * bits // _SQUARED_BITS)

    def check_power(self, base: int, exponent: int) -> None:
        """Raise if `base` to the power `exponent` has too many digits to be worked out."""
        if base < 2:
            return
        if exponent > _LONG:
            raise CnngradError("makes a number of more than 10^17 digits; take smaller exponents")
        length = int(exponent * log10(base)) + 1
        if length > self.limits.digits + 1:  # one that is so near is worked out and counted
            self.limits.allow("digits", length, f"makes a number of {length:,} digits")

    def check_terms(self, terms: int) -> None:
        self.limits.allow("symbols", terms, f"makes a formula of {terms:,} terms")

    def spend(self, operations: int) -> None:
        """Count operations on small fractions, or products of terms."""
        self.spent += operations
        self.expect(0)

    def expect(self, operations: int) -> None:
        """Raise if so many operations would be too many."""
        if self.counted and self.spent + operations > self._most:
            limit = self.limits.multiply_adds
            counts = f"(with fractions or formulas each counts as {COST:,} or more)"
            self.limits.allow("multiply_adds", 2 * limit, f"needs more than {limit:,} multiply-adds {counts}")

    @cached_property
    def _most(self) -> int:
        return max(self.limits.multiply_adds // COST, FEW)

    @cached_property
    def _surely(self) -> int:
        """Bits that a number within the limit always may have."""
        return self.limits.digits * 33_219 // 10_000  # log2(10) is 3.32193

    @cached_property
    def _bound(self) -> int:
        return int(10**self.limits.digits)


_ACCOUNT: ContextVar[Account] = ContextVar("account", default=Account(counted=False))  # noqa: B039 never changed


def account() -> Account:
    """The account of the run that is under way."""
    return _ACCOUNT.get()


@contextmanager
def within(limits: Limits, *, counted: bool = True) -> Iterator[Account]:
    """One run within `limits`, without warnings."""
    token = _ACCOUNT.set(opened := Account(limits, counted))
    try:
        with np.errstate(all="ignore"):
            yield opened
    finally:
        _ACCOUNT.reset(token)


def digits_of(number: int) -> int:
    """How many decimal digits a positive number has."""
    found = max((number.bit_length() - 1) * 30_102 // 100_000, 1)
    power = int(10**found)
    while power <= number:
        found, power = found + 1, power * 10
    return found


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


def first_error(work: Callable[..., Any]) -> Callable[..., Any]:
    """The operation `work`, which raises what was raised first: numpy goes on with the next of several products of
    matrices when a limit is passed in one of them, and whatever is called then gives a SystemError."""

    @wraps(work)
    def worked(*operands: Any) -> Any:
        try:
            return work(*operands)
        except SystemError as error:
            cause: BaseException = error
            while isinstance(cause, SystemError) and cause.__cause__ is not None:
                cause = cause.__cause__
            raise cause from None

    return worked


def _bounded(plain: Callable[..., Any]) -> Callable[..., Any]:
    return first_error(lambda *operands: _checked(plain(*operands)))


_OF_TWO = (f"__{side}{name}__" for name in ("add", "sub", "mul", "truediv", "mod") for side in ("", "r"))
for _method in (*_OF_TWO, "__neg__", "__pos__", "__abs__"):
    setattr(Exact, _method, _bounded(getattr(Fraction, _method)))
