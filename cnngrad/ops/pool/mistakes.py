"""Both passes of a pooling layer, computed wrongly: another pooling, another divisor, windows that slide wrongly; and
all rows of a pooling layer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import inf

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.mistake import LayerAttempt, Mistake, Variants, when
from cnngrad.homework.budget import Budget
from cnngrad.homework.visibility import Comparison
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops import sliding
from cnngrad.ops.pool import mistakes_da
from cnngrad.ops.pool.layer import Pool

BOTH = ("Z", "mask", "dA")


def _counting(count_include_pad: bool) -> Variants:
    """The other divisor of an average at the border."""

    def matters(attempt: LayerAttempt) -> bool:
        pool = attempt.layer
        average = pool.mode == "average" and pool.windows.has_padding and pool.divisor_override is None
        return average and pool.count_include_pad != count_include_pad

    return when(matters, lambda attempt: attempt.on(count_include_pad=count_include_pad))


def _slid_quantities(id_: str) -> tuple[str, ...]:
    """Only a forgotten stride keeps the number of windows, so only it can spoil the backward pass."""
    return ("Z", "mask", "argmax", "dA") if id_ == "stride-ignored" else ("Z",)


_row = partial(Mistake, op="pool")
FORWARD = (
    *(replace(row, op="pool", quantities=_slid_quantities(row.id)) for row in sliding.ROWS),
    _row(
        id="max-pad-zero",
        quantities=("Z",),
        variants=when(
            lambda a: a.layer.mode == "max" and a.layer.windows.has_padding,
            lambda a: replace(a, product=lambda self: self.layer.largest(self.A, zeros((), self.A)[()])),
        ),
        says="the padding counted as 0 and won against negative cells",
        ask="Can padding be the largest cell of a window?",
        needs="padding, and windows at the border without a positive cell",
    ),
    _row(
        id="average-for-max",
        quantities=BOTH,
        variants=when(lambda a: a.layer.mode != "average", lambda a: a.on(mode="average")),
        says="average pooling was computed where the exercise says max",
        ask="Which pooling is asked for?",
        needs="max pooling",
    ),
    _row(
        id="max-for-average",
        quantities=BOTH,
        variants=when(lambda a: a.layer.mode != "max", lambda a: a.on(mode="max")),
        says="max pooling was computed where the exercise says average",
        ask="Which pooling is asked for?",
        needs="average pooling",
    ),
    _row(
        id="minimum",
        quantities=("Z",),
        variants=when(lambda a: a.layer.mode == "max", lambda a: a.given(A=-a.A).then(np.negative)),
        says="the smallest cell of each window was taken",
        ask="Which cell does max pooling keep?",
        needs="max pooling",
    ),
    _row(
        id="pad-counted",
        quantities=BOTH,
        variants=_counting(True),
        says="the average counted padding cells too",
        ask="By how many cells is a window at the border divided here?",
        needs="average pooling with padding that does not count",
    ),
    _row(
        id="pad-not-counted",
        quantities=BOTH,
        variants=_counting(False),
        says="the average left out the padding cells",
        ask="By how many cells is a window at the border divided here?",
        needs="average pooling with padding that counts",
    ),
)
ROWS = (*FORWARD, *mistakes_da.ROWS)

CHOICES = ("ties-column-major", "mask-by-value", "ties-last", "ties-split", "ties-all")
"""Mistakes about the choice among the cells of a window, the rarest to show first."""


def missing_kinks(layer: Pool, parameters: Arrays, A: Array, Z: Array, budget: Budget) -> int:
    """Windows with several largest cells on which the rules differ; a gradient in the first window; one in the last
    cell, where a window has it. Only windows with a positive maximum pass a gradient, because relu follows."""
    if not np.any(layer.ties_at(A)):
        return len(CHOICES)
    compared = Comparison(LayerExercise(layer, A, dZ=(Z > 0).astype(A.dtype)), ("dA",))
    keys = sorted((key for key in compared.mistakes if key[0] in CHOICES), key=lambda key: CHOICES.index(key[0]))
    if compared.collisions(keys[:1], among=False, most=0, budget=budget):
        return len(CHOICES)
    ends = Z.flat[0] > 0, compared.truth[0].flat[-1] != 0 or not _has_last_cell(layer)
    return compared.collisions(keys, among=True, most=inf, budget=budget) + sum(not end for end in ends)


def _has_last_cell(layer: Pool) -> bool:
    """Whether a window has the last cell of the input: none has where the sizes do not divide."""
    return all(np.any(axis.table == axis.size - 1) for axis in layer.windows.axes)
