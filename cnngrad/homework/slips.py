"""Slips of the pen: each cell is a sum of products, so the difference itself says what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cnngrad.exercise.cells import Cell
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import CellTrace, Term
from cnngrad.homework.written import HALF, NOISE, Written, WrittenNumber
from cnngrad.numbers.kinds import Array, nearest
from cnngrad.numbers.wholes import digits
from cnngrad.windows.windows import Index

MOST_CELLS = 12
"""Wrong cells up to which each is looked at by itself, if they are not more than half of all."""
MOST_TERMS = 400
"""Terms of a cell that are tried."""
MOST_LISTED = 20_000
"""Terms of all wrong cells up to which they are listed at all."""
SHOWN = 3
"""Explanations of one cell."""


@dataclass(frozen=True)
class Slip:
    """What happened in one cell (or, for a misread value, in all of them)."""

    cell: str
    id: str
    says: str


@dataclass(frozen=True)
class Gap:
    """How far a written cell is from its true value, and how much of that its decimals leave open."""

    away: Fraction
    open: Fraction

    def is_(self, value: Any) -> bool:
        """Whether the difference is `value`."""
        return abs(self.away - Fraction(value)) <= self.open

    @classmethod
    def of(cls, written: WrittenNumber, true: Any, terms: Iterable[Term]) -> Gap:
        """The gap of a cell, the sum of `terms`: their size says what float64 loses."""
        scale = max((abs(nearest(term.product)) for term in terms), default=0.0)
        scale = min(scale, sys.float_info.max)
        return cls(written.value - Fraction(true), HALF * written.unit + Fraction(NOISE * scale))


def slips_of(
    derivation: Derivation[Any], name: str, answer: Written, truth: Array, wrong: list[Index], base: int
) -> list[Slip]:
    """What happened in each wrong cell, where one term or one digit explains it."""
    few = max(2, answer.cells.size // 2)
    if len(wrong) > min(few, MOST_CELLS) or name not in derivation.traceable:
        return []
    if derivation.most_terms(name) * len(wrong) > MOST_LISTED:
        return []
    found: list[Slip] = []
    for index in wrong:
        written = answer.cells[index]
        if written is None:
            continue
        trace = derivation.trace(Cell(name, index))
        gap = Gap.of(written, truth[index], trace.terms)
        label = trace.cell.name(base)
        explained = [Slip(label, id_, says) for id_, says in _explained(trace, gap, derivation, base)]
        if _swapped(written, Fraction(truth[index])):
            explained.insert(0, Slip(label, "digits-swapped", "two neighbouring digits changed places"))
        found += explained[:SHOWN]
    return found


def _explained(trace: CellTrace, gap: Gap, derivation: Derivation[Any], base: int) -> Iterator[tuple[str, str]]:
    """The slips that make exactly this difference, the simplest first."""
    terms = [term for term in trace.terms[:MOST_TERMS] if not _padding(term)]
    several = len(terms) > 1
    for term in terms:
        product, says = Fraction(term.product), _name(term, base)
        if not product:
            continue
        if several and gap.is_(-product):
            yield "term-dropped", f"the term {says} is missing"
        if gap.is_(product):
            yield "term-doubled", f"the term {says} was added twice"
        if gap.is_(-2 * product):
            yield "term-sign", f"the term {says} has the wrong sign"
    for term in terms:
        yield from _neighbours(term, gap, derivation, base)
    for term in terms:
        if len(term.factors) == 2:
            one, other = (Fraction(factor.value) for factor in term.factors)
            if one * other != one + other and gap.is_(one + other - one * other):
                says = " + ".join(factor.name(base) for factor in term.factors)
                yield "product-as-sum", f"{says} was added where the term {_name(term, base)} is a product"


def _neighbours(term: Term, gap: Gap, derivation: Derivation[Any], base: int) -> Iterator[tuple[str, str]]:
    """One factor replaced by the cell beside it."""
    for place, factor in enumerate(term.factors):
        values = derivation.values.get(factor.cell.quantity)
        if values is None or factor.text or factor.label:
            continue
        rest = Fraction(1)
        for other, partner in enumerate(term.factors):
            rest *= Fraction(partner.value) if other != place else 1
        for beside in _beside(factor.cell.index, values.shape):
            change = (Fraction(values[beside]) - Fraction(factor.value)) * rest
            if change and gap.is_(change):
                taken = Cell(factor.cell.quantity, beside).name(base)
                yield "neighbour", f"in the term {_name(term, base)} {taken} was taken for {factor.name(base)}"


def _beside(index: Index, shape: Index) -> Iterator[Index]:
    for axis, i in enumerate(index):
        for step in (-1, 1):
            if 0 <= i + step < shape[axis]:
                yield (*index[:axis], i + step, *index[axis + 1 :])


def _swapped(written: WrittenNumber, true: Fraction) -> bool:
    """Whether the true number, rounded as the written one, has the same digits but for two neighbours."""
    if not written.unit:
        return False
    right = _digits(true / written.unit)
    given = _digits(written.value / written.unit)
    width = max(len(right), len(given))
    right, given = right.rjust(width, "0"), given.rjust(width, "0")
    return (true < 0) == (written.value < 0) and any(
        given == right[:i] + right[i + 1] + right[i] + right[i + 2 :] != right for i in range(width - 1)
    )


def _digits(number: Fraction) -> str:
    return digits(int(abs(number) + HALF))


def _padding(term: Term) -> bool:
    return any(factor.padding for factor in term.factors)


def _name(term: Term, base: int) -> str:
    return "*".join(factor.name(base) for factor in term.factors)
