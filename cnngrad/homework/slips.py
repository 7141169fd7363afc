"""Slips of the pen in a few cells: each cell is a sum of products, so the difference itself says what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.homework.luck import telling, ways
from cnngrad.homework.written import HALF, NOISE, Written, WrittenNumber
from cnngrad.numbers.exact import digits
from cnngrad.numbers.kinds import Array, nearest
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

FEW, SHARE = 3, 4
"""Wrong cells up to which each is looked at by itself: so many, or one of so many if that is more."""
MOST_CELLS = 100
"""The same, at most."""
MOST_TERMS = 400
"""Terms of a cell that are tried."""
MOST_LISTED = 20_000
"""Terms of all wrong cells up to which they are listed at all."""
SHOWN = 3
"""Explanations of one cell."""
POWERS = (1, 2, 3)
"""Places by which a decimal point is moved."""
PLACES = {
    **dict(enumerate(("ones are", "tens are", "hundreds are", "thousands are"))),
    -1: "first decimal is",
    -2: "second decimal is",
    -3: "third decimal is",
}


KNOWN = {
    "addition-slip": "a cell is off by exactly 1 in one digit place",
    "decimal-point": "the decimal point of a cell is one to three places too far to one side",
    "digits-swapped": "two neighbouring digits of a cell changed places",
    "sign-flipped": "the sign of a cell is turned",
    "values-exchanged": "two cells hold each other's value",
    "term-dropped": "one term of a cell's sum is missing",
    "term-doubled": "one term of a cell's sum was added twice",
    "term-sign": "one term of a cell's sum has the wrong sign",
    "neighbour": "in one term of a cell the value beside the right one was taken",
    "product-as-sum": "the factors of one term of a cell were added",
    "cell-misread": "one given number was read wrongly, everywhere",
}
"""Every slip with what is done; the last one is found in `misread`."""


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


@dataclass(frozen=True)
class Guess:
    """A slip that may have been made, and the difference that it makes."""

    id: str
    change: Fraction
    says: str


@dataclass(frozen=True)
class Wrong:
    """A wrong cell: what was written, its terms, and the gap."""

    index: Index
    written: WrittenNumber
    true: Fraction
    trace: CellTrace
    gap: Gap

    @property
    def terms(self) -> list[Term]:
        """Those that may have gone wrong: what is read from the padding is 0 in all of them."""
        return [term for term in self.trace.terms[:MOST_TERMS] if not any(f.padding for f in term.factors)]


def wrong_cells(
    derivation: Derivation[Any], name: str, answer: Written, truth: Array, wrong: list[Index]
) -> list[Wrong]:
    """The wrong cells with their terms; none where they are too many, or have too many terms."""
    few = min(max(FEW, answer.cells.size // SHARE), MOST_CELLS)
    if len(wrong) > few or name not in derivation.traceable:
        return []
    if derivation.most_terms(name) * len(wrong) > MOST_LISTED:
        return []
    found = []
    for index in wrong:
        trace = derivation.trace(Cell(name, index))
        gap = Gap.of(answer.cells[index], truth[index], trace.terms)
        found.append(Wrong(index, answer.cells[index], Fraction(truth[index]), trace, gap))
    return found


def slips_of(derivation: Derivation[Any], name: str, answer: Written, truth: Array, wrong: list[Index]) -> list[Slip]:
    """What happened in each wrong cell, where a digit, a term or two exchanged cells explain it, and not by luck."""
    cells = wrong_cells(derivation, name, answer, truth, wrong)
    exchanged = dict(_exchanged(cells))
    found: dict[Index, list[Slip]] = {}
    tried, told = [], np.ones(truth.shape, dtype=bool)
    for cell in cells:
        label = cell.trace.cell.name(derivation.base)
        if other := exchanged.get(cell.index):
            says = f"this cell and {Cell(name, other).name(derivation.base)} hold each other's value"
            found[cell.index] = [Slip(label, "values-exchanged", says)]
            tried.append(len(cells) - 1)
            continue
        guesses = [*_guesses(cell, derivation)]
        fitting = [guess for guess in guesses if guess.change and cell.gap.is_(guess.change)]
        if fitting:
            found[cell.index] = [Slip(label, guess.id, guess.says) for guess in fitting[:SHOWN]]
            tried.append(len({guess.change for guess in guesses[: guesses.index(fitting[0]) + 1]}))
        else:
            told[cell.index] = False
    if not telling(answer, truth, ways(answer.cells.size, tried), told):
        return []
    return [slip for slips in found.values() for slip in slips]


def added_wrongly(derivation: Derivation[Any], name: str, answer: Written, truth: Array, wrong: list[Index]) -> bool:
    """Whether one cell alone is wrong, and off by 1 in one digit place: the likeliest slip of all."""
    cells = wrong_cells(derivation, name, answer, truth, wrong) if len(wrong) == 1 else []
    guesses = [guess for cell in cells for guess in _additions(cell)]
    fits = any(cell.gap.is_(guess.change) for cell in cells for guess in guesses)
    return fits and telling(answer, truth, ways(answer.cells.size, [len(guesses)]))


def _exchanged(cells: list[Wrong]) -> Iterator[tuple[Index, Index]]:
    """Each of two cells that hold each other's value, with the other one."""
    for one, other in combinations(cells, 2):
        if _holds(one, other) and _holds(other, one):
            yield one.index, other.index
            yield other.index, one.index


