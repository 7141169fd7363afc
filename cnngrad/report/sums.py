"""The lines of all cells of a full trace, from the columns of their terms: the same lines as of a cell by itself
(`lines`), but the names and the numbers of an array become text once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.columns import KEPT, Column, Columns, Factors, Part
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import as_factor, shown, whole_numbers
from cnngrad.report.blocks import Choices, Sums, Terms, Texts
from cnngrad.report.planes import Style
from cnngrad.windows.axis import Integers

Way = Callable[[Style, Factors, Integers], list[str]]
"""How factors are written."""


class Writer:
    """What writes the sums of one derivation; it keeps the texts of each array."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self._kept: dict[tuple[Way, Factors], Choices] = {}
        self._results: dict[str, Factors] = {}

    def sums(self, columns: Columns, results: Array) -> Sums:
        """The lines of a run of cells, whose values are in `results`."""
        cells = np.arange(columns.cells.start, columns.cells.stop)
        quantity = columns.quantity
        names = self._results.setdefault(quantity, Factors(quantity, results, self.style.base)).names(cells)
        sides = [tuple(self._terms(part, *ways) for part in columns.parts) for ways in (_NAMES, _NUMBERS)]
        if any(len(part.columns) > 1 for part in columns.parts):
            sides.append(tuple(self._products(part) for part in columns.parts))
        values = Choices(_objects(shown(results.reshape(-1)[cells], self.style.precision)), "result")
        every = np.arange(len(cells) + 1)
        sides.append((Terms(every, (Texts(values, every[:-1]),)),))
        return Sums(quantity, names, tuple(sides), _left_out(columns.parts, sides, names))

    def _terms(self, part: Part, alone: Way, first: Way, later: Way) -> Terms:
        """The factors of each term, where one is alone, the first of several, or behind another."""
        ways = (alone,) if len(part.columns) == 1 else (first, *[later] * (len(part.columns) - 1))
        found = zip(part.columns, ways, strict=True)
        return Terms(part.ends, tuple(self._texts(column, way) for column, way in found))

    def _texts(self, column: Column, way: Way) -> Texts:
        factors, numbers = column.factors, column.numbers
        if factors.array.size > KEPT:
            distinct, places = np.unique(numbers, return_inverse=True)
            padding = int((distinct < 0).sum())
            # Behind the cells, where a number below 0 finds them.
            return Texts(self._choices(factors, np.roll(distinct, -padding), padding, way), places - padding)
        if (way, factors) not in self._kept:
            padding = prod(factors.outside.shape) if factors.outside.shape else 0
            every = np.concatenate((np.arange(factors.array.size), np.arange(-padding, 0)))
            self._kept[way, factors] = self._choices(factors, every, padding, way)
        return Texts(self._kept[way, factors], numbers)

    def _choices(self, factors: Factors, numbers: Integers, padding: int, way: Way) -> Choices:
        quantity = "" if factors.label is not None or factors.texts else factors.quantity  # no colour for the others
        return Choices(_objects(way(self.style, factors, numbers)), quantity, padding)

    def _products(self, part: Part) -> Terms:
        with np.errstate(all="ignore"):
            return Terms(part.ends, (_numbers(part.products(), self.style),))


def _objects(texts: Sequence[str]) -> NDArray[np.object_]:
    return np.fromiter(texts, object, len(texts))


def _names(_: Style, factors: Factors, numbers: Integers) -> list[str]:
    return factors.names(numbers)


def _later_names(style: Style, factors: Factors, numbers: Integers) -> list[str]:
    return [f"({text})" if text.startswith("-") else text for text in _names(style, factors, numbers)]


def _alone(style: Style, factors: Factors, numbers: Integers) -> list[str]:
    if factors.texts:
        return factors.names(numbers)
    with np.errstate(all="ignore"):
        return shown(factors.values(numbers), style.precision)


def _first(style: Style, factors: Factors, numbers: Integers) -> list[str]:
    return [*map(as_factor, _alone(style, factors, numbers))]


def _later(style: Style, factors: Factors, numbers: Integers) -> list[str]:
    return [as_factor(text, first=False) for text in _alone(style, factors, numbers)]


_NAMES: tuple[Way, Way, Way] = (_names, _names, _later_names)
_NUMBERS: tuple[Way, Way, Way] = (_alone, _first, _later)


def _numbers(values: Array, style: Style) -> Texts:
    """Many numbers as text; whole ones that are close together are made into text once each."""
    if style.precision is None and (whole := whole_numbers(values)) is not None and whole.size:
        least, most = int(whole.min()), int(whole.max())
        if most - least < whole.size:
            return Texts(Choices(_objects([*map(str, range(least, most + 1))])), whole - least)
    return Texts(Choices(_objects(shown(values, style.precision))), np.arange(values.size))


# --- what says nothing


def _left_out(parts: Sequence[Part], sides: Sequence[tuple[Terms, ...]], names: Sequence[str]) -> NDArray[np.bool_]:
    """The sides [cell, side] that say nothing: without a term, or what the value, the name or a side before says."""
    found = np.zeros((len(names), len(sides)), dtype=bool)
    counts = _counts(parts, len(names))
    found[counts == 0, :-1] = True
    if len(sides) > 3:
        found[_counts([part for part in parts if len(part.columns) > 1], len(names)) == 0, 2] = True
    single = np.flatnonzero(counts == 1)
    if len(single):
        *others, value = (_only(side, single) for side in sides)
        known = [value, _objects(names)[single]]
        for side, texts in enumerate(others):
            found[single, side] |= np.logical_or.reduce([texts == before for before in known])
            known.append(texts)
    return found


def _counts(parts: Sequence[Part], cells: int) -> Integers:
    """How many terms each cell has."""
    return sum((np.diff(part.ends) for part in parts), np.zeros(cells, dtype=np.int64))


def _only(side: tuple[Terms, ...], cells: Integers) -> NDArray[np.object_]:
    """The only term of each of these cells."""
    found = np.empty(len(cells), dtype=object)
    for part in side:
        some = part.ends[cells + 1] > part.ends[cells]
        found[some] = part.texts(part.ends[cells[some]])
    return found
