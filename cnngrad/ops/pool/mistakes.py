"""Both passes of a pooling layer, computed wrongly: another pooling, another divisor, windows that slide wrongly, and
gradients that go to other cells."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from math import inf

import numpy as np

from cnngrad.exercise.attempt import LayerAttempt, whole
from cnngrad.exercise.cost import Budget
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.mistake import Variants, about, when
from cnngrad.homework.visibility import Comparison
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops import sliding
from cnngrad.ops.pool.layer import Pool
from cnngrad.ops.pool.mistakes_da import BOTH, CHOICE, INPUT, takes_average, takes_max


def _counting(count_include_pad: bool) -> Variants:
    """The other divisor of an average at the border."""

    def matters(attempt: LayerAttempt) -> bool:
        pool = attempt.layer
        average = pool.mode == "average" and pool.windows.has_padding and pool.divisor_override is None
        return average and pool.count_include_pad != count_include_pad

    return when(matters, lambda attempt: attempt.on(count_include_pad=count_include_pad))


def _slid_quantities(id_: str) -> tuple[str, ...]:
    """Two of them may keep the number of windows: these can spoil the backward pass."""
    return ("Z", "mask", "argmax", "dA") if id_ in ("stride-ignored", "axes-swapped") else ("Z",)


def _of_overhang(attempt: LayerAttempt) -> Array:
    """What the gradient of each window is multiplied by where the overhang of ceil_mode counts (*outputs)."""
    windows = attempt.layer.windows
    hangs = ~windows.padded().all(axis=tuple(range(-windows.rank, 0)))
    right, every = attempt.layer.divisors(attempt.A), whole(math.prod(windows.taps), attempt.A)
    return np.asarray(np.where(hangs, right / every, right / right))


def _overhang_counted(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    windows = attempt.layer.windows
    if takes_max(attempt) or attempt.layer.divisor_override is not None or windows.padded().all():
        return
    share = _of_overhang(attempt)
    if attempt.quantity == "Z":
        yield attempt.where(windows.outputs, lambda Z: Z * share)
    else:
        yield attempt.given(dZ=attempt.dZ * share)


_padded_with_zeros = when(
    lambda a: takes_max(a) and a.layer.windows.has_padding,
    lambda a: replace(a, product=lambda self: self.layer.largest(self.A, zeros((), self.A)[()])),
)


_row = about("pool")
ROWS = (
    *(replace(row, op="pool", quantities=_slid_quantities(row.id)) for row in sliding.ROWS),
    _row("max-pad-zero", _padded_with_zeros, "Z")(
        says="the padding counted as 0 and won against negative cells",
        ask="Can padding be the largest cell of a window?",
        needs="padding, and windows at the border without a positive cell",
    ),
    _row("average-for-max", when(takes_max, lambda a: a.on(mode="average")), *BOTH)(
        says="average pooling was computed where the exercise says max",
        ask="Which pooling is asked for?",
        needs="max pooling",
    ),
    _row("max-for-average", when(takes_average, lambda a: a.on(mode="max")), *BOTH)(
        says="max pooling was computed where the exercise says average",
        ask="Which pooling is asked for?",
        needs="average pooling",
    ),
    _row("minimum", when(takes_max, lambda a: a.given(A=-a.A).then(np.negative)), "Z")(
        says="the smallest cell of each window was taken",
        ask="Which cell does max pooling keep?",
        needs="max pooling",
    ),
    _row("pad-counted", _counting(True), *BOTH)(
        says="the average counted padding cells too",
        ask="By how many cells is a window at the border divided here?",
        needs="average pooling with padding that does not count",
    ),
    _row("pad-not-counted", _counting(False), *BOTH)(
        says="the average left out the padding cells",
        ask="By how many cells is a window at the border divided here?",
        needs="average pooling with padding that counts",
    ),
    _row("not-divided", when(takes_average, lambda a: a.on(divisor_override=1)), "Z")(
        says="each window was added up and not divided",
        ask="What comes after the sum of a window's cells in an average?",
        needs="average pooling with windows of more than one cell",
    ),
    _row("overhang-counted", _overhang_counted, *BOTH)(
        says="a window that reaches beyond the padded input was divided by all its cells",
        ask="By how many cells is the last window divided when only a part of it lies on the input?",
        needs="average pooling with ceil_mode, and a window that reaches beyond the input",
    ),
    _row("window-is-output", sliding.slid(sliding.as_large_as_the_output), "Z", *CHOICE)(
        says="the windows had the height and width of the output, and moved by one cell",
        ask="Which number is the size of the window, and which one is the size of the output?",
        needs="a window of another size than the output",
    ),
    *INPUT,
)
CHOICES = ("ties-column-major", "mask-by-value", "ties-last", "ties-split", "ties-all")
"""Mistakes about the choice among the cells of a window, the rarest to show first."""


def missing_kinks(layer: Pool, parameters: Arrays, A: Array, Z: Array, budget: Budget) -> int:
    """Windows with several largest cells on which the rules differ; a gradient in the first window; one in the last
    cell, where a window has it; a window of positive cells alone. Only windows with a positive maximum pass a gradient,
    because relu follows."""
    if not np.any(layer.ties_at(A)):
        return len(CHOICES)
    wrong = Comparison(LayerExercise(layer, A, dZ=(Z > 0).astype(A.dtype)), ("dA",))
    choices = CHOICES if layer.windows.rank > 1 else CHOICES[1:]  # along one axis columns are read as rows are
    keys = sorted((key for key in wrong.mistakes if key[0] in choices), key=lambda key: choices.index(key[0]))
    if wrong.collisions(keys[:1], among=False, most=0, budget=budget):
        return len(choices)
    smallest = -layer.forward(-A)
    ends = Z.flat[0] > 0, np.any(smallest > 0), wrong.truth[0].flat[-1] != 0 or not _has_last_cell(layer)
    return wrong.collisions(keys, among=True, most=inf, budget=budget) + sum(not end for end in ends)


def _has_last_cell(layer: Pool) -> bool:
    """Whether a window has the last cell of the input: none has where the sizes do not divide."""
    return all(np.any(axis.table == axis.size - 1) for axis in layer.windows.axes)
