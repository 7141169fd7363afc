"""What formulas are made of: symbols and functions, their products, and sums of these as coefficients by product."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.numbers.exact import account, digits
from cnngrad.records import dataclass

if TYPE_CHECKING:
    from cnngrad.numbers.formula import Formula

Place = tuple[int, ...]
_ADVICE = "give numbers and take numbers: float"
MOST_DEPTH = 20
"""Functions and fraction bars inside each other."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name; `place` is where it was first read, `value` its number, if the spec gives one."""

    name: str
    place: Place = field(default=(0,), compare=False)
    value: Any = field(default=None, compare=False)
    depth: ClassVar[int] = 0
    size: ClassVar[int] = 0

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
        """Calls and fraction bars inside each other, this one counted."""
        inner = (atom for formula in self.arguments for monomial in formula.terms for atom, _ in monomial)
        return 1 + max((atom.depth for atom in inner), default=0)

    @cached_property
    def size(self) -> int:
        """Terms of its arguments, those inside of functions counted."""
        return sum(argument.size for argument in self.arguments)

    @cached_property
    def place(self) -> Place:
        """After every symbol, by its text."""
        return (10**6, *map(ord, str(self)[:40]))

    @property
    def value(self) -> Any:
        """The function's number, where all arguments have one."""
        values = [argument.value for argument in self.arguments]
        return None if any(value is None for value in values) else real(lambda: self.evaluate(*map(float, values)))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.function, self.arguments))

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True)
class Sum:
    """A sum under a fraction bar."""

    formula: Formula

    @cached_property
    def depth(self) -> int:
        return 1 + max(atom.depth for monomial in self.formula.terms for atom, _ in monomial)

    @property
    def size(self) -> int:
        return self.formula.size

    @cached_property
    def place(self) -> Place:
        """After every symbol and call."""
        return (10**7, *map(ord, str(self.formula)[:40]))

    @property
    def value(self) -> Any:
        return self.formula.value

    def __str__(self) -> str:
        return f"({self.formula})"


Atom: TypeAlias = Symbol | Call | Sum
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
"""Atoms with their powers (never 0), by place."""


def multiplied(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials, its atoms in order."""
    powers: dict[Atom, int] = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((a, n) for a, n in powers.items() if n), key=lambda pair: pair[0].place))


def text_of(monomial: Monomial, coefficient: Fraction) -> str:
    """`3*x*y/4`, `-x`, `1/(x + y)`."""
    above = [_power(atom, power) for atom, power in monomial if power > 0]
    below = [_power(atom, -power) for atom, power in monomial if power < 0]
    if abs(coefficient.numerator) != 1 or not above:
        above.insert(0, digits(abs(coefficient.numerator)))
    if coefficient.denominator != 1:
        below.insert(0, digits(coefficient.denominator))
    under = "*".join(below)
    bar = f"/({under})" if len(below) > 1 else f"/{under}" if below else ""
    return f"{'-' if coefficient < 0 else ''}{'*'.join(above)}{bar}"


def _power(atom: Atom, power: int) -> str:
    return str(atom) if power == 1 else f"{atom}**{digits(power)}"


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


Terms = Mapping[Monomial, Fraction]
_COST = 3
"""Operations on fractions that take as long as one product of terms."""
_COUNTED = 10**15
"""Terms beyond are not counted any more."""


def collected(terms: Iterable[tuple[Monomial, Fraction]], count: int = 0) -> Terms:
    """Equal monomials as one; CnngradError if more are left than a formula may have. `count` is how many come."""
    here = account()
    most = here.limits.symbols
    here.expect(_COST * count)
    total: dict[Monomial, Fraction] = {}
    for monomial, coefficient in terms:
        here.spend(_COST)
        before = total.get(monomial)
        total[monomial] = coefficient if before is None else before + coefficient
        if len(total) > most:
            here.check_terms(max(count, len(total)))
    found = {monomial: coefficient for monomial, coefficient in total.items() if coefficient}
    here.check_terms(size_of(found))
    return found


def size_of(terms: Terms) -> int:
    """How many terms there are, those inside of functions and fractions counted."""
    return sum(1 + sum(atom.size for atom, _ in monomial) for monomial in terms)


def _least_terms(base: Terms, times: int) -> int:
    """How many terms a sum to a power has at least: all products of its terms where no two can be the same."""
    atoms = Counter(atom for monomial in base for atom, _ in monomial)
    alone = sum(any(atoms[atom] == 1 for atom, _ in monomial) for monomial in base)
    free = len(base) if alone >= len(base) - 1 else alone
    count = 1
    for k in range(1, max(free, 2)):
        count = count * (times + k) // k
        if count > _COUNTED:
            break
    return count


def _binomial(base: Terms, times: int) -> Iterator[tuple[Monomial, Fraction]]:
    """The terms of a sum of two, to a power."""
    (first, one), (second, two) = base.items()
    ratio, coefficient = two / one, one**times
    for k in range(times + 1):
        powers = [tuple((atom, n * m) for atom, n in side if m) for side, m in ((first, times - k), (second, k))]
        yield multiplied(*powers), coefficient
        coefficient = coefficient * ratio * (times - k) / (k + 1)


def power(base: Terms, times: int) -> Terms | None:
    """A sum of two to a whole power; nothing for longer sums, which are multiplied out, if that is little enough."""
    account().check_terms(_least_terms(base, times))
    if len(base) == 2:
        return collected(_binomial(base, times), times + 1)
    account().expect(_COST * times * _least_terms(base, times) // len(base))
    return None
