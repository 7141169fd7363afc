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
TOLERANCE = 1e-6
"""Largest relative error of a passing float64 check (CS231n, gradient checks: 1e-7 is happy,
1e-2 is wrong)."""

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
    loss: Callable[[dict[str, Array]], Any], at: Mapping[str, Array], gradients: Mapping[str, Array]
) -> Gradcheck:
    """Compare `gradients` of `loss` (same names and shapes as `at`) with central differences.

    The error of a cell is |claimed - difference|, relative to the larger of the two, but at least to
    1e-3 of the array's largest gradient and to what the digits of the loss can resolve: a cell near
    zero does not count rounding as error.
    """
    exact = any(array.dtype == object for array in at.values())
    found = Gradcheck(tolerance=0.0 if exact else TOLERANCE)
    arrays = {name: np.array(array) for name, array in at.items()}
    middle = loss(arrays)
    resolved = 4 * float(np.finfo(np.float64).eps) * _size(middle) / STEP / TOLERANCE
    for name, claimed in gradients.items():
        floor = max(1e-3 * max(map(_size, claimed.flat)), resolved, STEP)
        for index in np.ndindex(claimed.shape):
            right, left = _slopes(loss, arrays, name, index, middle)
            _compare(found, (name, index), claimed[index], right, left, floor)
    return found


def _slopes(
    loss: Callable[[dict[str, Array]], Any], arrays: dict[str, Array], name: str, index: tuple[int, ...], middle: Any
) -> tuple[Any, Any]:
    """The difference quotients to the right and to the left of one cell."""
    array = arrays[name]
    value = array[index]
    step: Any = Fraction(1, 10**6) if array.dtype == object else STEP * max(1.0, _size(value))
    sums = []
    for moved in (value + step, value - step):
        array[index] = moved
        sums.append(loss(arrays))
    array[index] = value
    return (sums[0] - middle) / step, (middle - sums[1]) / step


def _compare(found: Gradcheck, cell: Cell, claimed: Any, right: Any, left: Any, floor: float) -> None:
    scale = max(_size(right), _size(left), floor)
    if _size(right - left) > KINK * scale:
        found.skipped.append(cell)
        return
    found.cells += 1
    central = (right + left) / 2
    difference = claimed - central
    error = _size(difference) / max(_size(claimed), _size(central), floor) if difference else 0.0
    if error > found.largest or found.worst is None:
        found.largest, found.worst = error, cell


def _size(value: Any) -> float:
    """The absolute value as a float; a fraction beyond float64 counts as infinite."""
    try:
        return abs(float(value))
    except OverflowError:
        return math.inf
