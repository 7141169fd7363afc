"""The reading of each op, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cnngrad.explain.conv import ConvReading
from cnngrad.explain.graph import GraphReading
from cnngrad.explain.methods import METHODS
from cnngrad.explain.pool import PoolReading
from cnngrad.explain.reading import Reading
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv import ConvExercise
from cnngrad.ops.exercise import Exercise
from cnngrad.ops.pool import PoolExercise
from cnngrad.windows.channels import Channels

READINGS: dict[str, type[Reading[Any]]] = {"conv": ConvReading, "pool": PoolReading, "graph": GraphReading}


def reading_of(exercise: Exercise, results: Mapping[str, Array], base: int = 0) -> Reading[Any]:
    """The derivation of a solved exercise."""
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
