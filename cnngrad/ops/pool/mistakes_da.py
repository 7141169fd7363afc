"""dA of a pooling layer and its mask, computed wrongly: gradients that go to other cells, or in other shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from operator import setitem
from typing import Any

import numpy as np

from cnngrad.exercise.attempt import LayerAttempt, Product, only, square, transposed, whole
from cnngrad.exercise.mistake import (
    Mistake,
    Variants,
    about,
    gradient_not_reset,
    never_accumulated,
    sign_flipped,
    when,
)
from cnngrad.numbers.kinds import Array, compared, zeros
from cnngrad.ops.pool.layer import real_cells
from cnngrad.ops.pool.tie_rules import to_every_cell
from cnngrad.windows.axis import NONE
from cnngrad.windows.windows import Windows

BOTH = ("Z", "mask", "dA")
GRADIENT = ("dA", "mask")
CHOICE = ("dA", "mask", "argmax")
Collect = Callable[[Any, Any, Any], Any]
"""(array, indices, numbers): puts the numbers into the array at the indices."""
TIED = "several equal largest cells in one window"


def takes_max(attempt: LayerAttempt) -> bool:
    """Whether it is max pooling."""
    return bool(attempt.layer.mode == "max")


def takes_average(attempt: LayerAttempt) -> bool:
    """Whether it is average pooling."""
    return not takes_max(attempt)


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


def _first_window(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The first window of every plane; of the first plane alone."""
    axes = range(attempt.dZ.ndim)
    yield attempt.given(dZ=only(attempt.dZ, 0, *axes[2:]))
    yield attempt.given(dZ=only(attempt.dZ, 0, *axes))


def _slices(attempt: LayerAttempt) -> tuple[Array, Array]:
    """The slice of dZ at the place of each window, which the loop takes from A: (N, C, *outputs, *taps), zeros beyond
    dZ; and which of its cells there are (*outputs, *taps)."""
    axes = (replace(axis, size=axis.outputs, before=0, after=0) for axis in attempt.layer.windows.axes)
    windows = Windows(tuple(axes))
    return windows.unfold(attempt.dZ, zeros((), attempt.dZ)[()]), windows.inside()


def _sliced(attempt: LayerAttempt) -> Array:
    """Each cell of the mask with its own cell of the slice of dZ."""
    layer = attempt.layer
    return np.asarray(layer.windows.fold(layer.weights(attempt.A) * _slices(attempt)[0]))


def _slice_averaged(attempt: LayerAttempt) -> Array:
    """The mask with the mean of the slice of dZ."""
    slices, inside = _slices(attempt)
    taps = tuple(range(-attempt.layer.windows.rank, 0))
    counts = np.maximum(inside.sum(axis=taps), 1)
    sums = slices.sum(axis=taps)
    means = sums / counts.astype(sums.dtype)
    return np.asarray(attempt.layer.windows.fold(attempt.layer.shares(attempt.A, means)))


