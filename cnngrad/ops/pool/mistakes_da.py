"""dA, the mask and argmax of a pooling layer, computed wrongly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from cnngrad.exercise.mistake import LayerAttempt, Mistake, Variants, only
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.pool.gradients import (
    assigned,
    by_side,
    by_value,
    column_major,
    erased,
    everywhere,
)

Way = Callable[[LayerAttempt], Array]
GRADIENT = ("dA", "mask")
CHOICE = ("dA", "mask", "argmax")


def _way(way: Way, mode: str = "") -> Variants:
    """Another way to the result, where the mode is `mode`."""
    return lambda attempt: [replace(attempt, product=way)] if mode in ("", attempt.layer.mode) else []


def _max(attempt: LayerAttempt) -> bool:
    return bool(attempt.layer.mode == "max")


def _rule(ties: str) -> Variants:
    """Another tie rule."""

    def variants(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
        if _max(attempt) and attempt.layer.ties != ties:
            yield attempt.on(ties=ties)

    return variants


def _by_value(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if _max(attempt):
        for way in by_value(attempt):
            yield replace(attempt, product=way)


def _times_value(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if _max(attempt):
        Z = attempt.layer.forward(attempt.A)
        yield attempt.given(dZ=attempt.dZ * np.where(-math.inf == Z, zeros(Z.shape, Z), Z))


def _ones(mode: str) -> Variants:
    return lambda a: [a.given(dZ=a.dZ * 0 + 1)] if a.layer.mode == mode else []


def _minimum(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if _max(attempt):
        yield attempt.given(A=-attempt.A)


def _first_window(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The first window of every plane; of the first plane alone."""
    dZ = attempt.dZ
    for axis in range(2, dZ.ndim):
        dZ = only(dZ, axis, 0)
    yield attempt.given(dZ=dZ)
    yield attempt.given(dZ=only(only(dZ, 0, 0), 1, 0))


_ASK_TIES = "What does the exercise say about several equal largest cells?"
_TIES = "several equal largest cells in one window"
_row = partial(Mistake, op="pool")
ROWS = (
    _row(
        id="ties-all",
        quantities=GRADIENT,
        variants=_rule("all"),
        says="every one of several equal largest cells got the whole gradient: the rule of the mask x == max(x)",
        ask=_ASK_TIES,
        needs=_TIES,
    ),
    _row(
        id="ties-split",
        quantities=GRADIENT,
        variants=_rule("split"),
        says="several equal largest cells shared the gradient: the rule of torch.amax",
        ask=_ASK_TIES,
        needs=_TIES,
    ),
    _row(
        id="ties-last",
        quantities=CHOICE,
        variants=_rule("last"),
        says="the last of several equal largest cells got the gradient",
        ask=_ASK_TIES,
        needs=_TIES,
    ),
    _row(
        id="ties-first",
        quantities=CHOICE,
        variants=_rule("first"),
        says="the first of several equal largest cells got the gradient: the rule of PyTorch and TensorFlow",
        ask=_ASK_TIES,
        needs=_TIES,
    ),
    _row(
        id="ties-column-major",
        quantities=CHOICE,
        variants=lambda a: [replace(a, product=column_major)] if _max(a) and a.layer.windows.rank > 1 else [],
        says="the first of several equal largest cells column by column got the gradient: the order of MATLAB",
        ask="In which order are the cells of a window read here: row by row, or column by column?",
        needs=_TIES,
    ),
    _row(
        id="overwritten",
        quantities=GRADIENT,
        variants=_way(assigned),
        says="later windows overwrote what an earlier one had given the same cell: = instead of +=",
        ask="What happens to the gradient of a cell that wins in two windows?",
        needs="windows that overlap and choose the same cell",
    ),
    _row(
        id="window-overwritten",
        quantities=GRADIENT,
        variants=_way(erased),
        says="the whole window was assigned: its zeros erased the gradient of earlier windows",
        ask="What happens to the gradient of a winner that lies in a later window too?",
        needs="windows that overlap",
    ),
    _row(
        id="mask-by-value",
        quantities=GRADIENT,
        variants=_by_value,
        says="every cell with the value of a maximum got its gradient, wherever it stands",
        ask="Which cell of which window won: is its value alone enough to say?",
        needs="values that are repeated",
    ),
    _row(
        id="times-value",
        quantities=GRADIENT,
        variants=_times_value,
        says="the upstream gradient was multiplied by the maximum",
        ask="What is the derivative of max(x) with respect to its largest cell?",
        needs="max pooling",
    ),
    _row(
        id="mask-only",
        quantities=("dA",),
        variants=_ones("max"),
        says="this is the mask of 0 and 1: the upstream gradient was forgotten",
        ask="By what is the mask multiplied?",
        needs="max pooling and an upstream gradient that is not all ones",
    ),
    _row(
        id="share-only",
        quantities=("dA",),
        variants=_ones("average"),
        says="every cell got its share of 1: the upstream gradient was forgotten",
        ask="Of what does every cell get its share?",
        needs="average pooling and an upstream gradient that is not all ones",
    ),
    _row(
        id="everyone",
        quantities=GRADIENT,
        variants=_way(everywhere),
        says="every cell of the window got the whole upstream gradient",
        ask="How much does the output change when one cell of the window changes a little?",
        needs="windows of more than one cell",
    ),
    _row(
        id="minimum",
        quantities=CHOICE,
        variants=_minimum,
        says="the gradient went to the smallest cell of each window",
        ask="Which cell does max pooling keep?",
        needs="max pooling",
    ),
    _row(
        id="first-window-only",
        quantities=GRADIENT,
        variants=_first_window,
        says="only the first window is there: the loop returned too early",
        ask="How many windows pass a gradient back?",
        needs="more than one window",
    ),
    _row(
        id="divided-by-side",
        quantities=GRADIENT,
        variants=_way(by_side, "average"),
        says="the gradient was divided by the side of the window instead of by its cells",
        ask="How many cells share the gradient of one window?",
        needs="average pooling",
    ),
)
