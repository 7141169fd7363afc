"""How the gradient of a pooling layer goes astray."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from cnngrad.exercise.mistake import LayerAttempt, whole
from cnngrad.numbers.functions import compared
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.pool.own_choice import to_every_cell
from cnngrad.windows.axis import NONE
from cnngrad.windows.windows import Windows


def column_major(attempt: LayerAttempt) -> Array:
    """The first of the tied cells, column by column: the same layer on exchanged axes."""
    windows = Windows(attempt.layer.windows.axes[::-1])
    back = (0, 1, *range(attempt.A.ndim - 1, 1, -1))
    turned, A = replace(attempt.layer, windows=windows, ties="first"), attempt.A.transpose(back)
    if attempt.quantity != "argmax":
        return np.asarray(turned.to_input(A, attempt.dZ.transpose(back)).transpose(back))
    winners = turned.argmax(A).transpose(back)
    places = np.unravel_index(np.maximum(winners, 0), windows.sizes)
    return np.where(winners >= 0, np.ravel_multi_index(places[::-1], attempt.layer.windows.sizes), NONE)


def assigned(attempt: LayerAttempt) -> Array:
    """`=` where `+=` belongs: of the windows that choose a cell, the last one's share stands."""
    cells = attempt.layer.windows.cells()
    planes = attempt.A.reshape(-1, int(np.prod(attempt.layer.windows.sizes)))
    shares = attempt.layer.shares(attempt.A, attempt.dZ).reshape(len(planes), -1)
    chosen = attempt.layer.weights(attempt.A).reshape(len(planes), -1) != 0
    found = zeros(planes.shape, planes)
    for plane, share, won in zip(found, shares, chosen, strict=True):
        plane[cells.reshape(-1)[won]] = share[won]  # numpy keeps the last of several
    return found.reshape(attempt.A.shape)


def erased(attempt: LayerAttempt) -> Array:
    """The whole window assigned: its zeros erase what earlier windows left."""
    windows = attempt.layer.windows
    return np.asarray(windows.fold(attempt.layer.shares(attempt.A, attempt.dZ) * windows.latest()))


def everywhere(attempt: LayerAttempt) -> Array:
    """Every cell of the window receives the upstream gradient whole."""
    return to_every_cell(attempt.layer.windows, attempt.dZ)


def by_side(attempt: LayerAttempt) -> Array:
    """Every cell of the window receives 1/k of it."""
    windows = attempt.layer.windows
    return to_every_cell(windows, attempt.dZ / whole(windows.taps[-1], attempt.dZ))


def by_value(attempt: LayerAttempt) -> Iterator[Callable[[LayerAttempt], Array]]:
    """Cells chosen by their value in the whole plane: added, assigned, or with the gradient of their own window."""
    numbers, maxima = (compared(x, "max pooling") for x in (attempt.A, attempt.layer.forward(attempt.A)))
    values, which = np.unique(maxima.reshape(-1), return_inverse=True)
    place = np.minimum(np.searchsorted(values, numbers), len(values) - 1)

    def looked_up(self: LayerAttempt, *, assign: bool) -> Array:
        found = zeros(self.A.shape, self.A)
        for n, c in np.ndindex(*self.A.shape[:2]):
            windows = which.reshape(maxima.shape)[n, c].reshape(-1)
            sums, seen = zeros((len(values),), self.A), np.zeros(len(values), dtype=bool)
            delta = self.dZ[n, c].reshape(-1)
            if assign:
                sums[windows] = delta  # numpy keeps the last of several
            else:
                np.add.at(sums, windows, delta)
            seen[windows] = True
            equal = (values[place[n, c]] == numbers[n, c]) & seen[place[n, c]]
            found[n, c] = np.where(equal, sums[place[n, c]], found[n, c])
        return found

    def own_window(self: LayerAttempt) -> Array:
        everyone = everywhere(self)
        chosen = looked_up(self.given(dZ=self.dZ * 0 + 1), assign=True) != 0
        return np.asarray(np.where(chosen, everyone, everyone * 0))

    yield lambda self: looked_up(self, assign=False)
    yield lambda self: looked_up(self, assign=True)
    yield own_window
