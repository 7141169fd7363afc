"""dA, the mask and argmax of a pooling layer, computed wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from operator import setitem
from typing import Any

import numpy as np

from cnngrad.exercise.mistake import LayerAttempt, Mistake, Product, Variants, only, when, whole
from cnngrad.numbers.functions import compared
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.pool.layer import real_cells
from cnngrad.ops.pool.tie_rules import to_every_cell
from cnngrad.windows.axis import NONE
from cnngrad.windows.windows import Windows

GRADIENT = ("dA", "mask")
CHOICE = ("dA", "mask", "argmax")
Collect = Callable[[Any, Any, Any], Any]
"""(array, indices, numbers): puts the numbers into the array at the indices."""


def _column_major(attempt: LayerAttempt) -> Array:
    """The first of the tied cells, column by column: the same layer on exchanged axes."""
    windows = Windows(attempt.layer.windows.axes[::-1])
    back = (0, 1, *range(attempt.A.ndim - 1, 1, -1))
    turned, A = replace(attempt.layer, windows=windows, ties="first"), attempt.A.transpose(back)
    if attempt.quantity != "argmax":
        return np.asarray(turned.to_input(A, attempt.dZ.transpose(back)).transpose(back))
    winners = turned.argmax(A).transpose(back)
    places = np.unravel_index(np.maximum(winners, 0), windows.sizes)
    return np.where(winners >= 0, np.ravel_multi_index(places[::-1], attempt.layer.windows.sizes), NONE)


def _assigned(attempt: LayerAttempt) -> Array:
    """`=` where `+=` belongs: of the windows that choose a cell, the last one's share remains."""
    cells = attempt.layer.windows.cells()
    planes = attempt.A.reshape(-1, int(np.prod(attempt.layer.windows.sizes)))
    shares = attempt.layer.shares(attempt.A, attempt.dZ).reshape(len(planes), -1)
    chosen = attempt.layer.weights(attempt.A).reshape(len(planes), -1) != 0
    found = zeros(planes.shape, planes)
    for plane, share, won in zip(found, shares, chosen, strict=True):
        plane[cells.reshape(-1)[won]] = share[won]  # numpy keeps the last of several
    return found.reshape(attempt.A.shape)


def _erased(attempt: LayerAttempt) -> Array:
    """The whole window assigned: its zeros erase what earlier windows left."""
    windows = attempt.layer.windows
    return np.asarray(windows.fold(attempt.layer.shares(attempt.A, attempt.dZ) * windows.latest()))


def _everywhere(attempt: LayerAttempt) -> Array:
    """Every cell of the window receives the upstream gradient whole."""
    return to_every_cell(attempt.layer.windows, attempt.dZ)


def _by_side(attempt: LayerAttempt) -> Array:
    """Every cell of the window receives 1/k of it."""
    windows = attempt.layer.windows
    return to_every_cell(windows, attempt.dZ / whole(windows.taps[-1], attempt.dZ))


def _by_value(attempt: LayerAttempt, collect: Collect) -> Array:
    """Every cell whose value is a maximum of its plane receives the gradients of all windows with this maximum, added
    (`np.add.at`) or the last alone (`setitem`: numpy keeps the last of several)."""
    numbers, maxima = (compared(x, "max pooling") for x in (attempt.A, attempt.Z))
    found = zeros(numbers.shape, attempt.A)
    for plane in np.ndindex(*numbers.shape[:2]):
        values, which = np.unique(maxima[plane].reshape(-1), return_inverse=True)
        received = zeros(values.shape, attempt.A)
        collect(received, which, attempt.dZ[plane].reshape(-1))
        place = np.minimum(np.searchsorted(values, numbers[plane]), len(values) - 1)
        found[plane] = np.where(values[place] == numbers[plane], received[place], found[plane])
    return found


def _of_own_window(attempt: LayerAttempt) -> Array:
    """The same cells, each with the gradient of the windows that hold it."""
    chosen = _by_value(attempt.given(dZ=attempt.dZ * 0 + 1), setitem) != 0
    everyone = _everywhere(attempt)
    return np.asarray(np.where(chosen, everyone, everyone * 0))


def _by(*ways: Product, mode: str = "") -> Variants:
    """Other ways to the result, where the mode is `mode`."""
    return lambda attempt: [replace(attempt, product=way) for way in ways] if mode in ("", attempt.layer.mode) else []


