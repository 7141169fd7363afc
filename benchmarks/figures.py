"""The arithmetic of measurements: medians, quartiles, ratios, geometric means, and the exponent of growth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import NamedTuple


class Spread(NamedTuple):
    """A median and the quartiles beside it."""

    middle: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The median of some values with their quartiles; ValueError where there are none."""
    return Spread(median(values), quantile(values, 0.25), quantile(values, 0.75))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values is, on the line between the two neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = math.ceil(place)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def ratio(times: Sequence[float], others: Sequence[float]) -> Spread:
    """How many times as long as the other one takes, round by round: a busy moment hits both numbers of its round."""
    return spread([time / other for time, other in zip(times, others, strict=True)])


def geometric_mean(values: Sequence[float]) -> float:
    """The number whose logarithm is the mean of the logarithms."""
    return math.exp(fmean(map(math.log, values)))


def exponent(work: Sequence[float], seconds: Sequence[float]) -> float:
    """p of seconds = c * work**p: the slope of the line with the least squares through the logarithms.

    1 is linear, 2 quadratic; ValueError for fewer than two different sizes.
    """
    x, y = list(map(math.log, work)), list(map(math.log, seconds))
    around_x, around_y = fmean(x), fmean(y)
    square = sum((each - around_x) ** 2 for each in x)
    if not square:
        raise ValueError("the exponent needs two sizes")
    return sum((a - around_x) * (b - around_y) for a, b in zip(x, y, strict=True)) / square
