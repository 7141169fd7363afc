"""The terms of a run of cells by columns, read from sums that are written in letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, reduce
from itertools import chain
from operator import add

import numpy as np

from cnngrad.exercise.columns import Column, Columns, Factors, Part, indices_of, strides_of
from cnngrad.exercise.sums import Part as Written
from cnngrad.exercise.sums import Product, Sums
from cnngrad.records import dataclass
from cnngrad.windows.axis import Integers
from cnngrad.windows.windows import Index

Bound = Mapping[str, Sequence[Integers]]
"""The index that each letter is, in many terms: an array for each axis; they are broadcast against each other."""


@dataclass(frozen=True, eq=False)
class SumColumns:
    """The columns of the rows of an op; there are none where a letter runs over places that depend on others."""

    sums: Sums

    def of(self, quantity: str, shape: Index, cells: range) -> Columns | None:
        """The terms of these cells of a quantity of this shape, flat and row-major."""
        row = self.sums.rows.get(quantity)
        if row is None or not all(self._is_plain(product, row.left) for product in row.products):
            return None
        bound = self._bound(row.left, list(indices_of(cells, shape)))
        parts = tuple(self._part(product, bound, len(cells)) for product in row.products)
        return Columns(quantity, cells, parts)

    def _is_plain(self, product: Product, left: Written) -> bool:
        """Whether its letters run over whole axes, and its factors are in arrays."""
        summed = [letter for letter in product.letters if letter not in left.letters]
        named = [self.sums.named[part.name] for part in product.parts if part.name in self.sums.named]
        known = all(part.name in self.sums.named or part.name in self.sums.arrays for part in product.parts)
        plain = all(letter in self.sums.ranges and not self.sums.ranges[letter].places for letter in summed)
        single = all(part.text.count("[") < 2 for part in product.parts)
        return known and plain and single and all(isinstance(array, np.ndarray) for array in named)

    def _bound(self, left: Written, index: list[Integers]) -> Bound:
        """The letters on the left, for these cells."""
        places: dict[str, Sequence[Integers]] = {}
        for letter in left.letters:
            whole = letter not in self.sums.ranges or self.sums.ranges[letter].places
            places[letter], index = (index, []) if whole else (index[:1], index[1:])
        return places

    def _part(self, product: Product, bound: Bound, cells: int) -> Part:
        summed = [letter for letter in product.letters if letter not in bound]
        rank = 1 + len(summed)
        places = {x: [each.reshape(-1, *(1,) * len(summed)) for each in index] for x, index in bound.items()}
        for axis, letter in enumerate(summed, start=1):
            shape = [-1 if axis == place else 1 for place in range(rank)]
            places[letter] = [np.arange(self.sums.ranges[letter].most).reshape(shape)]
        whole = (cells, *(self.sums.ranges[letter].most for letter in summed))
        return Part.even(cells, *(self._column(part, places, whole) for part in product.parts))

    def _column(self, part: Written, places: Bound, whole: Index) -> Column:
        factors = self._factors[part.text]
        index = chain.from_iterable(places[letter] for letter in part.letters)
        steps = zip(index, strides_of(factors.array.shape), strict=False)
        numbers = reduce(add, (each * step for each, step in steps), np.zeros((), dtype=np.int64))
        return Column(factors, np.broadcast_to(numbers, whole).ravel())

    @cached_property
    def _factors(self) -> dict[str, Factors]:
        """Those of every text on the right that is a cell of an array."""
        parts = [part for row in self.sums.rows.values() for product in row.products for part in product.parts]
        return {part.text: found for part in parts if (found := self._of(part)) is not None}

    def _of(self, part: Written) -> Factors | None:
        named = self.sums.named.get(part.name)
        if named is None:
            array = self.sums.arrays.get(part.name)
            return None if array is None else Factors(part.name, array, self.sums.base)
        before, _, behind = part.text.partition("[")
        label = (before, behind.partition("]")[2])
        return Factors("", named, self.sums.base, label=label) if isinstance(named, np.ndarray) else None
