"""One value that was misread everywhere.

It changes every cell in which it is a factor. A cell is linear in each of its values, so each written cell says in
which interval the value that was read must be. Where all intervals meet, a number that the exercise could hold is what
was read: the value with another sign, two of its digits exchanged, its decimal point moved, or any number with no more
decimals than those beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor
from typing import Any

import numpy as np

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.solution import Solution
from cnngrad.exercise.terms import Cell, Term
from cnngrad.homework.luck import REACH, telling
from cnngrad.homework.slips import MOST_LISTED, SHOWN, Gap, Slip, is_cell
from cnngrad.homework.written import Written
from cnngrad.numbers.kinds import FLOAT, Array, floats, nearest
from cnngrad.numbers.printing import show
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

DECIMALS = 12
"""Decimals of a value up to which it was written down: others were computed."""
MOST_LOOKED_AT = 10_000
"""Cells of an array whose decimals are looked at."""
TERM = 75
"""As many numbers take the memory of one term: about 600 bytes."""


@dataclass(frozen=True)
class _Pattern:
    """A value, and how much each cell of the answer changes with it."""

    value: Fraction
    slopes: dict[Index, Fraction] = field(default_factory=lambda: defaultdict(Fraction))


@dataclass(frozen=True)
class _Read:
    """What was read for a value, and how that came about if it is known."""

    cell: Cell
    value: Fraction
    how: str


@dataclass(frozen=True)
class Patterns:
    """The terms of every cell of a quantity, and the pattern of every value in them; `readings` counts in how many ways
    all of these may be misread. They depend on no answer."""

    terms: Mapping[Index, tuple[Term, ...]]
    by_cell: Mapping[Cell, _Pattern]
    readings: int

    @classmethod
    def of(cls, solution: Solution[Any], name: str) -> Patterns:
        """Those of the quantity `name`."""
        derivation = solution.derivation
        indices = product(*map(range, solution.quantities[name].shape))
        terms = {index: derivation.terms(Cell(name, index)) for index in indices}
        patterns = _patterns(terms)
        return cls(terms, patterns, sum(len([*_likely(each.value)]) for each in patterns.values()))

    @property
    def cells(self) -> int:
        """As how many numbers they take memory."""
        return TERM * sum(map(len, self.terms.values()))


def misread(solution: Solution[Any], name: str, answer: Written, wrong: list[Index]) -> list[Slip]:
    """The values that explain all wrong cells at once, each with what was read for it."""
    derivation, truth = solution.derivation, solution.quantities[name]
    if name not in derivation.traceable or derivation.most_terms(name) * answer.cells.size > MOST_LISTED:
        return []
    if not _meet(derivation, name, wrong):
        return []
    known = _known(solution, name)
    patterns = known.by_cell
    meeting = {cell: each for cell, each in patterns.items() if all(map(each.slopes.get, wrong))}
    if not meeting or not telling(answer, truth, known.readings):
        return []
    gaps = {i: Gap.of(answer.cells[i], truth[i], known.terms[i]) for i in known.terms if not answer.missing[i]}
    open_ = {cell: _interval(each, gaps) for cell, each in meeting.items()}
    intervals = {cell: interval for cell, interval in open_.items() if interval is not None}
    found = [_Read(cell, *read) for cell, ends in intervals.items() if (read := _slip(patterns[cell].value, *ends))]
    if not found and len(wrong) > 1:
        found = _plain(derivation, answer, truth, patterns, intervals)
    return [_named(derivation, read) for read in found[:SHOWN]]


def _meet(derivation: Derivation[Any], name: str, wrong: list[Index]) -> bool:
    """A quick look: whether some value is a factor in all of the wrong cells."""
    met: set[Cell] | None = None
    for index in wrong:
        cells = {factor.cell for term in derivation.terms(Cell(name, index)) for factor in term.factors}
        met = cells if met is None else met & cells
        if not met:
            return False
    return True


def _known(solution: Solution[Any], name: str) -> Patterns:
    """The patterns of a quantity: those in floats are kept for the next answer."""
    if solution.exercise.kind is not FLOAT:
        return Patterns.of(solution, name)
    key = ("patterns", name)
    return solution.kept.of(key, lambda: Patterns.of(solution, name), lambda found: found.cells)


def _named(derivation: Derivation[Any], read: _Read) -> Slip:
    label = read.cell.name(derivation.base)
    says = f"{label} was taken as {show(nearest(read.value))}{read.how and f' ({read.how})'}"
    return Slip(label, "cell-misread", says)


def _patterns(terms: Mapping[Index, tuple[Term, ...]]) -> dict[Cell, _Pattern]:
    """The pattern of every value but those that a term has more than once: no cell is linear in them."""
    found: dict[Cell, _Pattern] = {}
    curved: set[Cell] = set()
    for index, term in ((index, term) for index, several in terms.items() for term in several):
        cells = [factor.cell for factor in term.factors if is_cell(factor)]
        curved |= {cell for cell in cells if cells.count(cell) > 1}
        for place, factor in enumerate(term.factors):
            if is_cell(factor):
                pattern = found.setdefault(factor.cell, _Pattern(Fraction(factor.value)))
                pattern.slopes[index] += term.without(place)
    return {cell: pattern for cell, pattern in found.items() if cell not in curved}


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


# --- what was read


def _slip(value: Fraction, low: Fraction, high: Fraction) -> tuple[Fraction, str] | None:
    """The number in the interval that a slip of the eye explains."""
    likely = ((read, how) for read, how in _likely(value) if read != value and low <= read <= high)
    return next(likely, None)


def _plain(
    derivation: Derivation[Any],
    answer: Written,
    truth: Array,
    patterns: Mapping[Cell, _Pattern],
    intervals: Mapping[Cell, tuple[Fraction, Fraction]],
) -> list[_Read]:
    """The numbers in the intervals that have no more decimals than the array has that the value is from."""
    decimals = {name: _decimals(derivation, name) for name in {cell.quantity for cell in patterns}}
    known = {name: places for name, places in decimals.items() if places is not None}
    tried = {name: _readings(derivation.values[name], places) for name, places in known.items()}
    if not telling(answer, truth, sum(tried.get(cell.quantity, 0) for cell in patterns)):
        return []
    found = []
    for cell, (low, high) in intervals.items():
        for places in range(known.get(cell.quantity, -1) + 1):
            scale = 10**places
            first, last = ceil(low * scale), floor(high * scale)
            if first <= last:
                middle = min(max(round((low + high) / 2 * scale), first), last)
                found.append((places, _Read(cell, Fraction(middle, scale), "")))
                break
    return [read for _, read in sorted(found, key=lambda each: each[0])]


def _decimals(derivation: Derivation[Any], name: str) -> int | None:
    """The most decimals of a number in an array that the exercise gives; None where they are computed."""
    values, given = derivation.values.get(name), derivation.exercise.arrays().values()
    if values is None or not any(np.array_equal(array.ravel(), values.ravel()) for array in given):
        return None
    cells = np.unique(np.abs(floats(values.ravel()[:MOST_LOOKED_AT])))
    most = max((-int(Decimal(repr(float(cell))).normalize().as_tuple().exponent) for cell in cells), default=0)
    return max(most, 0) if most <= DECIMALS else None


def _readings(values: Array, decimals: int) -> float:
    """How many numbers with so many decimals may be read for one value of an array."""
    return 2 * REACH * float(np.abs(floats(values)).max(initial=0.0)) * 10.0**decimals + 1


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
