"""Wrong slopes of activations, as people write them: what layers, recurrent networks and graphs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from cnngrad.exercise.mistake import Mistake, Rows, Variants

Slope = Callable[[Any], Any]
"""What is written for the slope, from the output of the function."""

Slopes = Mapping[str, Slope]
"""The same for each of some functions."""

WRONG: Mapping[str, Mapping[str, tuple[Slope, ...]]] = {
    "slope-sign": {"tanh": (lambda t: 1 + t * t,), "sigmoid": (lambda s: s * (1 + s),)},
    "one-lost": {"tanh": (lambda t: -t * t,), "sigmoid": (lambda s: -s * s,)},
    "factor-lost": {"tanh": (lambda t: 1 - t, lambda t: 1 + t), "sigmoid": (lambda s: 1 - s, lambda s: s)},
}
"""By mistake and function, the usual way first; 1 - t*t is (1 - t)*(1 + t)."""


def rows(
    row: Rows, with_slope: Callable[[str, Slope], Variants], with_both: Callable[[Slopes], Variants] | None = None
) -> tuple[Mistake, ...]:
    """The rows of an op; `with_slope` are the variants of it in which a function has another slope, `with_both` those
    in which both functions have, where an exercise may have both."""

    def each(id_: str) -> Variants:
        wrong = WRONG[id_]
        ways = [with_slope(name, slope) for name, slopes in wrong.items() for slope in slopes]
        if with_both is not None:
            ways += [with_both(dict(zip(wrong, slopes, strict=True))) for slopes in product(*wrong.values())]
        return lambda attempt: (variant for way in ways for variant in way(attempt))

    return (
        row("slope-sign", each("slope-sign"))(
            says="the slope of the activation has + where - belongs: 1 + t*t for tanh, s*(1 + s) for sigmoid",
            ask="Where the function is nearly flat, is its slope large or small?",
            needs="tanh or sigmoid",
        ),
        row("one-lost", each("one-lost"))(
            says="the 1 in the formula of the slope is missing: -t*t for tanh, -s*s for sigmoid",
            ask="Can a function that always rises have a negative slope?",
            needs="tanh or sigmoid",
        ),
        row("factor-lost", each("factor-lost"))(
            says="one factor of the slope is missing: s or 1 - s alone for sigmoid, 1 - t or 1 + t alone for tanh",
            ask="Is the slope small on both sides, where the function is nearly flat?",
            needs="tanh or sigmoid",
        ),
    )