def _slice_for_cell(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The mean of a slice is right where dZ has one cell: then it is the usual way, and the mistake cannot be made."""
    ways = (_sliced, _slice_averaged) if attempt.dZ[0, 0].size > 1 else (_slice_averaged, _sliced)
    return (replace(attempt, product=way) for way in ways)


BY_VALUE = (partial(_by_value, collect=np.add.at), partial(_by_value, collect=setitem), _of_own_window)


_row = about("pool")


def _tied(rule: str, *quantities: str, says: str) -> Mistake:
    variants = when(lambda a: takes_max(a) and a.layer.ties != rule, lambda a: a.on(ties=rule))
    ask = "What does the exercise say about several equal largest cells?"
    return _row(f"ties-{rule}", variants, *quantities)(says=says, ask=ask, needs=TIED)


INPUT = (
    _tied(
        "all",
        *GRADIENT,
        says="every one of several equal largest cells got the whole gradient: the rule of the mask x == max(x)",
    ),
    _tied("split", *GRADIENT, says="several equal largest cells shared the gradient: the rule of torch.amax"),
    _tied("last", *CHOICE, says="the last of several equal largest cells got the gradient"),
    _tied(
        "first",
        *CHOICE,
        says="the first of several equal largest cells got the gradient: the rule of PyTorch and TensorFlow",
    ),
    _row("ties-column-major", lambda a: _by(_column_major, mode="max")(a) if a.layer.windows.rank > 1 else [], *CHOICE)(
        says="the first of several equal largest cells column by column got the gradient: the order of MATLAB",
        ask="In which order are the cells of a window read here: row by row, or column by column?",
        needs=TIED,
    ),
    _row("overwritten", _by(_assigned), *GRADIENT)(
        says="later windows overwrote what an earlier one had given the same cell: = instead of +=",
        ask="What happens to the gradient of a cell that wins in two windows?",
        needs="windows that overlap and choose the same cell",
    ),
    _row("window-overwritten", _by(_erased), *GRADIENT)(
        says="the whole window was assigned: its zeros erased the gradient of earlier windows",
        ask="What happens to the gradient of a winner that lies in a later window too?",
        needs="windows that overlap",
    ),
    _row("mask-by-value", _by(*BY_VALUE, mode="max"), *GRADIENT)(
        says="every cell with the value of a maximum got its gradient, wherever it is",
        ask="Which cell of which window won: is its value alone enough to say?",
        needs="values that are repeated",
    ),
    _row("times-value", when(takes_max, lambda a: a.given(dZ=a.dZ * real_cells(a.Z))), *GRADIENT)(
        says="the upstream gradient was multiplied by the maximum",
        ask="What is the derivative of max(x) with respect to its largest cell?",
        needs="max pooling",
    ),
    _row("mask-only", when(takes_max, lambda a: a.given(dZ=a.dZ * 0 + 1)), "dA")(
        says="this is the mask of 0 and 1: the upstream gradient was forgotten",
        ask="By what is the mask multiplied?",
        needs="max pooling and an upstream gradient that is not all ones",
    ),
    _row("share-only", when(takes_average, lambda a: a.given(dZ=a.dZ * 0 + 1)), "dA")(
        says="every cell got its share of 1: the upstream gradient was forgotten",
        ask="Of what does every cell get its share?",
        needs="average pooling and an upstream gradient that is not all ones",
    ),
    _row("everyone", _by(_everywhere), *GRADIENT)(
        says="every cell of the window got the whole upstream gradient",
        ask="How much does the output change when one cell of the window changes a little?",
        needs="windows of more than one cell",
    ),
    _row("minimum", when(takes_max, lambda a: a.given(A=-a.A)), *CHOICE)(
        says="the gradient went to the smallest cell of each window",
        ask="Which cell does max pooling keep?",
        needs="max pooling",
    ),
    _row("first-window-only", _first_window, *GRADIENT)(
        says="only the first window is there: the loop returned too early",
        ask="How many windows pass a gradient back?",
        needs="more than one window",
    ),
    _row("divided-by-side", _by(_by_side, mode="average"), *GRADIENT)(
        says="the gradient was divided by the side of the window instead of by its cells",
        ask="How many cells share the gradient of one window?",
        needs="average pooling",
    ),
    _row("delta-transposed", when(lambda a: square(a.dZ.shape[2:]), lambda a: a.given(dZ=transposed(a.dZ))), "dA")(
        says="the rows and columns of the upstream gradient were exchanged",
        ask="Which output cell belongs to the second window of the first row?",
        needs="a square upstream gradient that is not symmetric",
    ),
    _row("delta-sliced", _slice_for_cell, "dA")(
        says="the window of the input was cut out of the upstream gradient too: a slice of dZ, or its mean, where one "
        "cell of dZ belongs",
        ask="How many cells of dZ belong to one window?",
        needs="an upstream gradient of more than one cell",
    ),
    gradient_not_reset("pool", "dA"),
    sign_flipped("pool", "dA"),
    never_accumulated("pool", "dA"),
)
