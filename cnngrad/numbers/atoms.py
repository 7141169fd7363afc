"""What formulas are made of: symbols, functions and fractions that are no polynomials, and their products."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from cnngrad.errors import CnngradError
from cnngrad.numbers.real import real
from cnngrad.numbers.wholes import digits

if TYPE_CHECKING:
    from cnngrad.numbers.formula import Formula

Place = tuple[int, ...]
_ADVICE = "give numbers and take numbers: float"
MOST_DEPTH = 20
"""Functions and fraction bars inside each other."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name; `place` is where it was first read, `value` the number it stands for, if the spec says."""

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
        """Calls inside each other, this one counted."""
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
    """A sum that stands under a fraction bar."""

    formula: Formula

    @cached_property
    def depth(self) -> int:
        """Calls and fractions inside each other, this one counted."""
        return 1 + max(atom.depth for monomial in self.formula.terms for atom, _ in monomial)

    @property
    def size(self) -> int:
        """Terms of the sum, those inside of functions counted."""
        return self.formula.size

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


def multiplied(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials."""
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
