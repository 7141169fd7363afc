"""Other numbers in the same exercise: for judging it, repairing it, and making new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnngrad.exercise.exercise import Exercise
from cnngrad.numbers.kinds import EXACT, SYMBOLIC, Array, kind_of

SMALL = 3
"""The largest random number: so small that ties, zeros and signs occur."""


def random_numbers(exercise: Exercise, seed: int) -> Exercise:
    """The same exercise with random small numbers; a bias that is zero everywhere stays zero."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, array in exercise.arrays().items():
        if kind_of(array) is SYMBOLIC or (name.rpartition(".")[2] in ("b", "h0") and not np.any(array)):
            continue
        found[name] = like(rng.integers(-SMALL, SMALL + 1, array.shape), array)
    # numpy gives half of a single fraction as a fraction, not as an array
    found = {name: np.asarray(array / 2) if exercise.saturates(name) else array for name, array in found.items()}
    return exercise.with_arrays(found)


def like(whole: Any, array: Array) -> Array:
    """Whole numbers as numbers of the kind of `array`."""
    if array.dtype != object:
        return np.asarray(whole, dtype=array.dtype)
    cells = np.empty(np.size(whole), dtype=object)
    cells[:] = [EXACT.read(str(int(number))) for number in np.ravel(whole)]
    return cells.reshape(np.shape(whole))
