"""The reading of each op, by its name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cnngrad.exercise.derivation import Reading
from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.layer import WindowLayer
from cnngrad.methods import METHODS, Method
from cnngrad.numbers.kinds import FLOAT, Array
from cnngrad.ops.activation.derivation import ActivationReading, FlattenReading, ResidualReading
from cnngrad.ops.batch_norm.derivation import BatchNormReading
from cnngrad.ops.conv.derivation import ConvReading
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.dense.derivation import DenseReading
from cnngrad.ops.graph.derivation import GraphReading
from cnngrad.ops.network.derivation import NetworkReading
from cnngrad.ops.network.network import NetworkExercise
from cnngrad.ops.pool.derivation import PoolReading
from cnngrad.ops.pool.layer import Pool
from cnngrad.ops.rnn.derivation import RnnReading
from cnngrad.windows.channels import Channels

BETWEEN = 50
"""Cells between the taps, which arrays hold, take so many times less than those that a method looks at by itself."""
READINGS: dict[str, type[Reading[Any]]] = {
    "conv": ConvReading,
    "pool": PoolReading,
    "dense": DenseReading,
    "activation": ActivationReading,
    "flatten": FlattenReading,
    "residual": ResidualReading,
    "batch_norm": BatchNormReading,
    "graph": GraphReading,
    "rnn": RnnReading,
}


def reading_of(exercise: Exercise, results: Mapping[str, Array], base: int = 0) -> Reading[Any]:
    """The derivation of a solved exercise."""
    if isinstance(exercise, NetworkExercise):
        parts = {name: reading_of(part, found.results, base) for name, (part, found) in exercise.parts.items()}
        return NetworkReading(exercise, results, base, parts)
    return READINGS[exercise.op](exercise, results, base)


def effort(exercise: Exercise) -> int:
    """Cells that a method goes through at most: every product, every cell of the input, and where windows stand far
    apart or are spread wide, what lies between."""
    assert isinstance(exercise, LayerExercise)
    layer = exercise.layer
    assert isinstance(layer, WindowLayer)
    windows, planes = layer.windows, layer.channels.inputs if isinstance(layer, Conv) else 1
    each = max(windows.reached() * math.prod(windows.taps) // BETWEEN, math.prod(windows.sizes) * planes)
    images = math.prod(exercise.A.shape[:1]) if layer.layout.letters.startswith("N") else 1
    return max(exercise.multiply_adds(), exercise.A.size, each * images)


def derived(exercise: Exercise, method: str) -> dict[str, Array]:
    """The results again, computed by one method alone."""
    build = METHODS[method]
    assert isinstance(exercise, LayerExercise)
    if isinstance(exercise.layer, Conv):
        return dict(replace(exercise, layer=replace(exercise.layer, method=build)).solve().results)
    pool = exercise.layer
    assert isinstance(pool, Pool)
    planes = pool.layout.canonical(exercise.A)
    reader = build(pool.windows, Channels(planes.shape[1], planes.shape[1], planes.shape[1]))
    results = {"Z": pool.layout.restore(_pooled(pool, reader, planes))}
    if exercise.dZ is not None:
        upstream = pool.layout.canonical(exercise.dZ)
        results["dA"] = pool.layout.restore(reader.shared(upstream, pool.weights(planes)))
    return results


def magnitudes(exercise: Exercise) -> Mapping[str, Array]:
    """Every result with the absolute values of its terms added up: what the noise of float64 is relative to. Nothing
    for fractions and formulas, which have no noise."""
    if exercise.kind is not FLOAT:
        return {}
    sizes: dict[str, Any] = {name: np.abs(array) for name, array in exercise.given.items()}
    assert isinstance(exercise, LayerExercise)
    pool = exercise.layer
    if not isinstance(pool, Pool):
        return exercise.with_arrays(sizes).solve().results
    if pool.mode == "average":  # its divisor may be negative
        return {name: np.abs(array) for name, array in exercise.with_arrays(sizes).solve().results.items()}
    results = {"Z": np.abs(pool.forward(exercise.A))}  # the terms of dA are those of the cells that won
    return results if exercise.dZ is None else results | {"dA": pool.to_input(exercise.A, sizes["dZ"])}


def _pooled(pool: Pool, reader: Method, planes: Array) -> Array:
    """Z by one method; the maximum of no cell at all is minus infinity."""
    weights = pool.picks(planes)
    Z = reader.pooled(planes, weights)
    if pool.mode == "average":
        return Z
    taps = tuple(range(-pool.windows.rank, 0))
    return np.where((weights != 0).any(axis=taps), Z, -math.inf)
