"""Formulas: sums of products of symbols, in the order in which people read them.

A formula is kept expanded, so equal polynomials are equal objects and `x - x` is 0. What no product
of symbols can say (1/(x + y), sigmoid(x)) is an atom beside the symbols. Own code and not a computer
algebra system, because those choose an order of their own, and reading order is the point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any, ClassVar, TypeAlias

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.numbers.real import real

Place = tuple[int, ...]
MOST_TERMS = 10_000
"""Terms of one formula; a product of sums would otherwise grow without bound."""
_MOST_BITS = 100_000
_ADVICE = "give numbers and take numbers: float"
MOST_DEPTH = 20
"""Functions and fraction bars inside each other."""
MOST_POWER = 60
"""The largest power of a sum that is multiplied out."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name; `place` is where it was first read, `value` the number it stands for, if the spec says."""

    name: str
    place: Place = field(default=(0,), compare=False)
    value: Any = field(default=None, compare=False)
    depth: ClassVar[int] = 0

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Call:
    """A function of formulas that is no polynomial: `sigmoid(x)`; `evaluate` gives its number."""

    function: str
    arguments: tuple[Formula, ...]
    evaluate: Any = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.depth > MOST_DEPTH:
            raise CnngradError(f"nests {self.depth} functions in one formula, over {MOST_DEPTH}; {_ADVICE}")

    @cached_property
    def depth(self) -> int:
        """Calls inside each other, this one counted."""
        inner = (atom for formula in self.arguments for monomial in formula.terms for atom, _ in monomial)
        return 1 + max((atom.depth for atom in inner), default=0)

    @cached_property
    def place(self) -> Place:
        """After every symbol, by its text."""
        return (10**6, *map(ord, str(self)[:40]))

    @property
    def value(self) -> Any:
        """The function's number, where all arguments have one."""
        values = [argument.value for argument in self.arguments]
        return None if any(value is None for value in values) else real(lambda: self.evaluate(*map(float, values)))

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True)
class Sum:
    """A sum that stands under a fraction bar."""

    formula: Formula

    @cached_property
    def depth(self) -> int:
        """Calls and fractions inside each other, this one counted."""
        return 1 + max(atom.depth for monomial in self.formula.terms for atom, _ in monomial)

    @cached_property
    def place(self) -> Place:
        """After every symbol and call."""
        return (10**7, *map(ord, str(self.formula)[:40]))

    @property
    def value(self) -> Any:
        """The number of the sum, where all its symbols have one."""
        return self.formula.value

    def __str__(self) -> str:
        return f"({self.formula})"


Atom: TypeAlias = Symbol | Call | Sum
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
"""Atoms with their powers (never 0), by place."""


@dataclass(frozen=True)
class Formula:
    """A sum of monomials with rational coefficients (never 0)."""

    terms: Mapping[Monomial, Fraction]

    @staticmethod
    def constant(number: Any) -> Formula:
        """The formula that is one number."""
        plain = number.item() if isinstance(number, np.generic) else number
        return Formula({(): Fraction(plain)} if plain else {})

    @staticmethod
    def atom(atom: Atom) -> Formula:
        """The formula that is one symbol or call."""
        return Formula({((atom, 1),): Fraction(1)})

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

    def __add__(self, other: Any) -> Any:
        if (right := _formula(other)) is None:
            return NotImplemented
        return _collected([*self.terms.items(), *right.terms.items()])

    def __mul__(self, other: Any) -> Any:
        if (right := _formula(other)) is None:
            return NotImplemented
        if len(self.terms) * len(right.terms) > MOST_TERMS:
            count = len(self.terms) * len(right.terms)
            raise CnngradError(f"a formula has {count:,} terms, over {MOST_TERMS:,}; {_ADVICE}")
        one, two = _cancelled(self, right)
        return _collected(
            (_product(left, factor), a * b) for left, a in one.terms.items() for factor, b in two.terms.items()
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
            if max(map(int.bit_length, coefficient.as_integer_ratio())) * times > _MOST_BITS:
                raise CnngradError("is a number of too many digits; take smaller exponents")
            powers = tuple((atom, n * times) for atom, n in monomial if times)
            return Formula({powers: coefficient**times})
        if times > MOST_POWER:
            raise CnngradError(f"a sum to the power {times} is too long a formula; {_ADVICE}")
        return reduce(lambda product, _: product * base, range(times), Formula.constant(1))

    def inverse(self) -> Formula:
        """1 over this formula."""
        if not self.terms:
            raise ZeroDivisionError("division by zero")
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            return Formula({tuple((atom, -n) for atom, n in monomial): 1 / coefficient})
        # One leading coefficient, so that 1/(2x + 2y) and 1/(x + y) have the same atom.
        leading = self.terms[self.ordered()[0]]
        return Formula({((Sum(self * (1 / leading)), -1),): 1 / leading})

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | float | Fraction):
            return self.number == other
        return isinstance(other, Formula) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        texts = [_monomial(monomial, self.terms[monomial]) for monomial in self.ordered()]
        return " ".join(texts[:1] + [f"- {t[1:]}" if t.startswith("-") else f"+ {t}" for t in texts[1:]]) or "0"

    __repr__ = __str__


def _evaluated(coefficient: Fraction, factors: list[tuple[Any, int]]) -> Any:
    return reduce(lambda product, factor: product * factor[0] ** factor[1], factors, coefficient)


def _formula(value: Any) -> Formula | None:
    """A number as a formula; nothing for an array, which works cell by cell."""
    if isinstance(value, Formula):
        return value
    return None if isinstance(value, np.ndarray) else Formula.constant(value)


def _collected(terms: Iterable[tuple[Monomial, Fraction]]) -> Formula:
    total: dict[Monomial, Fraction] = {}
    for monomial, coefficient in terms:
        total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return Formula({monomial: coefficient for monomial, coefficient in total.items() if coefficient})


def _product(left: Monomial, right: Monomial) -> Monomial:
    powers: dict[Atom, int] = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((a, n) for a, n in powers.items() if n), key=lambda pair: pair[0].place))


def _cancelled(left: Formula, right: Formula) -> tuple[Formula, Formula]:
    """(x + y) * 1/(x + y) is 1: a sum meets itself under the fraction bar."""
    for one, two in ((left, right), (right, left)):
        if len(one.terms) > 1 and len(two.terms) == 1:
            ((monomial, coefficient),) = two.terms.items()
            leading = one.terms[one.ordered()[0]]
            atom = Sum(one if leading == 1 else Formula({m: c / leading for m, c in one.terms.items()}))
            if dict(monomial).get(atom, 0) < 0:
                return Formula({_product(monomial, ((atom, 1),)): coefficient * leading}), Formula.constant(1)
    return left, right


def _monomial(monomial: Monomial, coefficient: Fraction) -> str:
    """`3*x*y/4`, `-x`, `1/(x + y)`."""
    above = [_power(atom, power) for atom, power in monomial if power > 0]
    below = [_power(atom, -power) for atom, power in monomial if power < 0]
    if abs(coefficient.numerator) != 1 or not above:
        above.insert(0, str(abs(coefficient.numerator)))
    if coefficient.denominator != 1:
        below.insert(0, str(coefficient.denominator))
    under = "*".join(below)
    bar = f"/({under})" if len(below) > 1 else f"/{under}" if below else ""
    return f"{'-' if coefficient < 0 else ''}{'*'.join(above)}{bar}"


def _power(atom: Atom, power: int) -> str:
    return str(atom) if power == 1 else f"{atom}**{power}"
