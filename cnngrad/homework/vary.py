"""Other numbers in the same exercise: for judging it, repairing it, and making new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.numbers.kinds import EXACT, SYMBOLIC, Array, kind_of
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.ops.network.network import NetworkExercise
from cnngrad.ops.rnn.rnn import RnnExercise

KEYS = {
    "conv": {"A": "input", "W": "kernel", "b": "bias", "dZ": "delta"},
    "dense": {"A": "input", "W": "weights", "b": "bias", "dZ": "delta"},
    "pool": {"A": "input", "dZ": "delta"},
    "activation": {"A": "input", "dZ": "delta"},
    "rnn": {
        "x": "inputs",
        "W_input": "weights.input",
        "W_recurrent": "weights.recurrent",
        "b": "weights.bias",
        "deltas": "deltas",
    },
}
"""What the arrays of an op are called in a spec."""
SMALL = 3
"""The largest of the numbers that stand for any numbers: so small that ties, zeros and signs occur."""


def arrays_of(exercise: Exercise) -> dict[str, Array]:
    """The arrays that the spec gives, the upstream gradients too."""
    given = dict(exercise.given)
    for name in ("dZ", "deltas"):
        upstream = getattr(exercise, name, None)
        if upstream is not None:
            given[name] = upstream
    return given


def key_of(exercise: Exercise, name: str) -> str:
    """The key of an array in the spec: input, conv1.kernel, values.x."""
    if isinstance(exercise, GraphExercise):
        return f"values.{name}"
    if isinstance(exercise, NetworkExercise) and "." in name:
        owner, _, symbol = name.partition(".")
        op = next(layer.layer.op for layer in exercise.layers if layer.name == owner)
        return f"{owner}.{KEYS.get(op, {}).get(symbol, symbol)}"
    return KEYS.get(exercise.op, KEYS["conv"]).get(name, name)


def with_arrays(exercise: Exercise, arrays: Mapping[str, Array]) -> Exercise:
    """The exercise with other numbers in some of its arrays."""
    if isinstance(exercise, GraphExercise):
        return replace(exercise, values={**exercise.values, **{name: array[()] for name, array in arrays.items()}})
    if isinstance(exercise, NetworkExercise | LayerExercise):
        return exercise.with_arrays(arrays)
    return replace(exercise, **arrays)  # type: ignore[type-var]


def generic(exercise: Exercise, seed: int) -> Exercise:
    """The same exercise with numbers of no particular kind; a bias that is zero everywhere stays away."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, array in arrays_of(exercise).items():
        if kind_of(array) is SYMBOLIC or (name.rpartition(".")[2] in ("b", "h0") and not np.any(array)):
            continue
        found[name] = like(rng.integers(-SMALL, SMALL + 1, array.shape), array)
    if isinstance(exercise, RnnExercise):
        # numpy gives half of a single fraction as a fraction, not as an array
        found = {name: np.asarray(array / 2) if name.startswith("W") else array for name, array in found.items()}
    return with_arrays(exercise, found)


def like(whole: Any, array: Array) -> Array:
    """Whole numbers as numbers of the kind of `array`."""
    if array.dtype != object:
        return np.asarray(whole, dtype=array.dtype)
    cells = np.empty(np.size(whole), dtype=object)
    cells[:] = [EXACT.read(str(int(number))) for number in np.ravel(whole)]
    return cells.reshape(np.shape(whole))
