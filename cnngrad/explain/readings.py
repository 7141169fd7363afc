"""The reading of each op, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cnngrad.explain.batch_norm import BatchNormReading
from cnngrad.explain.cellwise import ActivationReading, FlattenReading, ResidualReading
from cnngrad.explain.conv import ConvReading
from cnngrad.explain.dense import DenseReading
from cnngrad.explain.graph import GraphReading
from cnngrad.explain.methods import METHODS
from cnngrad.explain.network import NetworkReading
from cnngrad.explain.pool import PoolReading
from cnngrad.explain.reading import Reading
from cnngrad.explain.rnn import RnnReading
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv import ConvExercise
from cnngrad.ops.exercise import Exercise
from cnngrad.ops.network import NetworkExercise
from cnngrad.ops.pool import PoolExercise
from cnngrad.windows.channels import Channels

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


def derived(exercise: Exercise, method: str) -> dict[str, Array]:
    """The results again, computed by one method alone."""
    build = METHODS[method]
    if isinstance(exercise, ConvExercise):
        correlation = exercise.conv.correlation
        conv = replace(exercise.conv, correlation=build(correlation.windows, correlation.channels))
        return dict(replace(exercise, conv=conv).solve().results)
    assert isinstance(exercise, PoolExercise)
    pool = exercise.pool
    planes = pool.layout.canonical(exercise.A)
    reader = build(pool.windows, Channels(planes.shape[1], planes.shape[1], planes.shape[1]))
    weights = pool.weights(planes)
    results = {"Z": pool.layout.restore(reader.pooled(planes, weights))}
    if exercise.dZ is not None:
        results["dA"] = pool.layout.restore(reader.shared(pool.layout.canonical(exercise.dZ), weights))
    return results
