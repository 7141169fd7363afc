"""Four derivations of the same gradients, each computed on its own from the same windows.

Each class gives the three products of `Correlation` (so that a `Conv` runs on any of them) and the
two of pooling, whose windows each have weights of their own (N, C, *outputs, *taps).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnngrad.calculus.laws import same
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays, WindowLayer
from cnngrad.methods.cellwise import Gather, Scatter
from cnngrad.methods.matrix import Matrix, Rotate
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import FLOAT, Array

Method = Gather | Scatter | Rotate | Matrix
METHODS: dict[str, type[Method]] = {
    "gather": Gather,
    "scatter": Scatter,
    "rotate": Rotate,
    "matrix": Matrix,
}
BETWEEN = 50
"""Cells between the taps, which arrays hold, take so many times less than those that a method looks at by itself."""
NOISE = 1e-9
"""How far two float64 sums of the same terms may differ, relative to the absolute values of the terms."""


# --- what a method costs, and whether it gives the numbers of the layer


def effort(exercise: LayerExercise[WindowLayer]) -> int:
    """Cells that a method goes through at most, of a layer with windows: every product, every cell of the input, and
    where windows are far apart or spread wide, what lies between."""
    layer, windows = exercise.layer, exercise.layer.windows
    each = max(windows.reached() * math.prod(windows.taps) // BETWEEN, math.prod(windows.sizes) * layer.depth)
    return max(exercise.multiply_adds(), exercise.A.size, each * layer.batch)


def agreeing(exercise: LayerExercise[Any], method: str, results: Arrays) -> tuple[str, ...]:
    """The quantities that a method computes by itself, each as in `results`; AssertionError where one differs: that is
    a bug in cnngrad, never in a spec."""
    record, exact = exercise.record, exercise.kind is not FLOAT
    with np.errstate(all="ignore"):
        computed: Arrays = record.part("by_method")(exercise, method)
        sizes = {} if exact else record.part("magnitudes")(exercise)
    for name, array in computed.items():
        if not _same(array, results[name], sizes.get(name)):
            raise AssertionError(f"{method} disagrees on {name}")
    return tuple(computed)


def _same(left: Array, right: Array, sizes: Array | None) -> bool:
    """Whether two ways to add up the same terms agree; floats by the sums of the absolute values of their terms."""
    if sizes is None:
        return all(one == two or _same_formula(one, two) for one, two in zip(left.flat, right.flat, strict=True))
    with np.errstate(invalid="ignore"):
        # A sum of terms that is beyond float64 depends on the order of its terms: there is nothing to compare.
        # Below the smallest normal number float64 has fewer digits.
        noise = NOISE * np.maximum(sizes, np.finfo(sizes.dtype).tiny)
        return bool(((left == right) | (np.abs(left - right) <= noise) | ~np.isfinite(sizes)).all())


def _same_formula(left: Any, right: Any) -> bool:
    return isinstance(left, Formula) and isinstance(right, Formula) and same(left, right)
