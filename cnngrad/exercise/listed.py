"""The terms of one cell that has very many of them: they stay in columns, and become objects one by one where somebody
looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.columns import Columns, Part
from cnngrad.exercise.terms import Factor, Term
from cnngrad.numbers.kinds import Array

Marks = NDArray[np.bool_]
"""One for each term."""


class ColumnTerms(Sequence[Term]):
    """The terms of the one cell that these columns are of."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[Term]:
        return self.columns.terms(0)

    @overload
    def __getitem__(self, place: int) -> Term: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Term, ...]: ...

    def __getitem__(self, place: int | slice) -> Term | tuple[Term, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        number = range(len(self))[place]
        for part in self.columns.parts:
            if number < int(part.ends[-1]):
                return part.term(number)
            number -= int(part.ends[-1])
        raise IndexError(place)

    @cached_property
    def vanishing(self) -> Marks:
        """Those that have a factor that is 0."""
        return np.concatenate([reduce(or_, _zeros(part)) for part in self.columns.parts])

    @cached_property
    def of_padding(self) -> Marks:
        """Those that have a factor in the padding."""
        each = (reduce(or_, (column.numbers < 0 for column in part.columns)) for part in self.columns.parts)
        return np.concatenate([*each])

    @property
    def products(self) -> Array:
        """The value of each."""
        with np.errstate(all="ignore"):
            return np.concatenate([part.products() for part in self.columns.parts])

    def zero_factors(self) -> list[Factor]:
        """The factors that are 0, each once, in the order in which they are first met."""
        met: dict[tuple[int, int], tuple[tuple[int, int, int], Factor]] = {}
        for order, part in enumerate(self.columns.parts):
            for place, (column, zero) in enumerate(zip(part.columns, _zeros(part), strict=True)):
                terms = np.flatnonzero(zero)
                for number, first in zip(*_firsts(column.numbers[terms]), strict=True):
                    key, at = (id(column.factors), number), (order, int(terms[first]), place)
                    if key not in met or at < met[key][0]:
                        met[key] = (at, column.factors.factor(number))
        return [factor for _, factor in sorted(met.values(), key=lambda each: each[0])]


def _zeros(part: Part) -> Iterator[Marks]:
    """For each column, the terms whose factor is 0."""
    return (np.asarray(column.factors.values(column.numbers) == 0) for column in part.columns)


def _firsts(numbers: Any) -> tuple[list[int], list[int]]:
    """The numbers, each once, and where each is met first."""
    found, places = np.unique(numbers, return_index=True)
    return found.tolist(), places.tolist()
