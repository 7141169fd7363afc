"""Terms by columns: a run of cells with all of their terms in arrays of integers, so that a million terms are no
million objects.

Each column has one factor of every term, as a number: a cell of an array by its flat row-major index, or a place in the
padding. What writes a trace makes the names and the numbers of an array into text once, and picks them by column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, reduce
from math import prod
from operator import mul

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.terms import Cell, Factor, Term
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.windows.axis import Integers
from cnngrad.windows.windows import Index

RUN = 10_000
"""Terms of one run, about: numpy's calls cost nothing beside them, and their texts are a few megabytes."""
KEPT = 2**15
"""Cells of an array up to which the names of all of them are kept; those of a larger one are made for each run."""


@dataclass(frozen=True)
class Box:
    """Positions around an array: so many along each axis, from `first` on."""

    first: Index
    shape: Index


@dataclass(frozen=True, eq=False)
class Factors:
    """What the factors of a column are, by number.

    From 0 on they are the cells of `array`, flat and row-major: of the quantity with this name, or, with `label`, what
    is named by the text before and behind their index, as `relu'(A[0])`; with `texts` they are plain numbers as they
    are written, as `1/4`. The number -1 - i is position i of the box `outside`: it is padding, called `pad`, and is 0.
    """

    quantity: str
    array: Array
    base: int = 0
    outside: Box = Box((), ())
    pad: str = "pad"
    label: tuple[str, str] | None = None
    texts: tuple[str, ...] = ()

    def names(self, numbers: Integers) -> list[str]:
        """What these are called: `A[0,3]`, `pad[-1,0]`, `1/4`."""
        if self.array.size <= KEPT:
            found = self._names.take(numbers, mode="clip")  # a negative one becomes the first, for now
        else:
            found = self._named(np.maximum(numbers, 0))
        padding = np.flatnonzero(numbers < 0)
        if len(padding):
            positions = texts_of(-1 - numbers[padding], self.outside.shape, [i + self.base for i in self.outside.first])
            found[padding] = [f"{self.pad}[{text}]" for text in positions]
        return found.tolist()  # type: ignore[no-any-return]

    def values(self, numbers: Integers) -> Array:
        """Their values."""
        flat = self.array.reshape(-1)
        if not (numbers < 0).any():
            return flat[numbers]
        found = flat[np.maximum(numbers, 0)]
        found[numbers < 0] = 0 * flat[0]
        return found

    def factor(self, number: int) -> Factor:
        """One of them as an object."""
        if number < 0:
            places = zip(np.unravel_index(-1 - number, self.outside.shape), self.outside.first, strict=True)
            index = tuple(int(place) + first for place, first in places)
            return Factor(Cell(self.pad, index), 0 * self.array.flat[0], padding=True)
        value = self.array.flat[number]
        if self.texts:
            return Factor.number(self.texts[number], value)
        if self.label is not None:
            return Factor.named(self.names(np.array([number]))[0], value)
        index = tuple(map(int, np.unravel_index(number, self.array.shape))) if self.array.ndim else ()
        return Factor(Cell(self.quantity, index), value)

    @cached_property
    def _names(self) -> NDArray[np.object_]:
        return self._named(np.arange(self.array.size))

    def _named(self, numbers: Integers) -> NDArray[np.object_]:
        found = np.empty(len(numbers), dtype=object)
        if self.texts:
            found[:] = [self.texts[number] for number in numbers]
            return found
        before, behind = self.label or (self.quantity, "")
        if self.array.ndim:
            before, behind = f"{before}[", f"]{behind}"
        texts = texts_of(numbers, self.array.shape, [self.base] * self.array.ndim)
        found[:] = [f"{before}{text}{behind}" for text in texts]
        return found


def texts_of(numbers: Integers, shape: Index, first: list[int]) -> list[str]:
    """The indices of flat places in an array of this shape as they are written, `0,3`, counted from `first`."""
    if not shape:
        return [""] * len(numbers)
    axes = np.unravel_index(numbers, shape)
    each = [
        np.array([str(i + start) for i in range(size)], dtype=object).take(places).tolist()
        if size <= len(numbers)
        else [str(i + start) for i in places.tolist()]
        for places, size, start in zip(axes, shape, first, strict=True)
    ]
    return each[0] if len(each) == 1 else [*map(",".join, zip(*each, strict=True))]


