"""Whether numbers that must agree do: identities of right gradients, and formulas at every value of their symbols.

A law compares sums that were computed along different ways, so that it fails when one of them is
wrong. The adjoint law <A,dA> = <dZ,Z-b> holds because the layer without its bias is linear in A.

Equal polynomials are equal objects. Sums under a fraction bar have many forms (x/(x + y) + y/(x + y) is 1), and so
have functions; such formulas are compared at several points.
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, kind_of
from cnngrad.numbers.terms import Atom, Call, Symbol
from cnngrad.records import dataclass

if TYPE_CHECKING:
    from random import Random

TOLERANCE = 1e-9
"""How far two float64 sums may differ, relative to the sum of the absolute values of their terms."""
_POINTS, _TRIED = 3, 40
"""Points at which formulas must agree, and that are tried: a logarithm of a difference has no value at many of them."""
_RANGES = ((0.2, 0.9), (1.1, 3.0), (-2.0, 2.0))
"""The values of symbols at a point."""
_AT_A_POINT = 1e-7
"""How far two values of formulas may differ, relative to the sum of the absolute values of all terms."""


@dataclass(frozen=True)
class Law:
    """`name` says the identity; `left` and `right` are its sides."""

    name: str
    left: Any
    right: Any
    holds: bool


def law(name: str, left: Array, right: Array) -> Law:
    """The law that the cells of `left` and those of `right` have the same sum."""
    sums = left.sum(), right.sum()
    if kind_of(left) is kind_of(right) and left.dtype == object:
        formulas = isinstance(sums[0], Formula) and isinstance(sums[1], Formula)
        return Law(name, *sums, same(*sums) if formulas else bool(sums[0] == sums[1]))
    apart = abs(sums[0] - sums[1])
    return Law(name, *sums, bool(apart == 0 or apart <= _noise(left, right)))


def _noise(left: Array, right: Array) -> float:
    """How far the sums of two float arrays may differ by rounding alone."""
    epsilon = max(TOLERANCE, 64 * float(np.finfo(left.dtype).eps))
    # Made small before they are added: the sum of the absolute values may be beyond float64 where the sums are not.
    # Below the smallest normal number float64 has fewer digits.
    terms = (epsilon * np.abs(left)).sum() + (epsilon * np.abs(right)).sum()
    return float(terms + epsilon * np.finfo(left.dtype).tiny)


def same(left: Formula, right: Formula, *, unknown: bool = True) -> bool:
    """Whether two formulas agree wherever both have values; `unknown` is said where they have none at any point."""
    if left == right:
        return True
    if _polynomial(left) and _polynomial(right):
        return False
    from random import Random

    draw, agreed = Random(1), 0  # the same points in every run
    for number in range(_TRIED):
        found = _Point(draw, *_RANGES[number % len(_RANGES)]).agree(left, right)
        if found is False:
            return False
        agreed += bool(found)
        if agreed == _POINTS:
            break
    return agreed > 0 or unknown


def _polynomial(formula: Formula) -> bool:
    return all(isinstance(atom, Symbol) for monomial in formula.terms for atom, _ in monomial)


@dataclass
class _Point:
    """Numbers for the symbols, drawn as they are met, and what functions and sums of them come to."""

    draw: Random
    low: float
    high: float
    known: dict[Atom, float] = field(default_factory=dict)

    def agree(self, left: Formula, right: Formula) -> bool | None:
        """Whether both have one value here; None where one of them has none."""
        try:
            with np.errstate(all="ignore"):
                terms, others = self._terms(left), self._terms(right)
            size = math.fsum(map(abs, [*terms, *others]))
        except (ArithmeticError, ValueError):
            return None
        if not math.isfinite(size):
            return None
        return abs(math.fsum(terms) - math.fsum(others)) <= _AT_A_POINT * size

    def _terms(self, formula: Formula) -> list[float]:
        return [
            float(coefficient) * math.prod(self._at(atom) ** power for atom, power in monomial)
            for monomial, coefficient in formula.terms.items()
        ]

    def _at(self, atom: Atom) -> float:
        if atom not in self.known:
            self.known[atom] = self._value(atom)
        return self.known[atom]

    def _value(self, atom: Atom) -> float:
        if isinstance(atom, Symbol):
            return self.draw.uniform(self.low, self.high)
        if not isinstance(atom, Call):
            return math.fsum(self._terms(atom.formula))
        value = atom.evaluate(*(math.fsum(self._terms(argument)) for argument in atom.arguments))
        return math.nan if isinstance(value, complex) else float(value)
