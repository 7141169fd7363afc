"""What a student's own rounded numbers leave open in what follows from them.

Each number was perhaps half a unit of its last place larger or smaller before it was written down. To first order that
moves an answer by the sum of abs(df/dcell) * half a unit over the cells that it is computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.exercise.cost import Budget
from cnngrad.exercise.solution import Solution
from cnngrad.homework.compare import exact_cells
from cnngrad.homework.written import HALF, Answer, Written
from cnngrad.numbers.kinds import Array, floats
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

Own = Mapping[str, Array]
"""A student's own numbers by quantity."""
LOOKS = 3
"""Runs with all cells moved, which show whether an answer can be near enough at all."""
FAR = 4
"""How many times the largest move that these runs would miss is beyond reach."""


def half_units(name: str, answer: Answer, solution: Solution[Any], right: Array) -> Array:
    """How far each cell may have been from what is written. Nothing was rounded where the true value is written, nor
    in a wrong whole number where all true values are whole."""
    if not isinstance(answer, Written) or solution.quantities[name].dtype.kind == "i":
        return np.zeros(answer.shape, dtype=object)
    exact = exact_cells(answer, name, solution)
    truths = floats(solution.quantities[name])
    whole = np.all(truths == np.round(truths))
    cells = zip(answer.cells.flat, exact.flat, right.flat, strict=True)
    found = np.empty(answer.cells.size, dtype=object)
    for i, (cell, known, fine) in enumerate(cells):
        free = cell is not None and not known and (fine or cell.unit < 1 or not whole)
        found[i] = HALF * cell.unit if free else Fraction(0)
    return found.reshape(answer.shape)


@dataclass(frozen=True)
class Freedom:
    """A quantity as it is `computed` from a student's `own` numbers, each of which may be off by half a unit.

    `budget` and `cost` are what the runs may cost, and what one does.
    """

    own: Own
    halves: Own
    computed: Callable[[Own], Array | None]
    budget: Budget
    cost: int

    def leaves_open(self, answer: Answer, values: Array) -> bool:
        """Whether the answer may follow from the unrounded numbers; `values` follow from the written ones.

        Where half a unit changes a choice (a maximum, a tie, the side of a relu), either choice is open.
        """
        if not isinstance(answer, Written) or not self.free or values.dtype.kind not in "fO":
            return False
        if not self._near(answer, values):
            return False
        if not self.budget.spend(2 * len(self.free) * self.cost):
            return False
        numbers = floats(values)
        spread, others = np.zeros(values.shape), []
        for place in self.free:
            sides = [floats(found) for side in (1, -1) if (found := self._moved({place: side})) is not None]
            moves = [np.abs(side - numbers) for side in sides if side.shape == numbers.shape]
            if not moves:
                return False
            least = np.minimum.reduce(moves)
            spread += least
            others += [side for side, move in zip(sides, moves, strict=True) if np.any(move > 2 * least)]
        near = [_within(answer, each, spread) for each in (numbers, *others)]
        return bool((np.logical_or.reduce(near) | answer.missing).all())

    @cached_property
    def free(self) -> list[tuple[str, Index]]:
        """The cells that were rounded."""
        return [
            (name, tuple(map(int, index))) for name, halves in self.halves.items() for index in np.argwhere(halves > 0)
        ]

    def _near(self, answer: Written, values: Array) -> bool:
        """A quick look: whether the answer is no further away than any rounding could move it."""
        rng = np.random.default_rng(len(self.free))
        if not self.budget.spend(LOOKS * self.cost):
            return False
        numbers, reach = floats(values), np.zeros(values.shape)
        for signs in rng.choice((-1, 1), (LOOKS, len(self.free))).tolist():
            found = self._moved(dict(zip(self.free, signs, strict=True)))
            if found is not None and found.shape == numbers.shape:
                reach = np.maximum(reach, np.abs(floats(found) - numbers))
        reach *= FAR * len(self.free) ** 0.5
        kinks = np.max(reach, initial=0.0)  # a choice that all of these runs make alike is not seen in its own cell
        return bool((_within(answer, numbers, np.maximum(reach, kinks)) | answer.missing).all())

    def _moved(self, moves: Mapping[tuple[str, Index], int]) -> Array | None:
        """The quantity with some of the numbers half a unit larger or smaller."""
        moved = {name: array.copy() for name, array in self.own.items()}
        for (name, index), side in moves.items():
            half = self.halves[name][index] * side
            moved[name][index] += half if moved[name].dtype == object else float(half)
        return self.computed(moved)


def _within(answer: Written, values: Array, spread: Array) -> Array:
    reach = np.maximum(answer.units / 2, answer.prints) + spread * (1 + 1e-9) + answer.slack(values)
    return np.asarray(np.abs(answer.values - values) <= reach)


def at_their_true_values(own: Own, right: Own, truth: Own) -> Iterator[tuple[str, Array]]:
    """The student's numbers with the true ones in place of those that are right."""
    for name, array in own.items():
        yield name, np.where(right[name], truth[name], array) if right[name].any() else array
