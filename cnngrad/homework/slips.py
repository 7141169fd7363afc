"""Slips of the pen, in one cell or everywhere: each cell is a sum of products, so the difference itself says what
went wrong.

A value that was misread changes every cell in which it is a factor. A cell is linear in each of its values, so each
written cell says in which interval the value that was read must be. Where all intervals meet, the simplest number in
common is what was read.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor
from typing import Any

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.homework.written import HALF, NOISE, Written, WrittenNumber
from cnngrad.numbers.exact import digits
from cnngrad.numbers.kinds import Array, nearest
from cnngrad.numbers.printing import show
from cnngrad.windows.windows import Index

MOST_CELLS = 12
"""Wrong cells up to which each is looked at by itself, if they are not more than half of all."""
MOST_TERMS = 400
"""Terms of a cell that are tried."""
MOST_LISTED = 20_000
"""Terms up to which they are listed at all: those of all wrong cells, for a misread value those of the answer."""
SHOWN = 3
"""Explanations of one cell, or of all."""
DECIMALS = 12
"""Decimals that a misread value has at most."""


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


# --- in one cell


def slips_of(derivation: Derivation[Any], name: str, answer: Written, truth: Array, wrong: list[Index]) -> list[Slip]:
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
        label = trace.cell.name(derivation.base)
        explained = [Slip(label, id_, says) for id_, says in _explained(trace, gap, derivation)]
        if _swapped(written, Fraction(truth[index])):
            explained.insert(0, Slip(label, "digits-swapped", "two neighbouring digits changed places"))
        found += explained[:SHOWN]
    return found


def _explained(trace: CellTrace, gap: Gap, derivation: Derivation[Any]) -> Iterator[tuple[str, str]]:
    """The slips that make exactly this difference, the simplest first."""
    terms = [term for term in trace.terms[:MOST_TERMS] if not any(factor.padding for factor in term.factors)]
    base, several = derivation.base, len(terms) > 1
    for term in terms:
        yield from _whole_term(term, gap, base, several=several)
    for term in terms:
        yield from _neighbours(term, gap, derivation)
    for term in terms:
        if len(term.factors) == 2:
            one, other = (Fraction(factor.value) for factor in term.factors)
            if one * other != one + other and gap.is_(one + other - one * other):
                says = " + ".join(factor.name(base) for factor in term.factors)
                yield "product-as-sum", f"{says} was added where the term {_name(term, base)} is a product"


def _whole_term(term: Term, gap: Gap, base: int, *, several: bool) -> Iterator[tuple[str, str]]:
    """A term left out (where there are `several`), added twice, or with the wrong sign."""
    value, says = Fraction(term.product), _name(term, base)
    if not value:
        return
    if several and gap.is_(-value):
        yield "term-dropped", f"the term {says} is missing"
    if gap.is_(value):
        yield "term-doubled", f"the term {says} was added twice"
    if gap.is_(-2 * value):
        yield "term-sign", f"the term {says} has the wrong sign"


def _neighbours(term: Term, gap: Gap, derivation: Derivation[Any]) -> Iterator[tuple[str, str]]:
    """One factor replaced by the cell beside it."""
    for place, factor in enumerate(term.factors):
        values = derivation.values.get(factor.cell.quantity)
        if values is None or factor.text or factor.label:
            continue
        rest = term.without(place)
        for beside in _beside(factor.cell.index, values.shape):
            change = (Fraction(values[beside]) - Fraction(factor.value)) * rest
            if change and gap.is_(change):
                base, taken = derivation.base, Cell(factor.cell.quantity, beside)
                says = f"in the term {_name(term, base)} {taken.name(base)} was taken for {factor.name(base)}"
                yield "neighbour", says


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


def _name(term: Term, base: int) -> str:
    return "*".join(factor.name(base) for factor in term.factors)


# --- one value misread, everywhere


@dataclass(frozen=True)
class _Pattern:
    """A value, and how much each cell of the answer changes with it."""

    value: Fraction
    slopes: dict[Index, Fraction] = field(default_factory=lambda: defaultdict(Fraction))


def misread(derivation: Derivation[Any], name: str, answer: Written, truth: Array, wrong: list[Index]) -> list[Slip]:
    """The values that explain all wrong cells at once, each with what was read for it."""
    if name not in derivation.traceable or derivation.most_terms(name) * answer.cells.size > MOST_LISTED:
        return []
    indices = product(*map(range, truth.shape))
    terms = {index: derivation.trace(Cell(name, index)).terms for index in indices}
    written = [index for index in terms if not answer.missing[index]]
    gaps = {index: Gap.of(answer.cells[index], truth[index], terms[index]) for index in written}
    found = []
    for cell, pattern in _patterns(terms).items():
        interval = _interval(pattern, gaps) if all(map(pattern.slopes.get, wrong)) else None
        read, how = (interval and _simplest(pattern.value, *interval)) or (None, "")
        if read is not None and (how or len(wrong) > 1):
            label = cell.name(derivation.base)
            says = f"{label} was taken as {show(nearest(read))}{how and f' ({how})'}"
            found.append((not how, len(digits(read.denominator)), Slip(label, "cell-misread", says)))
    return [slip for *_, slip in sorted(found, key=lambda each: each[:2])[:SHOWN]]


def _patterns(terms: Mapping[Index, tuple[Term, ...]]) -> dict[Cell, _Pattern]:
    """The pattern of every value but those that a term has more than once: no cell is linear in them."""
    found: dict[Cell, _Pattern] = {}
    curved: set[Cell] = set()
    for index, term in ((index, term) for index, several in terms.items() for term in several):
        cells = [factor.cell for factor in term.factors if _is_cell(factor)]
        curved |= {cell for cell in cells if cells.count(cell) > 1}
        for place, factor in enumerate(term.factors):
            if _is_cell(factor):
                pattern = found.setdefault(factor.cell, _Pattern(Fraction(factor.value)))
                pattern.slopes[index] += term.without(place)
    return {cell: pattern for cell, pattern in found.items() if cell not in curved}


def _is_cell(factor: Factor) -> bool:
    """Whether a factor is read from an array, so that it can be misread."""
    return not (factor.padding or factor.text or factor.label)


def _interval(pattern: _Pattern, gaps: Mapping[Index, Gap]) -> tuple[Fraction, Fraction] | None:
    """Where the value that was read must be, by all cells of the answer."""
    ends = [
        sorted(pattern.value + (gap.away + side * gap.open) / slope for side in (-1, 1))
        for index, gap in gaps.items()
        if (slope := pattern.slopes.get(index))
    ]
    if not ends:
        return None
    low, high = max(low for low, _ in ends), min(high for _, high in ends)
    return (low, high) if low <= high else None


def _simplest(value: Fraction, low: Fraction, high: Fraction) -> tuple[Fraction, str] | None:
    """The number in the interval that a slip explains, else the one with the fewest decimals."""
    for candidate, how in _likely(value):
        if candidate != value and low <= candidate <= high:
            return candidate, how
    for decimals in range(DECIMALS + 1):
        scale = 10**decimals
        first, last = ceil(low * scale), floor(high * scale)
        if first <= last:
            middle = round((low + high) / 2 * scale)
            return Fraction(min(max(middle, first), last), scale), ""
    return None


def _likely(value: Fraction) -> Iterator[tuple[Fraction, str]]:
    yield -value, "with the other sign"
    shown = show(nearest(abs(value)))
    places = [i for i, c in enumerate(shown) if c.isdigit()]
    if all(c.isdigit() or c == "." for c in shown):
        for one, other in pairwise(places):
            swapped = list(shown)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            yield Fraction("".join(swapped)) * (-1 if value < 0 else 1), "two digits changed places"
    for power in (10, 100):
        yield value * power, "the decimal point moved"
        yield value / power, "the decimal point moved"
