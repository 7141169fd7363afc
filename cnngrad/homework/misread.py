"""One value read wrongly everywhere: the whole difference is a multiple of that value's pattern.

Every cell of an answer is linear in each value of its terms, so each cell says in which interval the value
that was read must lie. Where all intervals meet, the simplest number in common is what was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor
from typing import Any

from cnngrad.exercise.cells import Cell
from cnngrad.exercise.derivation import Derivation
from cnngrad.homework.slips import SHOWN, Gap, Slip
from cnngrad.homework.written import Written
from cnngrad.numbers.display import show
from cnngrad.numbers.kinds import Array, nearest
from cnngrad.numbers.wholes import digits
from cnngrad.windows.windows import Index

MOST_TERMS = 20_000
"""Terms of a whole answer up to which its values are tried."""
DECIMALS = 12


@dataclass(frozen=True)
class _Reading:
    """A value, what was read for it, and how that came about."""

    cell: Cell
    value: Fraction
    read: Fraction
    how: str


def misread(
    derivation: Derivation[Any], name: str, answer: Written, truth: Array, wrong: list[Index], base: int
) -> list[Slip]:
    """The values that explain all wrong cells at once, each with what was read for it."""
    if name not in derivation.traceable or derivation.most_terms(name) * answer.cells.size > MOST_TERMS:
        return []
    patterns, gaps = _patterns(derivation, name, answer, truth)
    found = []
    for cell, (value, pattern) in patterns.items():
        if not all(index in pattern for index in wrong):
            continue
        interval = _interval(value, pattern, gaps)
        read = interval and _simplest(value, *interval)
        if read and (read[1] or len(wrong) > 1):
            found.append(_Reading(cell, value, *read))
    found.sort(key=lambda each: (not each.how, _length(each.read)))
    return [_slip(each, base) for each in found[:SHOWN]]


def _patterns(
    derivation: Derivation[Any], name: str, answer: Written, truth: Array
) -> tuple[dict[Cell, tuple[Fraction, dict[Index, Fraction]]], dict[Index, Gap]]:
    """How much each cell of the answer changes with each value, and how far each cell is off."""
    values: dict[Cell, Fraction] = {}
    slopes: dict[Cell, dict[Index, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    curved: set[Cell] = set()
    gaps: dict[Index, Gap] = {}
    for index in product(*map(range, truth.shape)):
        trace = derivation.trace(Cell(name, index))
        for term in trace.terms:
            cells = [factor.cell for factor in term.factors if not (factor.padding or factor.text or factor.label)]
            curved |= {cell for cell in cells if cells.count(cell) > 1}
            for place, factor in enumerate(term.factors):
                if factor.cell not in cells:
                    continue
                slope = Fraction(1)
                for other, partner in enumerate(term.factors):
                    slope *= Fraction(partner.value) if other != place else 1
                values[factor.cell] = Fraction(factor.value)
                slopes[factor.cell][index] += slope
        if answer.cells[index] is not None:
            gaps[index] = Gap.of(answer.cells[index], truth[index], trace.terms)
    patterns = {
        cell: (values[cell], {index: slope for index, slope in pattern.items() if slope})
        for cell, pattern in slopes.items()
        if cell not in curved
    }
    return patterns, gaps


def _interval(
    value: Fraction, pattern: dict[Index, Fraction], gaps: dict[Index, Gap]
) -> tuple[Fraction, Fraction] | None:
    """Where the value that was read must lie, by all cells of the answer."""
    low = high = None
    for index, gap in gaps.items():
        slope = pattern.get(index)
        if slope is None:
            continue
        ends = sorted((value + (gap.away + side * gap.open) / slope) for side in (-1, 1))
        low = ends[0] if low is None else max(low, ends[0])
        high = ends[1] if high is None else min(high, ends[1])
        if low > high:
            return None
    return None if low is None or high is None else (low, high)


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


def _length(number: Fraction) -> int:
    return len(digits(number.denominator))


def _slip(found: _Reading, base: int) -> Slip:
    name = found.cell.name(base)
    how = f" ({found.how})" if found.how else ""
    return Slip(name, "cell-misread", f"{name} was taken as {show(nearest(found.read))}{how}")