def _max(attempt: LayerAttempt) -> bool:
    return bool(attempt.layer.mode == "max")


def _first_window(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The first window of every plane; of the first plane alone."""
    axes = range(attempt.dZ.ndim)
    yield attempt.given(dZ=only(attempt.dZ, 0, *axes[2:]))
    yield attempt.given(dZ=only(attempt.dZ, 0, *axes))


_ASK_TIES = "What does the exercise say about several equal largest cells?"
_TIES = "several equal largest cells in one window"
_row = partial(Mistake, op="pool")


def _tied(rule: str, quantities: tuple[str, ...], says: str) -> Mistake:
    """The row of another tie rule."""
    variants = when(lambda a: _max(a) and a.layer.ties != rule, lambda a: a.on(ties=rule))
    return _row(id=f"ties-{rule}", quantities=quantities, variants=variants, says=says, ask=_ASK_TIES, needs=_TIES)


ROWS = (
    _tied(
        "all",
        GRADIENT,
        "every one of several equal largest cells got the whole gradient: the rule of the mask x == max(x)",
    ),
    _tied("split", GRADIENT, "several equal largest cells shared the gradient: the rule of torch.amax"),
    _tied("last", CHOICE, "the last of several equal largest cells got the gradient"),
    _tied(
        "first", CHOICE, "the first of several equal largest cells got the gradient: the rule of PyTorch and TensorFlow"
    ),
    _row(
        id="ties-column-major",
        quantities=CHOICE,
        variants=lambda a: _by(_column_major, mode="max")(a) if a.layer.windows.rank > 1 else [],
        says="the first of several equal largest cells column by column got the gradient: the order of MATLAB",
        ask="In which order are the cells of a window read here: row by row, or column by column?",
        needs=_TIES,
    ),
    _row(
        id="overwritten",
        quantities=GRADIENT,
        variants=_by(_assigned),
        says="later windows overwrote what an earlier one had given the same cell: = instead of +=",
        ask="What happens to the gradient of a cell that wins in two windows?",
        needs="windows that overlap and choose the same cell",
    ),
    _row(
        id="window-overwritten",
        quantities=GRADIENT,
        variants=_by(_erased),
        says="the whole window was assigned: its zeros erased the gradient of earlier windows",
        ask="What happens to the gradient of a winner that lies in a later window too?",
        needs="windows that overlap",
    ),
    _row(
        id="mask-by-value",
        quantities=GRADIENT,
        variants=_by(
            partial(_by_value, collect=np.add.at), partial(_by_value, collect=setitem), _of_own_window, mode="max"
        ),
        says="every cell with the value of a maximum got its gradient, wherever it is",
        ask="Which cell of which window won: is its value alone enough to say?",
        needs="values that are repeated",
    ),
    _row(
        id="times-value",
        quantities=GRADIENT,
        variants=when(_max, lambda a: a.given(dZ=a.dZ * real_cells(a.Z))),
        says="the upstream gradient was multiplied by the maximum",
        ask="What is the derivative of max(x) with respect to its largest cell?",
        needs="max pooling",
    ),
    _row(
        id="mask-only",
        quantities=("dA",),
        variants=when(_max, lambda a: a.given(dZ=a.dZ * 0 + 1)),
        says="this is the mask of 0 and 1: the upstream gradient was forgotten",
        ask="By what is the mask multiplied?",
        needs="max pooling and an upstream gradient that is not all ones",
    ),
    _row(
        id="share-only",
        quantities=("dA",),
        variants=when(lambda a: not _max(a), lambda a: a.given(dZ=a.dZ * 0 + 1)),
        says="every cell got its share of 1: the upstream gradient was forgotten",
        ask="Of what does every cell get its share?",
        needs="average pooling and an upstream gradient that is not all ones",
    ),
    _row(
        id="everyone",
        quantities=GRADIENT,
        variants=_by(_everywhere),
        says="every cell of the window got the whole upstream gradient",
        ask="How much does the output change when one cell of the window changes a little?",
        needs="windows of more than one cell",
    ),
    _row(
        id="minimum",
        quantities=CHOICE,
        variants=when(_max, lambda a: a.given(A=-a.A)),
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
        variants=_by(_by_side, mode="average"),
        says="the gradient was divided by the side of the window instead of by its cells",
        ask="How many cells share the gradient of one window?",
        needs="average pooling",
    ),
)