def _holds(one: Wrong, other: Wrong) -> bool:
    """Whether what is written in one cell is the true value of another."""
    return abs(one.written.value - other.true) <= max(one.gap.open, other.gap.open)


def _guesses(cell: Wrong, derivation: Derivation[Any]) -> Iterator[Guess]:
    """The slips that are tried in a cell, the simplest first."""
    terms, base = cell.terms, derivation.base
    yield from _additions(cell)
    yield Guess("sign-flipped", -2 * cell.true, "the sign is turned")
    yield from _points(cell)
    yield from _swapped_digits(cell)
    for term in terms:
        yield from _whole_term(term, base, several=len(terms) > 1)
    for term in terms:
        yield from _neighbours(term, derivation)
    for term in terms:
        yield from _sum(term, base)


# --- of the digits


def _additions(cell: Wrong) -> Iterator[Guess]:
    """Off by 1 in one digit place, from the last one that is written to the first."""
    if not cell.written.unit:
        return
    unit = min(cell.written.unit, Fraction(1))
    first, last = len(digits(int(max(abs(cell.true), abs(cell.written.value))))), -len(digits(int(1 / unit))) + 1
    for place in range(last, first):
        name = PLACES.get(place) or (f"10^{place} are" if place > 0 else f"{-place}th decimal is")
        for sign, size in ((1, "large"), (-1, "small")):
            away = sign * Fraction(10) ** place * (-1 if cell.true < 0 else 1)
            yield Guess("addition-slip", away, f"the {name} 1 too {size}")


def _points(cell: Wrong) -> Iterator[Guess]:
    """The decimal point moved to the right or to the left."""
    for power in POWERS if cell.written.value else ():
        many = f"{power} place{'s' if power > 1 else ''}"
        for factor, side in ((Fraction(10) ** power, "right"), (Fraction(1, 10**power), "left")):
            says = f"the decimal point is {many} too far to the {side}"
            yield Guess("decimal-point", cell.true * factor - cell.true, says)


def _swapped_digits(cell: Wrong) -> Iterator[Guess]:
    """The true number, rounded as the written one, but for two neighbouring digits."""
    unit = cell.written.unit
    if not unit or (cell.true < 0) != (cell.written.value < 0):
        return
    given = digits(int(abs(cell.written.value) / unit + HALF))
    right = digits(int(abs(cell.true) / unit + HALF)).rjust(len(given), "0")
    for i in range(len(right) - 1):
        swapped = right[:i] + right[i + 1] + right[i] + right[i + 2 :]
        if swapped != right:
            change = Fraction(int(swapped) - int(right)) * unit * (-1 if cell.true < 0 else 1)
            yield Guess("digits-swapped", change, "two neighbouring digits changed places")


# --- of the terms


def _whole_term(term: Term, base: int, *, several: bool) -> Iterator[Guess]:
    """A term left out (where there are `several`), added twice, or with the wrong sign."""
    value, says = Fraction(term.product), _name(term, base)
    if several:
        yield Guess("term-dropped", -value, f"the term {says} is missing")
    yield Guess("term-doubled", value, f"the term {says} was added twice")
    yield Guess("term-sign", -2 * value, f"the term {says} has the wrong sign")


def _neighbours(term: Term, derivation: Derivation[Any]) -> Iterator[Guess]:
    """One factor replaced by the cell beside it."""
    for place, factor in enumerate(term.factors):
        values = derivation.values.get(factor.cell.quantity)
        if values is None or not is_cell(factor):
            continue
        rest = term.without(place)
        for beside in _beside(factor.cell.index, values.shape):
            base, taken = derivation.base, Cell(factor.cell.quantity, beside)
            says = f"in the term {_name(term, base)} {taken.name(base)} was taken for {factor.name(base)}"
            yield Guess("neighbour", (Fraction(values[beside]) - Fraction(factor.value)) * rest, says)


def _beside(index: Index, shape: Index) -> Iterator[Index]:
    for axis, i in enumerate(index):
        for step in (-1, 1):
            if 0 <= i + step < shape[axis]:
                yield (*index[:axis], i + step, *index[axis + 1 :])


def _sum(term: Term, base: int) -> Iterator[Guess]:
    """The factors of a product added."""
    if len(term.factors) == 2:
        one, other = (Fraction(factor.value) for factor in term.factors)
        says = " + ".join(factor.name(base) for factor in term.factors)
        says = f"{says} was added where the term {_name(term, base)} is a product"
        yield Guess("product-as-sum", one + other - one * other, says)


def _name(term: Term, base: int) -> str:
    return "*".join(factor.name(base) for factor in term.factors)


def is_cell(factor: Factor) -> bool:
    """Whether a factor is read from an array, so that another one may be read in its place."""
    return not (factor.padding or factor.text or factor.label)
