"""Gradients by central differences: (f(x + h) - f(x - h)) / 2h, cell by cell.

Knows no op: it is given a scalar function of several arrays and the gradients that are claimed.
A cell where the differences to the left and to the right disagree stands at a kink (a tie of max
pooling): no gradient exists there, so the cell is skipped and named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.numbers.kinds import Array

STEP = 1e-4
"""Half the distance of the two points, relative to the cell. Layers are linear in each input, so the
step costs no accuracy there, and a larger one loses fewer digits to cancellation."""
KINK = 1e-3
CLOSER = 64
"""How many times smaller the second step is that tells a kink from a curve."""
TOLERANCE = 1e-6
"""Largest relative error of a passing float64 check (CS231n, gradient checks: 1e-7 is happy,
1e-2 is wrong)."""
CURVED = 1e-5
"""The same where the loss is no straight line in each cell: shorter steps lose more digits."""

Cell = tuple[str, tuple[int, ...]]


@dataclass
class Gradcheck:
    """What a check found: the worst cell and the cells without a gradient."""

    cells: int = 0
    largest: float = 0.0
    worst: Cell | None = None
    skipped: list[Cell] = field(default_factory=list)
    tolerance: float = TOLERANCE

    @property
    def passed(self) -> bool:
        """Whether every cell that has a gradient agrees."""
        return self.largest <= self.tolerance


def gradcheck(
    loss: Callable[[dict[str, Array]], Any],
    at: Mapping[str, Array],
    gradients: Mapping[str, Array],
    *,
    multilinear: bool = True,
) -> Gradcheck:
    """Compare `gradients` of `loss` (same names and shapes as `at`) with central differences.

    The error of a cell is |claimed - difference|, relative to the larger of the two, but at least to
    1e-3 of the array's largest gradient and to what the digits of the loss can resolve: a cell near
    zero does not count rounding as error. A `multilinear` loss of fractions must agree exactly.
    """
    exact = multilinear and any(array.dtype == object for array in at.values())
    found = Gradcheck(tolerance=0.0 if exact else TOLERANCE if multilinear else CURVED)
    arrays = {name: np.array(array) for name, array in at.items()}
    middle = loss(arrays)
    resolved = 4 * float(np.finfo(np.float64).eps) * _size(middle) / STEP / TOLERANCE
    for name, claimed in gradients.items():
        floor = max(1e-3 * max(map(_size, claimed.flat)), resolved, STEP)
        for index in np.ndindex(claimed.shape):
            slopes = _Slopes(loss, arrays, name, index, middle)
            _compare(found, (name, index), claimed[index], slopes, floor)
    return found


@dataclass(frozen=True)
class _Slopes:
    """The difference quotients at one cell."""

    loss: Callable[[dict[str, Array]], Any]
    arrays: dict[str, Array]
    name: str
    index: tuple[int, ...]
    middle: Any

    def at(self, smaller: int = 1) -> tuple[Any, Any]:
        """To the right and to the left, with a step that many times smaller."""
        array = self.arrays[self.name]
        value = array[self.index]
        whole: Any = Fraction(1, 10**6) if array.dtype == object else STEP * max(1.0, _size(value))
        step = whole / smaller
        sums = []
        for moved in (value + step, value - step):
            array[self.index] = moved
            sums.append(self.loss(self.arrays))
        array[self.index] = value
        return (sums[0] - self.middle) / step, (self.middle - sums[1]) / step


def _compare(found: Gradcheck, cell: Cell, claimed: Any, slopes: _Slopes, floor: float) -> None:
    right, left = slopes.at()
    scale = max(_size(right), _size(left), floor)
    if _size(right - left) > KINK * scale:
        # The slopes of a curve come together as the step shrinks; those of a kink do not.
        right, left = slopes.at(CLOSER)
        if _size(right - left) > KINK * scale:
            found.skipped.append(cell)
            return
    found.cells += 1
    central = (right + left) / 2
    error = _error(claimed, central, floor)
    if error > found.tolerance:
        # What is left of a curve's third derivative cancels between two steps (Richardson).
        half = sum(slopes.at(2)) / 2
        error = min(error, _error(claimed, (4 * half - sum(slopes.at()) / 2) / 3, floor))
    if error > found.tolerance:
        # A kink beside the point, but within the step, bends the difference and not the gradient.
        error = min(error, _error(claimed, sum(slopes.at(CLOSER)) / 2, floor))
    if error > found.largest or found.worst is None:
        found.largest, found.worst = error, cell


def _error(claimed: Any, difference: Any, floor: float) -> float:
    off = claimed - difference
    return _size(off) / max(_size(claimed), _size(difference), floor) if off else 0.0


def _size(value: Any) -> float:
    """The absolute value as a float; a fraction beyond float64 counts as infinite."""
    try:
        return abs(float(value))
    except OverflowError:
        return math.inf
