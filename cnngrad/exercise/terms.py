"""The records of a derivation: a cell is a sum of terms, a term a product of factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from cnngrad.exercise.cells import Cell
from cnngrad.numbers.kinds import Kind


@dataclass(frozen=True, slots=True)
class Factor:
    """A cell, a plain number such as the weight 1/4 (`text`), or something with a name of its own such as
    ∂q/∂x (`label`), with its value.

    `padding` marks a cell outside the input; its index says where it would be.
    """

    cell: Cell
    value: Any
    padding: bool = False
    text: str = ""
    label: str = ""

    def name(self, base: int = 0) -> str:
        """What the factor is called: `A[0,3]`, `pad[-1,0]`, `1/4`."""
        return self.label or self.text or self.cell.name(base)


@dataclass(frozen=True, slots=True)
class Term:
    """A product of factors."""

    factors: tuple[Factor, ...]

    @property
    def product(self) -> Any:
        """The value of the term."""
        product = self.factors[0].value
        for factor in self.factors[1:]:
            product = product * factor.value
        return product

    @property
    def vanishes(self) -> bool:
        """Whether a factor is zero."""
        return any(not factor.value for factor in self.factors)

    def without(self, place: int) -> Fraction:
        """The product of the other factors, exactly: how fast the term grows with the factor at `place`."""
        return prod((Fraction(f.value) for i, f in enumerate(self.factors) if i != place), start=Fraction(1))


@dataclass(frozen=True, slots=True)
class CellTrace:
    """Why one cell has its value: the formula, and the terms that add up to it."""

    cell: Cell
    formula: str
    terms: tuple[Term, ...]
    value: Any

    def to_dict(self, kind: Kind, base: int = 0) -> dict[str, Any]:
        """The JSON object of a trace."""
        return {
            "cell": self.cell.name(base),
            "value": kind.plain(self.value),
            "formula": self.formula,
            "terms": [_term(term, kind, base) for term in self.terms],
        }


def _term(term: Term, kind: Kind, base: int) -> dict[str, Any]:
    return {
        "factors": [factor.name(base) for factor in term.factors],
        "values": [kind.plain(factor.value) for factor in term.factors],
        "product": kind.plain(term.product),
    }


def in_reading_order(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Row-major by the first factor, then by the second."""
    return tuple(sorted(terms, key=lambda term: [factor.cell.index for factor in term.factors]))
