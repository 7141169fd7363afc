"""Gradients by central differences: (f(x + h) - f(x - h)) / 2h, cell by cell.

Knows no op: it is given a scalar function of several arrays and the gradients that are claimed.
A cell where the differences to the left and to the right disagree is at a kink (a tie of max
pooling): no gradient exists there, so the cell is skipped and named. So is a cell where rounding is larger than
what the two numbers differ by: it is not decidable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.calculus.differences import EPSILON, SHRINK, Along, Slope, extrapolated, places, rounding
from cnngrad.errors import CnngradError
from cnngrad.numbers.kinds import Array, nearest
from cnngrad.records import dataclass

STEP = 1e-4
"""Half the distance of the two points, relative to the cell. Layers are linear in each input, so the
step costs no accuracy there, and a larger one loses fewer digits to cancellation."""
KINK = 1e-3
"""How far the slopes to the left and to the right may differ, relative to the slope, where there is no kink."""
TOLERANCE = 1e-6
"""Largest relative error of a passing float64 check (CS231n, gradient checks: 1e-7 is happy,
1e-2 is wrong)."""
CURVED = 1e-5
"""The same where the loss is no straight line in each cell: shorter steps lose more digits."""
FRACTIONS = 1e-12
"""The same for fractions: their steps are as short as one likes."""
SURE = 10
"""How many times its own uncertainty a difference must be to count as an error."""
SMALL = 1e-3
"""A cell whose gradient is a smaller part than this of the largest one is right if its error is small beside that."""
CLOSE = 1e-4
"""How close slopes are, relative to the larger, that may be the same but for their rounding."""
NEAR = 1e-7
"""How far all arrays move at once, relative to their largest numbers, to show the rounding of the loss."""
NOTHING = 1e-13
"""The part of the largest gradient that is rounding of the gradient itself."""
LOST = 1e-318
"""Numbers that float64 holds with three digits or less."""
_EXACT_STEPS = (Fraction(1, 10**6), *(Fraction(1, 10 ** (30 * n)) for n in range(1, 13)))

Cell = tuple[str, tuple[int, ...]]


class Finding(Enum):
    """What a check says of one cell."""

    DECIDED = 0
    KINK = 1
    UNDECIDED = 2


@dataclass
class Gradcheck:
    """What a check found: the worst cell, the cells without a gradient, and those that rounding hides."""

    cells: int = 0
    largest: float = 0.0
    worst: Cell | None = None
    skipped: list[Cell] = field(default_factory=list)
    tolerance: float = TOLERANCE
    undecided: list[Cell] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every cell that has a gradient agrees, as far as it can be decided."""
        return self.largest <= self.tolerance

    def add(self, cell: Cell, finding: Finding, error: float) -> None:
        if finding is not Finding.DECIDED:
            (self.skipped if finding is Finding.KINK else self.undecided).append(cell)
            return
        self.cells += 1
        if error > self.largest or self.worst is None:
            self.largest, self.worst = error, cell


def gradcheck(
    loss: Callable[[dict[str, Array]], Any],
    at: Mapping[str, Array],
    gradients: Mapping[str, Array],
    *,
    multilinear: bool = True,
) -> Gradcheck:
    """Compare `gradients` of `loss` (same names and shapes as `at`) with central differences.

    The error of a cell is |claimed - difference|, relative to the larger of the two. A difference is an error where
    it is larger than the tolerance and than the uncertainty of the slope. A `multilinear` loss of fractions must
    agree exactly.
    """
    exact = any(array.dtype == object for array in at.values())
    tolerance = (0.0 if multilinear else FRACTIONS) if exact else TOLERANCE if multilinear else CURVED
    found = Gradcheck(tolerance=tolerance)
    arrays = {name: np.array(array) for name, array in at.items()}
    middle = loss(arrays)
    sizes = _sizes(arrays)
    reach = max(_largest(claimed) * sizes[name] for name, claimed in gradients.items())
    reach = min(reach, float(np.finfo(np.float64).max))
    unseen = 0.0 if exact or multilinear else _unseen(loss, arrays, sizes, middle)
    for name, claimed in gradients.items():
        check = _Check(tolerance, reach / sizes[name], sizes[name])
        for index in np.ndindex(claimed.shape):
            along = Along(loss, arrays, name, index, middle, unseen)
            finding = check.exactly if exact else check.roughly
            found.add((name, index), *finding(claimed[index], along))
    return found


def _sizes(arrays: Mapping[str, Array]) -> dict[str, float]:
    """The largest number of each array; for one of zeros, as a bias may be, the smallest of the others."""
    sizes = {name: _largest(array) for name, array in arrays.items()}
    smallest = min((size for size in sizes.values() if size), default=1.0)
    return {name: size or smallest for name, size in sizes.items()}


def _unseen(
    loss: Callable[[dict[str, Array]], Any], arrays: Mapping[str, Array], sizes: Mapping[str, float], middle: float
) -> float:
    """The change of the loss that its digits may lose: its rounding where all arrays move a little, each at random."""
    random = np.random.default_rng(0)
    ways = {name: sizes[name] * random.uniform(-1, 1, array.shape) for name, array in arrays.items()}
    try:
        values = [loss({name: array + t * NEAR * ways[name] for name, array in arrays.items()}) for t in places()]
    except CnngradError:  # outside the domain of a gate
        values = []
    return max(4 * EPSILON * max(1.0, abs(middle)), SURE * rounding(values) if values else 0.0)


