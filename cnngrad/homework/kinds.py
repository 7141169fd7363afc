"""What mistakes give, told apart: those that are the same numbers, up to what float64 loses, have one number."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.attempt import ROUNDING, same
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass

Signature: TypeAlias = tuple[Array, ...]
"""What a mistake (or the right computation) gives: one array for each compared quantity."""
Shapes: TypeAlias = tuple[tuple[int, ...], ...]
FIRST = 16
"""Rows that a block has place for at first."""


def equal(one: Signature, other: Signature) -> bool:
    """Whether two mistakes (or a mistake and the truth) are the same numbers."""
    return all(map(same, one, other))


@dataclass
class _Block:
    """Signatures of finite floats of the same shapes: a row of cells each, and how large the array of each cell is."""

    cells: NDArray[np.float64]
    sizes: NDArray[np.float64]
    numbers: list[int] = field(default_factory=list)

    def find(self, cells: NDArray[np.float64], sizes: NDArray[np.float64], default: int) -> int:
        """The number of the first row that is the same, as `same` has it for each of its arrays."""
        known = len(self.numbers)
        reach = ROUNDING * np.maximum(self.sizes[:known], sizes)
        found = (np.abs(self.cells[:known] - cells) <= reach).all(axis=1)
        return next((self.numbers[place] for place in np.flatnonzero(found)[:1]), default)

    def add(self, cells: NDArray[np.float64], sizes: NDArray[np.float64], number: int) -> None:
        known = len(self.numbers)
        if known == len(self.cells):
            self.cells, self.sizes = (np.concatenate([each, each]) for each in (self.cells, self.sizes))
        self.cells[known], self.sizes[known] = cells, sizes
        self.numbers.append(number)


@dataclass
class Kinds:
    """Signatures, each with the number of the first that is equal to it."""

    _blocks: dict[Shapes, _Block] = field(default_factory=dict)
    _all: list[Signature] = field(default_factory=list)
    _others: list[int] = field(default_factory=list)
    """those of fractions, formulas, and what is not finite: they are compared one by one"""

    def number(self, signature: Signature) -> int:
        """The number of what is equal to this; a new one where nothing is."""
        row, new = _row(signature), len(self._all)
        one_by_one = range(new) if row is None else self._others
        found = min((n for n in one_by_one if equal(signature, self._all[n])), default=new)
        if row is not None:
            block = self._block_of(signature, row[0])
            found = min(found, block.find(*row, default=new))
            if found == new:
                block.add(*row, new)
        elif found == new:
            self._others.append(new)
        self._all += [signature] * (found == new)
        return found

    def _block_of(self, signature: Signature, cells: NDArray[np.float64]) -> _Block:
        shapes = tuple(each.shape for each in signature)
        if shapes not in self._blocks:
            self._blocks[shapes] = _Block(np.empty((FIRST, len(cells))), np.empty((FIRST, len(cells))))
        return self._blocks[shapes]


def _row(signature: Signature) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """All cells, and the largest number in the array of each; None where these are no finite floats, or nothing."""
    if not signature or any(each.dtype != np.float64 for each in signature):
        return None
    cells = np.concatenate([each.reshape(-1) for each in signature])
    if not np.isfinite(cells).all():
        return None
    largest = [np.abs(each).max(initial=0.0) for each in signature]
    return cells, np.repeat(largest, [each.size for each in signature])
