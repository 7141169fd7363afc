"""Slopes of a scalar function along one cell, each with how far it may be off: its rounding, and its curve.

The derivative is read off a ladder of steps. Large steps see the curve, small ones the rounding; a slope is as good as
its neighbours on the ladder agree (Ridders 1982, Accurate computation of F'(x)), and the rounding itself is measured
where the function was called (as More and Wild 2011, Estimating computational noise).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass

EPSILON = float(np.finfo(np.float64).eps)
SHRINK = 7
"""How many times smaller the next step of the ladder is: no power of two, because steps that floats hold exactly meet
the same rounding again and again, and their slopes agree on it."""
RUNGS = 9
_FIRST = 0.83
_BENDS = 1e-2
"""A step in which activations and losses are nearly straight."""
_LEAST = 1e-321
"""The rounding of a sum of numbers below the smallest normal one."""
_UNREAD = 1e-2
"""The part of the function that its rounding may be; above it no step shows a slope, as in the cosine of 1e30."""


@cache
def places() -> Array:
    """The points at which rounding is measured: apart by chance, because rounding may be regular."""
    return np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 14))  # here, because numpy.random loads slowly


@cache
def _rest() -> Array:
    """What takes the nearest polynomial of degree 3 from values at these points."""
    powers = np.vander(places() / places().max(), 4)
    return np.asarray(np.eye(len(powers)) - powers @ np.linalg.pinv(powers))


class Slope(NamedTuple):
    """A slope; `error` is how far it may be off, `jump` how far the slopes to the right and to the left differ in
    the limit, and `unsure` how far that may be off."""

    value: Any
    error: Any
    jump: Any
    unsure: Any


class _Rung(NamedTuple):
    step: Any
    central: Any
    jump: Any
    rounding: Any

    @property
    def flat(self) -> bool:
        """Whether the function is the same at all three points."""
        return not self.central and not self.jump

    def noisier(self, rounding: Any) -> _Rung:
        """The same with at least this rounding."""
        return self._replace(rounding=max(self.rounding, rounding))


@dataclass(frozen=True)
class Along:
    """The function along one cell of its arrays; `middle` is its value at the number in the cell."""

    loss: Callable[[dict[str, Array]], Any]
    arrays: dict[str, Array]
    name: str
    index: tuple[int, ...]
    middle: Any
    unseen: float = 0.0
    """a change of the function that its digits may lose, so that it looks flat: probabilities near 1"""

    @property
    def here(self) -> Any:
        return self.arrays[self.name][self.index]

    def at(self, value: Any) -> Any:
        """The function with another number in the cell; None outside its domain and beyond float64."""
        array, before = self.arrays[self.name], self.here
        array[self.index] = value
        try:
            found = self.loss(self.arrays)
        except CnngradError:  # a gate or a loss has no value there
            return None
        finally:
            array[self.index] = before
        return found if isinstance(found, Fraction) or math.isfinite(found) else None

    def rung(self, step: Any) -> _Rung | None:
        """The slopes with one step; nothing where it leaves the domain, or is lost beside the cell's number."""
        up, down = self.here + step, self.here - step
        right, left = up - self.here, self.here - down
        if not (0 < right < math.inf and 0 < left < math.inf):
            return None
        ahead, behind = self.at(up), self.at(down)
        if ahead is None or behind is None:
            return None
        central = (ahead - behind) / (right + left)
        jump = (ahead - self.middle) / right - (self.middle - behind) / left
        if isinstance(central, Fraction):
            return _Rung(step, central, jump, 0)
        largest = max(abs(ahead), abs(behind), abs(self.middle))
        rung = _Rung(step, central, jump, (2 * EPSILON * largest + _LEAST) / min(right, left))
        return rung if all(map(math.isfinite, rung)) else None

    def slopes(self, scale: float) -> list[Slope]:
        """The slope by ever smaller steps from `scale` down, the surest first."""
        rungs = [self.rung(_FIRST * scale / SHRINK**number) for number in range(RUNGS)]
        flat = max((rung.step for rung in rungs if rung and rung.flat), default=0.0)
        noisy, found = self._measured(rungs), []
        for large, middle, small in zip(noisy, noisy[1:], noisy[2:], strict=False):
            if large and middle and small:
                slope = extrapolated([large, middle, small])
                # Where a shorter step shows no change at all, that change is lost here too.
                lost = abs(slope.value) * flat / small.step
                # That it is flat over long steps says nothing of a curve that bends beside the cell.
                lost = max(lost, self.unseen / min(small.step, _BENDS) if flat else 0.0)
                found.append(slope._replace(error=max(slope.error, lost), unsure=max(slope.unsure, 2 * lost)))
        return sorted(found, key=lambda slope: float(slope.error))

    def _measured(self, rungs: list[_Rung | None]) -> list[_Rung | None]:
        """The rungs with the rounding that the function has where it changes; none where it is nothing else."""
        moving = [rung for rung in rungs if rung and not rung.flat]
        if not moving:
            return rungs
        noise = self._noise(moving[-1].step)
        largest = max(abs(self.middle), *(rung.step * max(abs(rung.central), abs(rung.jump)) for rung in moving))
        read = not self.unseen or noise <= _UNREAD * largest
        return [rung if not rung or rung.flat else rung.noisier(noise / rung.step) if read else None for rung in rungs]

    def _noise(self, apart: float) -> float:
        """The rounding of the function near the cell: to one side, where a kink at the cell itself does not bend it."""
        return rounding([self.at(self.here + place * apart) for place in places()])


def rounding(values: list[Any]) -> float:
    """The rounding of values at `places`: what no polynomial of degree 3 explains; infinite where one is missing."""
    if any(value is None for value in values):
        return math.inf
    rest = _rest() @ (np.array(values, dtype=np.float64) - values[0])
    return float(np.abs(rest).max())


def extrapolated(rungs: list[_Rung]) -> Slope:
    """The limit of three rungs, the last one the smallest step: a central slope is off by the square of its step, a
    jump by the step itself."""
    ratios = [one.step / two.step for one, two in pairwise(rungs)]
    centrals = [_limit(one.central, two.central, r * r) for r, (one, two) in zip(ratios, pairwise(rungs), strict=True)]
    jumps = [_limit(one.jump, two.jump, r) for r, (one, two) in zip(ratios, pairwise(rungs), strict=True)]
    noise = rungs[-1].rounding
    before, after = (abs(two.central - one.central) for one, two in pairwise(rungs))
    # Slopes that move apart as the steps shrink have no limit yet: the steps are larger than what the function knows.
    apart = (after > before and after > 4 * noise) or abs(rungs[2].jump) > max(2 * abs(rungs[1].jump), 8 * noise)
    return Slope(
        centrals[1],
        math.inf if apart else abs(centrals[1] - centrals[0]) + noise,
        jumps[1],
        abs(jumps[1] - jumps[0]) + 2 * noise,
    )


def _limit(large: Any, small: Any, ratio: Any) -> Any:
    """Richardson's: the error of `small` is 1/ratio of that of `large`."""
    return small + (small - large) / (ratio - 1)
