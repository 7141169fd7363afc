"""Formulas: sums of products of symbols, in the order in which people read them.

A formula is kept expanded, so equal polynomials are equal objects and `x - x` is 0. What no product
of symbols can say (1/(x + y), sigmoid(x)) is an atom beside the symbols. Own code and not a computer
algebra system, because those choose an order of their own, and reading order is the point.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

import numpy as np

from cnngrad.numbers.exact import account, exact, first_error
from cnngrad.numbers.terms import (
    Atom,
    Call,
    Monomial,
    Sum,
    Symbol,
    Terms,
    collected,
    multiplied,
    real,
    size_of,
    text_of,
)
from cnngrad.numbers.terms import power as power_of


class Formula:
    """A sum of monomials with rational coefficients (never 0).

    A sum of formulas is worked out when its terms are asked for: one that grows summand by summand is then
    gone through once, and not once for each summand.
    """

    def __init__(self, terms: Terms, *summands: Formula) -> None:
        self._terms = terms
        self._summands = summands
        self.size: int = size_of(terms) + sum(each.size for each in summands)
        """terms, those inside of functions and fractions counted; at most, while the sum is not worked out"""

    @property
    def terms(self) -> Terms:
        """The coefficient of every monomial."""
        if self._summands:
            self._terms = collected(_all_terms(self))
            self._summands, self.size = (), size_of(self._terms)
        return self._terms

    @staticmethod
    def constant(number: Any) -> Formula:
        plain = number.item() if isinstance(number, np.generic) else number
        return Formula({(): exact(plain)} if plain else {})

    @staticmethod
    def atom(atom: Atom) -> Formula:
        return Formula({((atom, 1),): exact(1)})

    @cached_property
    def value(self) -> Any:
        """The number that the formula has at the values of its symbols; None where one is missing.

        CnngradError says why there is no number at these values: 1/x at 0, exp(x) at 1000.
        """
        factors = [[(atom.value, power) for atom, power in monomial] for monomial in self.terms]
        if any(value is None for monomial in factors for value, _ in monomial):
            return None
        return real(lambda: sum(map(_evaluated, self.terms.values(), factors), Fraction(0)))

    @property
    def missing(self) -> list[str]:
        """The names that have no value, in reading order."""
        names: dict[str, None] = {}
        for monomial in self.ordered():
            for atom, _ in monomial:
                inner = atom.arguments if isinstance(atom, Call) else (atom.formula,) if isinstance(atom, Sum) else ()
                found = [name for formula in inner for name in formula.missing]
                names |= dict.fromkeys([atom.name] if isinstance(atom, Symbol) and atom.value is None else found)
        return list(names)

    @property
    def number(self) -> Fraction | None:
        """The number that this formula is, without any symbol; None where it has one."""
        return self.terms.get((), Fraction(0)) if set(self.terms) <= {()} else None

    def ordered(self) -> list[Monomial]:
        """The monomials in reading order, the constant last."""
        last = [((10**9,), 0)]
        return sorted(self.terms, key=lambda monomial: [(atom.place, -power) for atom, power in monomial] or last)

    @first_error
    def __add__(self, other: Any) -> Any:
        if (right := _formula(other)) is None:
            return NotImplemented
        found = Formula({}, self, right)
        if found.size > account().limits.symbols:
            _ = found.terms
        return found

    @first_error
    def __mul__(self, other: Any) -> Any:
        if (right := _formula(other)) is None:
            return NotImplemented
        one, two = _cancelled(self, right)
        return Formula(
            collected(
                ((multiplied(left, factor), a * b) for left, a in one.terms.items() for factor, b in two.terms.items()),
                len(one.terms) * len(two.terms),
            )
        )

    def __neg__(self) -> Formula:
        return Formula({monomial: -coefficient for monomial, coefficient in self.terms.items()})

    def __pos__(self) -> Formula:
        return self

    def __sub__(self, other: Any) -> Any:
        right = _formula(other)
        return NotImplemented if right is None else self + -right

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        right = _formula(other)
        return NotImplemented if right is None else self * right.inverse()

    def __rtruediv__(self, other: Any) -> Any:
        return self.inverse() * other

    def __pow__(self, power: Any) -> Formula:
        above = power if isinstance(power, Formula) else Formula.constant(power)
        exponent = above.number
        if exponent is None or exponent.denominator != 1:
            return Formula.atom(Call("pow", (self, above), lambda x, y: x**y))
        base, times = (self, int(exponent)) if exponent >= 0 else (self.inverse(), -int(exponent))
        if len(base.terms) == 1:
            ((monomial, coefficient),) = base.terms.items()
            powers = tuple((atom, int(exact(n * times))) for atom, n in monomial if times)
            return Formula({powers: coefficient**times})
        if base.terms and (found := power_of(base.terms, times)) is not None:
            return Formula(found)
        return reduce(lambda product, _: product * base, range(times), Formula.constant(1))

    def inverse(self) -> Formula:
        if not self.terms:
            raise ZeroDivisionError("division by zero")
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            return Formula({tuple((atom, -n) for atom, n in monomial): 1 / coefficient})
        leading, atom = self.as_divisor()
        return Formula({((atom, -1),): 1 / leading})

    def as_divisor(self) -> tuple[Fraction, Sum]:
        """The formula as a number times a sum whose first coefficient is 1: 2x + 2y and x + y have the same sum."""
        leading = self.terms[self.ordered()[0]]
        return leading, Sum(self if leading == 1 else Formula({m: c / leading for m, c in self.terms.items()}))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | float | Fraction):
            return self.number == other
        return isinstance(other, Formula) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        texts = [text_of(monomial, self.terms[monomial]) for monomial in self.ordered()]
        return " ".join(texts[:1] + [f"- {t[1:]}" if t.startswith("-") else f"+ {t}" for t in texts[1:]]) or "0"

    __repr__ = __str__


def _evaluated(coefficient: Fraction, factors: list[tuple[Any, int]]) -> Any:
    return reduce(lambda product, factor: product * factor[0] ** factor[1], factors, coefficient)


def _formula(value: Any) -> Formula | None:
    """A number as a formula; nothing for an array, which works cell by cell."""
    if isinstance(value, Formula):
        return value
    return None if isinstance(value, np.ndarray) else Formula.constant(value)


def _all_terms(formula: Formula) -> Iterator[tuple[Monomial, Fraction]]:
    """The terms of a sum of sums, from left to right."""
    waiting = [formula]
    while waiting:
        one = waiting.pop()
        if one._summands:
            waiting.extend(reversed(one._summands))
        else:
            yield from one._terms.items()


def _cancelled(left: Formula, right: Formula) -> tuple[Formula, Formula]:
    """(x + y) * 1/(x + y) is 1: factors of the same product, without a sum that is also under the fraction bar."""
    for factor, divided in ((left, right), (right, left)):
        found = _undivided(factor, divided)
        if found is not None:
            return found, Formula.constant(1)
    return left, right


def _undivided(factor: Formula, divided: Formula) -> Formula | None:
    """The product where `divided` is one term over the sum `factor`; None for all others."""
    if len(factor.terms) < 2 or len(divided.terms) != 1:
        return None
    ((monomial, coefficient),) = divided.terms.items()
    if not any(isinstance(atom, Sum) and power < 0 for atom, power in monomial):
        return None
    leading, atom = factor.as_divisor()
    if dict(monomial).get(atom, 0) >= 0:
        return None
    return Formula({multiplied(monomial, ((atom, 1),)): coefficient * leading})
