"""The lines of all cells of a full trace, from the columns of their terms: the same lines as of a cell by itself
(`lines`), but the names and the numbers of an array become text once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.columns import KEPT, Column, Columns, Factors, Part
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import as_factor, shown
from cnngrad.records import dataclass
from cnngrad.report.blocks import Sums, Terms, Texts
from cnngrad.report.planes import Style
from cnngrad.windows.axis import Integers

Change = Callable[[str], str]
"""What a text becomes at some place of a sum."""


class Writer:
    """What writes the sums of one derivation; it keeps the texts of each array."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self._written: dict[int, Written] = {}
        self._names: dict[str, Factors] = {}

    def sums(self, columns: Columns, results: Array) -> Sums:
        """The lines of a run of cells, whose values are in `results`."""
        cells = np.arange(columns.cells.start, columns.cells.stop)
        quantity = columns.quantity
        named = self._names.setdefault(quantity, Factors(quantity, results, self.style.base))
        names = named.names(cells)
        firsts = _firsts(columns.parts, len(cells))
        found = [*zip(columns.parts, firsts, strict=True)]
        sides = [tuple(write(part, first) for part, first in found) for write in (self._by_name, self._numbers)]
        if any(len(part.columns) > 1 for part in columns.parts):
            sides.append(tuple(self._products(part, first) for part, first in found))
        values = shown(results.reshape(-1)[cells], self.style.precision)
        ends = range(len(cells) + 1)
        sides.append((Terms(ends, [""] * len(cells), (Texts(values, "result"),)),))
        return Sums(quantity, names, tuple(sides), _left_out(columns.parts, sides, names))

    def _by_name(self, part: Part, first: Integers) -> Terms:
        plain = [column.factors.label is None and not column.factors.texts for column in part.columns]
        texts = [column.factors.names(column.numbers) for column in part.columns]
        for place in range(1, len(texts)):
            if not plain[place]:
                texts[place] = [f"({text})" if text.startswith("-") else text for text in texts[place]]
        signs, texts[0] = (["+ "] * len(texts[0]), texts[0]) if plain[0] else _signed(texts[0], first)
        for term in first.tolist():
            signs[term] = ""
        return _terms(part, signs, texts)

    def _numbers(self, part: Part, first: Integers) -> Terms:
        written = [self._of(column.factors) for column in part.columns]
        if len(written) == 1:
            signs, texts = written[0].summands(part.columns[0].numbers, first, str)
            return _terms(part, signs, [texts])
        signs, texts = written[0].summands(part.columns[0].numbers, first, as_factor)
        others = [
            each.texts(column.numbers, _later) for each, column in zip(written[1:], part.columns[1:], strict=True)
        ]
        return _terms(part, signs, [texts, *others])

    def _products(self, part: Part, first: Integers) -> Terms:
        with np.errstate(all="ignore"):
            texts = shown(part.products(), self.style.precision)
        signs, texts = _signed(texts, first)
        return Terms(part.ends.tolist(), signs, (Texts(texts),))

    def _of(self, factors: Factors) -> Written:
        # The key stays this array's own as long as the factors are kept in the value.
        return self._written.setdefault(id(factors), Written(factors, self.style))