@dataclass(frozen=True, slots=True)
class Column:
    """One factor of each term: the one of `factors` that has this number."""

    factors: Factors
    numbers: Integers

    def names(self, start: int, end: int) -> list[str]:
        """What the factors of the terms from `start` to `end` are called."""
        return self.factors.names(self.numbers[start:end])


@dataclass(frozen=True, slots=True)
class Part:
    """Terms with the same number of factors: those of cell number i of the run are `ends[i]` to `ends[i + 1]`."""

    ends: Integers
    columns: tuple[Column, ...]

    @classmethod
    def even(cls, cells: int, *columns: Column) -> Part:
        """The part in which every cell has as many terms."""
        return cls(np.arange(cells + 1) * (len(columns[0].numbers) // max(cells, 1)), columns)

    def products(self, start: int = 0, end: int | None = None) -> Array:
        """The value of every term, or of those from `start` to `end`."""
        return reduce(mul, (column.factors.values(column.numbers[start:end]) for column in self.columns))

    def renamed(self, new: Callable[[Factors], Factors]) -> Part:
        """The same terms, of other factors with the same numbers."""
        return Part(self.ends, tuple(Column(new(column.factors), column.numbers) for column in self.columns))

    def term(self, number: int) -> Term:
        """One of the terms as an object."""
        return Term(tuple(column.factors.factor(int(column.numbers[number])) for column in self.columns))


@dataclass(frozen=True, slots=True)
class Columns:
    """A run of cells of one quantity, flat and row-major, with all of their terms: those of a cell are those of each
    part, in order."""

    quantity: str
    cells: range
    parts: tuple[Part, ...]
    template: str = ""
    """how the value is written where that says more than the terms do, as `max({})`: with a place for each factor of
    the terms of `filled`, or one for all of them"""
    filled: tuple[Part, ...] = ()

    def __len__(self) -> int:
        """How many terms all cells have."""
        return sum(int(part.ends[-1]) for part in self.parts)

    def renamed(self, quantity: str, new: Callable[[Factors], Factors]) -> Columns:
        """The same cells as those of another quantity."""
        parts, filled = (tuple(part.renamed(new) for part in each) for each in (self.parts, self.filled))
        return Columns(quantity, self.cells, parts, self.template, filled)

    def terms(self, place: int) -> Iterator[Term]:
        """The terms of cell number `place` of the run, as objects."""
        for part in self.parts:
            for number in range(int(part.ends[place]), int(part.ends[place + 1])):
                yield part.term(number)


class Texts:
    """What the factors of columns are written as: `make` gives the texts of some of them.

    Those of an array that is not too large are made once, the others once for each run.
    """

    def __init__(self, make: Callable[[Factors, Integers], Sequence[str]]) -> None:
        self._make = make
        self._kept: dict[Factors, NDArray[np.object_]] = {}

    def of(self, column: Column, start: int = 0, end: int | None = None) -> list[str]:
        """The texts of the factors of the terms from `start` to `end`."""
        factors, numbers = column.factors, column.numbers[start:end]
        if factors.array.size > KEPT:
            distinct, places = np.unique(numbers, return_inverse=True)
            return self._made(factors, distinct).take(places).tolist()  # type: ignore[no-any-return]
        if factors not in self._kept:
            # A number below 0 is, as an index, counted from the end.
            around = np.arange(-prod(factors.outside.shape) if factors.outside.shape else 0, 0)
            self._kept[factors] = self._made(factors, np.concatenate((np.arange(factors.array.size), around)))
        return self._kept[factors].take(numbers).tolist()  # type: ignore[no-any-return]

    def _made(self, factors: Factors, numbers: Integers) -> NDArray[np.object_]:
        found = np.empty(len(numbers), dtype=object)
        found[:] = self._make(factors, numbers)
        return found


def indices_of(cells: range, shape: Index) -> tuple[Integers, ...]:
    """The index of each of these flat cells: an array for each axis."""
    numbers = np.arange(cells.start, cells.stop)
    return tuple(places.astype(np.int64) for places in np.unravel_index(numbers, shape)) if shape else ()


def strides_of(shape: Index) -> Index:
    """How many cells one step along each axis of an array is."""
    return tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))


def runs_of(cells: int, terms: int) -> Iterator[range]:
    """All cells in runs of about RUN terms, where each has at most so many."""
    step = max(1, RUN // max(terms, 1))
    return (range(start, min(start + step, cells)) for start in range(0, cells, step))
