"""`ties: any`: an answer is right when every window shares its gradient among its largest cells, however.

The shares of each window are at least 0 and add up to 1. Whether such shares give the answer is a linear
problem: least squares with shares that are not negative (Lawson and Hanson 1974, Solving Least Squares
Problems, ch. 23).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cnngrad.homework.written import Answer
from cnngrad.numbers.kinds import Array, floats
from cnngrad.ops.pool import Pool, PoolExercise
from cnngrad.windows.axis import NONE

MOST = 2_000
"""Tied cells of one plane up to which the shares are looked for."""
HEAVY = 1e4
"""The weight of the rule that the shares of a window add up to 1."""
_SMALL = 1e-10


def right_under_some_rule(exercise: PoolExercise, quantity: str, answer: Answer) -> bool:
    """Whether dA, the mask or argmax is what some way of choosing among tied cells gives."""
    layout = exercise.pool.layout
    planes = floats(layout.canonical(exercise.A))
    tied = _tied_cells(exercise.pool, planes)
    if quantity == "argmax":
        chosen = layout.canonical(answer.filled(exercise.pool.argmax(exercise.A))).reshape(*planes.shape[:2], -1)
        return all(int(chosen[n, c, o]) in cells for (n, c, o), cells in tied.items())
    given = layout.canonical(answer.filled(floats(exercise.A)))
    shape = (*planes.shape[:2], *exercise.pool.windows.outputs)
    upstream = np.ones(shape) if quantity == "mask" or exercise.dZ is None else layout.canonical(exercise.dZ)
    delta = floats(upstream.reshape(*planes.shape[:2], -1))
    closest = np.zeros(planes.shape)
    for n, c in np.ndindex(*planes.shape[:2]):
        windows = {o: cells for (n_, c_, o), cells in tied.items() if (n_, c_) == (n, c)}
        closest[n, c] = _closest(windows, delta[n, c], given[n, c].reshape(-1)).reshape(planes.shape[2:])
    return bool(answer.agrees(np.asarray(layout.restore(closest)), 0.5 + _SMALL).all())


def _tied_cells(pool: Pool, planes: Array) -> dict[tuple[int, int, int], list[int]]:
    """The largest cells of every window (n, c, window), by their flat index; windows without a cell are left out."""
    every = replace(pool, ties="all").weights(planes).reshape(*planes.shape[:2], -1, int(np.prod(pool.windows.taps)))
    cells = pool.windows.cells().reshape(every.shape[2:])
    found = {}
    for n, c, o in np.ndindex(*every.shape[:3]):
        winners = [int(cell) for cell, won in zip(cells[o], every[n, c, o], strict=True) if won and cell != NONE]
        if winners:
            found[n, c, o] = winners
    return found


def _closest(windows: dict[int, list[int]], delta: Array, wanted: Array) -> Array:
    """The gradient closest to `wanted` that shares within the windows can give."""
    places = [(o, cell) for o, cells in windows.items() for cell in cells]
    if len(places) > MOST:
        return wanted * np.nan
    rows = {o: len(wanted) + i for i, o in enumerate(windows)}
    matrix = np.zeros((len(wanted) + len(rows), len(places)))
    for column, (o, cell) in enumerate(places):
        matrix[cell, column] = delta[o]
        matrix[rows[o], column] = HEAVY
    shares = non_negative(matrix, np.concatenate([wanted, np.full(len(rows), HEAVY)]))
    sums = {o: sum(s for s, (p, _) in zip(shares, places, strict=True) if p == o) for o in rows}
    whole = np.array([s / sums[o] if sums[o] else 0.0 for s, (o, _) in zip(shares, places, strict=True)])
    return np.asarray(matrix[: len(wanted)] @ whole)


def non_negative(matrix: Array, wanted: Array) -> NDArray[np.float64]:
    """x >= 0 (columns) with the smallest |matrix x - wanted|."""
    columns = matrix.shape[1]
    x, free = np.zeros(columns), np.zeros(columns, dtype=bool)
    scale = float(np.abs(matrix).max(initial=1.0)) * float(np.abs(wanted).max(initial=1.0))
    for _ in range(3 * columns):
        slope = matrix.T @ (wanted - matrix @ x)
        if free.all() or slope[~free].max() <= _SMALL * scale:
            break
        free[int(np.argmax(np.where(free, -np.inf, slope)))] = True
        while free.any():
            trial = np.zeros(columns)
            trial[free] = np.linalg.lstsq(matrix[:, free], wanted, rcond=None)[0]
            below = free & (trial <= 0)
            if not below.any():
                x = trial
                break
            step = float(np.min(x[below] / np.maximum(x[below] - trial[below], 1e-300)))
            x = x + step * (trial - x)
            free &= x > 1e-14
            x[~free] = 0.0
    return x