@dataclass(frozen=True, eq=False)
class Written:
    """The numbers of an array as text, made once for each cell where there are not too many."""

    factors: Factors
    style: Style

    @cached_property
    def _kept(self) -> dict[Change, NDArray[np.object_]]:
        return {}

    @cached_property
    def _all(self) -> list[str]:
        return list(self.factors.texts) or shown(self.factors.array, self.style.precision)

    @cached_property
    def _zero(self) -> str:
        return self.style.number(0 * self.factors.array.flat[0])

    def texts(self, numbers: Integers, change: Change) -> list[str]:
        """These numbers as `change` writes them."""
        if self.factors.array.size > KEPT and not self.factors.texts:
            return [*map(change, shown(self.factors.values(numbers), self.style.precision))]
        if change not in self._kept:
            self._kept[change] = np.array([*map(change, self._all), ""], dtype=object)[:-1]
        found = self._kept[change].take(numbers, mode="clip")  # a negative one becomes the first, for now
        found[numbers < 0] = change(self._zero)
        return found.tolist()  # type: ignore[no-any-return]

    def summands(self, numbers: Integers, first: Integers, change: Change) -> tuple[list[str], list[str]]:
        """The signs between them, and these numbers without their signs; the first of a sum keeps its own."""
        signs = self.texts(numbers, _SIGNS[change])
        texts = self.texts(numbers, _UNSIGNED[change])
        for place, text in zip(first.tolist(), self.texts(numbers[first], change), strict=True):
            signs[place], texts[place] = "", text
        return signs, texts


def _later(text: str) -> str:
    return as_factor(text, first=False)


def _sign_of(text: str) -> str:
    return "- " if text.startswith("-") else "+ "


def _without_sign(text: str) -> str:
    return text.removeprefix("-")


def _then(change: Change, after: Change) -> Change:
    return lambda text: after(change(text))


_CHANGES: tuple[Change, ...] = (str, as_factor)
_SIGNS = {change: _then(change, _sign_of) for change in _CHANGES}
_UNSIGNED = {change: _then(change, _without_sign) for change in _CHANGES}


def _signed(texts: list[str], first: Integers) -> tuple[list[str], list[str]]:
    """The signs between summands, and the summands without them; the first of a sum keeps its own."""
    signs = ["- " if text.startswith("-") else "+ " for text in texts]
    unsigned = [text[1:] if text.startswith("-") else text for text in texts]
    for place in first.tolist():
        signs[place], unsigned[place] = "", texts[place]
    return signs, unsigned


def _terms(part: Part, signs: Sequence[str], texts: Sequence[Sequence[str]]) -> Terms:
    found = zip(part.columns, texts, strict=True)
    return Terms(part.ends.tolist(), signs, tuple(_column(column, written) for column, written in found))


def _column(column: Column, texts: Sequence[str]) -> Texts:
    factors = column.factors
    quantity = factors.quantity if factors.label is None and not factors.texts else ""
    return Texts(texts, quantity, np.flatnonzero(column.numbers < 0).tolist())


def _firsts(parts: Sequence[Part], cells: int) -> Iterator[Integers]:
    """For each part, the terms that are the first of their cell."""
    empty = np.ones(cells, dtype=bool)
    for part in parts:
        some = part.ends[1:] > part.ends[:-1]
        yield part.ends[:-1][some & empty]
        empty &= ~some


def _left_out(
    parts: Sequence[Part], sides: Sequence[tuple[Terms, ...]], names: Sequence[str]
) -> frozenset[tuple[int, int]]:
    """The sides (cell, side) that say nothing: without a term, or what the value, the name or a side before says."""
    counts = sum(np.diff(part.ends) for part in parts)
    last = len(sides) - 1
    several = sum(np.diff(part.ends) for part in parts if len(part.columns) > 1)
    found: list[tuple[int, int]] = []
    if last == 3:
        found += [(cell, 2) for cell in np.flatnonzero(np.broadcast_to(several, len(names)) == 0).tolist()]
    found += [(cell, side) for cell in np.flatnonzero(counts == 0).tolist() for side in range(last)]
    for cell in np.flatnonzero(counts == 1).tolist():
        texts = [_only(side, cell) for side in sides]
        known = [texts[-1], names[cell]]
        for side, text in enumerate(texts[:-1]):
            found += [(cell, side)] * (text in known)
            known.append(text)
    return frozenset(found)


def _only(side: tuple[Terms, ...], cell: int) -> str:
    """The only term of a cell."""
    (piece,) = (part.piece(i) for part in side for i in range(part.ends[cell], part.ends[cell + 1]))
    return "".join(text for text, _ in piece)
