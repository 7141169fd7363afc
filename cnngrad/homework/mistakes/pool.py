"""The attempt at a quantity of a pooling layer, and how its gradient goes astray."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from cnngrad.homework.mistake import whole
from cnngrad.homework.mistakes.sliding import WindowAttempt
from cnngrad.numbers.functions import compared
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.pool import Pool, PoolExercise
from cnngrad.windows.axis import NONE
from cnngrad.windows.layout import Layout
from cnngrad.windows.windows import Windows


@dataclass(frozen=True, kw_only=True)
class PoolAttempt(WindowAttempt):
    """A and dZ (N, C, *spatial); `pool` works on them in these axes. `product` replaces the way to dA or Z.

    The mask is the gradient of an upstream gradient of ones.
    """

    pool: Pool
    layout: Layout
    A: Array
    dZ: Array
    product: Callable[[Any], Array] | None = None

    @classmethod
    def at(cls, exercise: PoolExercise, quantity: str, decimals: int = 17) -> PoolAttempt:
        """The right way to compute a quantity of the exercise."""
        layout = exercise.pool.layout
        A = layout.canonical(exercise.A)
        if quantity == "mask" or exercise.dZ is None:
            dZ = zeros((*A.shape[:2], *exercise.pool.windows.outputs), A) + 1
        else:
            dZ = layout.canonical(exercise.dZ)
        canonical = replace(exercise.pool, layout=Layout(f"NC{layout.spatial}"))
        return cls(quantity=quantity, decimals=decimals, pool=canonical, layout=layout, A=A, dZ=dZ)

    @property
    def windows(self) -> Windows:
        """The windows of the layer."""
        return self.pool.windows

    def with_windows(self, windows: Windows) -> Self:
        """The same with other windows."""
        return replace(self, pool=replace(self.pool, windows=windows))

    def computed(self) -> Array:
        """The quantity in canonical axes."""
        if self.product is not None:
            return self.product(self)
        if self.quantity == "Z":
            return self.pool.forward(self.A)
        if self.quantity == "argmax":
            return self.pool.argmax(self.A)
        return self.pool.backward(self.A, self.dZ)

    def finished(self, array: Array) -> Array:
        """The result in the user's layout."""
        return self.layout.restore(array)

    def shares(self) -> Array:
        """What every tap of every window receives (N, C, *outputs, *taps)."""
        return self.pool.shares(self.A, self.dZ)


def column_major(attempt: PoolAttempt) -> Array:
    """The first of the tied cells, column by column: the same layer on exchanged axes."""
    windows = Windows(attempt.windows.axes[::-1])
    back = (0, 1, *range(attempt.A.ndim - 1, 1, -1))
    turned, A = replace(attempt.pool, windows=windows, ties="first"), attempt.A.transpose(back)
    if attempt.quantity != "argmax":
        return turned.backward(A, attempt.dZ.transpose(back)).transpose(back)
    winners = turned.argmax(A).transpose(back)
    places = np.unravel_index(np.maximum(winners, 0), windows.sizes)
    return np.where(winners >= 0, np.ravel_multi_index(places[::-1], attempt.windows.sizes), NONE)


def assigned(attempt: PoolAttempt) -> Array:
    """`=` where `+=` belongs: of the windows that choose a cell, the last one's share stands."""
    cells = attempt.windows.cells()
    planes = attempt.A.reshape(-1, int(np.prod(attempt.windows.sizes)))
    shares = attempt.shares().reshape(len(planes), -1)
    chosen = attempt.pool.weights(attempt.A).reshape(len(planes), -1) != 0
    found = zeros(planes.shape, planes)
    for plane, share, won in zip(found, shares, chosen, strict=True):
        plane[cells.reshape(-1)[won]] = share[won]  # numpy keeps the last of several
    return found.reshape(attempt.A.shape)


def erased(attempt: PoolAttempt) -> Array:
    """The whole window assigned: its zeros erase what earlier windows left."""
    return attempt.windows.fold(attempt.shares() * attempt.windows.latest())


def everywhere(attempt: PoolAttempt) -> Array:
    """Every cell of the window receives the upstream gradient whole."""
    return _folded(attempt, attempt.dZ)


def by_side(attempt: PoolAttempt) -> Array:
    """Every cell of the window receives 1/k of it."""
    return _folded(attempt, attempt.dZ / whole(attempt.windows.taps[-1], attempt.dZ))


def _folded(attempt: PoolAttempt, each: Array) -> Array:
    windows = attempt.windows
    spread = each.reshape(*each.shape, *(1,) * windows.rank)
    return windows.fold(np.where(windows.inside(), spread, spread * 0))


def by_value(attempt: PoolAttempt) -> Iterator[Callable[[PoolAttempt], Array]]:
    """Cells chosen by their value in the whole plane: added, assigned, or with the gradient of their own window."""
    numbers, maxima = (compared(x, "max pooling") for x in (attempt.A, attempt.pool.forward(attempt.A)))
    values, which = np.unique(maxima.reshape(-1), return_inverse=True)
    place = np.minimum(np.searchsorted(values, numbers), len(values) - 1)

    def looked_up(self: PoolAttempt, *, assign: bool) -> Array:
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

    def own_window(self: PoolAttempt) -> Array:
        everyone = everywhere(self)
        chosen = looked_up(replace(self, dZ=self.dZ * 0 + 1), assign=True) != 0
        return np.asarray(np.where(chosen, everyone, everyone * 0))

    yield lambda self: looked_up(self, assign=False)
    yield lambda self: looked_up(self, assign=True)
    yield own_window