@dataclass(frozen=True)
class _Check:
    """How the cells of one array are judged: `largest` is the largest gradient, in units of this array, whose
    largest number is `size`."""

    tolerance: float
    largest: float
    size: float

    def roughly(self, claimed: Any, along: Along) -> tuple[Finding, float]:
        """A cell of floats: one step where that is clear, else a ladder of steps."""
        if not math.isfinite(along.middle):
            return Finding.UNDECIDED, 0.0
        step = STEP * max(1.0, abs(along.here))
        rung = along.rung(step)
        if rung is not None and self._clear(claimed, rung.central, rung.jump, rung.rounding):
            return Finding.DECIDED, _error(claimed, rung.central)
        return self._judged(claimed, self._slopes(claimed, along))

    def _clear(self, claimed: float, central: float, jump: float, noise: float) -> bool:
        """Whether one step shows that a cell agrees: no kink, no curve, and hardly any rounding."""
        off, most = abs(claimed - central), max(abs(claimed), abs(central))
        if not off and noise <= self.tolerance * SMALL * self.largest:
            return abs(jump) <= max(KINK * most, 4 * noise)
        return abs(jump) <= KINK * most and max(off, noise) <= self.tolerance * most

    def _slopes(self, claimed: float, along: Along) -> Iterable[Slope]:
        """By steps as long as 1, as the cell, as the largest in its array, and as far as a straight line is from zero:
        over which length the function changes is not known."""
        whole = abs(along.middle / claimed) if claimed and not along.unseen else 0.0
        lengths = (1.0, abs(float(along.here)), self.size, whole)
        scales = sorted({float(length) for length in lengths if 0 < length < math.inf}, reverse=True)
        apart = [scale for i, scale in enumerate(scales) if not i or scales[i - 1] > SHRINK * scale]
        for scale in apart:
            yield from along.slopes(scale)

    def _judged(self, claimed: float, slopes: Iterable[Slope]) -> tuple[Finding, float]:
        known: list[Slope] = []
        for slope in slopes:
            known.append(slope)
            if self._agrees(claimed, slope, 0.0):
                return Finding.DECIDED, _error(claimed, slope.value)
        if not known:
            return Finding.UNDECIDED, 0.0
        # Long steps meet kinks that are not here: slopes that see none speak for the cell.
        flat = SMALL * self.largest
        smooth = [s for s in known if abs(s.jump) + s.unsure <= KINK * max(abs(claimed), abs(s.value), flat)] or known
        best, bent = min(smooth, key=lambda slope: slope.error), min(smooth, key=lambda slope: slope.unsure)
        most = max(abs(claimed), abs(best.value))
        if abs(bent.jump) > max(self.tolerance * most, SURE * bent.unsure, NOTHING * self.largest, LOST):
            return Finding.KINK, 0.0
        off = abs(claimed - best.value)
        # Rounding that is regular shows as slopes that agree on one of the ladders and not on another.
        others = [(abs(slope.value - best.value), slope.error) for slope in smooth]
        scatter = 2 * max(apart for apart, error in others if apart <= CLOSE * most or error <= SURE * best.error)
        if off > max(self.tolerance * most, SURE * best.error, scatter, NOTHING * self.largest, LOST):
            return Finding.DECIDED, _error(claimed, best.value)
        # A claimed zero is right where nothing but rounding speaks against it.
        floor = max(SMALL * self.largest, 0.0 if claimed else best.error / self.tolerance)
        if self._agrees(claimed, best, floor):
            return Finding.DECIDED, _error(claimed, best.value, floor)
        return Finding.UNDECIDED, 0.0

    def _agrees(self, claimed: float, slope: Slope, floor: float) -> bool:
        most = max(abs(claimed), abs(slope.value), floor)
        smooth = abs(slope.jump) <= max(KINK * most, slope.unsure)
        return smooth and bool(max(abs(claimed - slope.value), slope.error) <= self.tolerance * most)

    def exactly(self, claimed: Any, along: Along) -> tuple[Finding, float]:
        """A cell of fractions: shorter steps until their slopes agree."""
        kink = False
        for step in _EXACT_STEPS:
            rungs = [rung for n in range(3) if (rung := along.rung(step / SHRINK**n)) is not None]
            if len(rungs) < 3:
                continue
            slope = rungs[0].central == rungs[-1].central and not rungs[0].jump
            value, error, jump, unsure = (rungs[0].central, 0, 0, 0) if slope else extrapolated(rungs)
            most = max(abs(claimed), abs(value))
            if error * 10**12 <= abs(value) and abs(jump) * 10**6 <= most and unsure * 10**6 <= most:
                off = abs(claimed - value)
                return Finding.DECIDED, 0.0 if off <= error * SURE else _error(claimed, value)
            kink = unsure * 10**6 <= abs(jump)
        return (Finding.KINK if kink else Finding.UNDECIDED), 0.0


def _error(claimed: Any, difference: Any, floor: float = 0.0) -> float:
    """How far the two are apart, relative to the larger; each is divided first, because their difference may be
    beyond float64."""
    most = max(abs(claimed), abs(difference), floor)
    return float(abs(claimed / most - difference / most)) if most else 0.0


def _largest(array: Array) -> float:
    """The largest absolute value; a fraction beyond float64 is infinite."""
    return max(abs(nearest(value)) for value in array.flat)
