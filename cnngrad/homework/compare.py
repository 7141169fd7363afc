"""Right or wrong, cell by cell, to the decimals that were written.

In exact decimals: 0.12 and 0.13 are both right for 0.125. Floats decide the clear cases; what is near
the border is compared in fractions, with the noise of float64 arithmetic allowed on the true value.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.solution import Solution
from cnngrad.homework.verdict import Judged
from cnngrad.homework.written import HALF, NOISE, SINGLE_PRINT, Answer, Written
from cnngrad.numbers.kinds import Array, floats, nearest
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

MOST_EXACT = 256
"""Cells near the border that are compared in fractions."""
NEAR = 1e-6
NEAR_SINGLE = 1e-3
"""The same for what float32 prints."""
ROUNDED = 2.0
"""Units of the last place within which an answer was rounded too early."""


@dataclass(frozen=True)
class Case:
    """An answer to the quantity `name`, the true numbers in the user's layout, and the cells that are wrong or left
    blank; the shapes differ where the answer is refused."""

    name: str
    answer: Answer
    truth: Array
    wrong: tuple[Index, ...] = ()
    missing: tuple[Index, ...] = ()

    @classmethod
    def of(cls, name: str, answer: Answer, solution: Solution[Any]) -> Case:
        """The answer compared cell by cell; its shape must be the true one."""
        right = right_cells(answer, name, solution)
        wrong, missing = _indices(~right & ~answer.missing), _indices(answer.missing & ~right)
        return cls(name, answer, solution.quantities[name], wrong, missing)

    def judged(self, verdict: str, **found: Any) -> Judged:
        return Judged(self.name, verdict, self.answer, self.truth, self.wrong, self.missing, **found)


def lifted(answer: Answer, shape: Index) -> Answer:
    """An answer whose shape differs by axes of length 1 alone, in the true shape."""
    short = tuple(size for size in shape if size != 1)
    return answer.reshaped(shape) if tuple(size for size in answer.shape if size != 1) == short else answer


def _indices(marked: Array) -> tuple[Index, ...]:
    return tuple(tuple(map(int, index)) for index in np.argwhere(marked))


def right_cells(answer: Answer, name: str, solution: Solution[Any]) -> NDArray[np.bool_]:
    """Which cells are right; a blank cell is where the truth has no number either."""
    values = solution.quantities[name]
    right = answer.agrees(values)
    if not isinstance(answer, Written):
        return np.asarray((right & ~answer.missing) | (answer.missing & (-math.inf == values)))
    numbers = floats(values)
    for index in _near(answer, numbers, right):
        exact = solution.exact.get(name, numbers)
        true = exact[index] if exact.dtype == object else Fraction(float(exact[index]))
        right[index] = _is(answer, index, true, solution.magnitude(name, index))
    empty = ~np.isfinite(numbers) | (numbers < 0 if name.rpartition(".")[2] == "argmax" else False)
    return np.asarray((right & ~answer.missing) | (answer.missing & empty))


def exact_cells(answer: Written, name: str, solution: Solution[Any]) -> NDArray[np.bool_]:
    """Which cells are written as the true value itself, with nothing rounded."""
    values = solution.quantities[name]
    numbers, exact = floats(values), solution.exact.get(name)
    if exact is None or exact.dtype != object:
        return np.asarray(np.abs(answer.values - numbers) <= answer.slack(numbers))
    cells = zip(answer.cells.flat, exact.flat, strict=True)
    equal = [cell is not None and cell.value == true for cell, true in cells]
    return np.array(equal, dtype=bool).reshape(values.shape)


def nearly(answer: Answer, values: Array) -> bool:
    """Whether every cell is within two units of the last place, and rounding can be why: some true value has more
    decimals than were written."""
    if not isinstance(answer, Written) or not answer.agrees(values, ROUNDED).all():
        return False
    units = np.where(answer.units > 0, answer.units, 1.0)
    numbers = floats(values)
    left = np.abs(numbers / units - np.round(numbers / units)) * units
    return bool(np.any((left > answer.slack(numbers)) & (answer.units > 0)))


def decimals_to_tell(values: Array, other: Array, written: int) -> int:
    """How many decimals tell the true values from others that agree with them to the decimals written."""
    true, false = floats(values), floats(other)
    apart = (n for n in range(written + 1, 17) if np.any(np.abs(np.round(true, n) - false) > 0.5 * 10.0**-n))
    return next(apart, 17)


def _near(answer: Written, numbers: Array, right: NDArray[np.bool_]) -> list[Index]:
    """The cells that only exact arithmetic can settle."""
    with np.errstate(invalid="ignore"):
        beyond = np.abs(answer.values - numbers) - answer.units / 2
        scale = np.abs(np.where(np.isfinite(numbers), numbers, 0.0)).max(initial=1.0)
        close = ~right & (beyond <= np.where(answer.prints > 0, NEAR_SINGLE, NEAR) * scale)
    return [tuple(map(int, index)) for index in np.argwhere(close)[:MOST_EXACT]]


def _is(answer: Written, index: Index, true: Fraction, magnitude: float) -> bool:
    cell = answer.cells[index]
    away = abs(cell.value - true)
    if away <= HALF * cell.unit or (cell.single and nearest(away) <= SINGLE_PRINT * magnitude):
        return True
    return bool(nearest(away - HALF * cell.unit) <= max(NOISE, answer.noise) * magnitude)


def right_elsewhere(case: Case, solution: Solution[Any]) -> str:
    """What to say where the right numbers are there, with their axes in another order or in another shape."""
    answer, shape = case.answer, case.truth.shape
    for axes in permutations(range(len(answer.shape))):
        moved = answer.moved(axes)
        if moved.shape == shape and right_cells(moved, case.name, solution).all():
            order = ",".join(str(axes.index(axis)) for axis in range(len(axes)))
            says = "transposed" if len(axes) == 2 else f"with its axes in the order {order}"
            return f"it is {says}, and the numbers are right"
    if answer.cells.size == case.truth.size and right_cells(answer.reshaped(shape), case.name, solution).all():
        return "the numbers are right, in another shape"
    return ""
