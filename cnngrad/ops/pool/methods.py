"""A pooling layer by one of the four methods alone, and the matrix of its weights."""

from __future__ import annotations

import math

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.methods import METHODS, Method
from cnngrad.methods.matrix import Exhibit, Matrix
from cnngrad.numbers.kinds import Array
from cnngrad.ops.pool.layer import Pool
from cnngrad.windows.correlation import Channels


def by_method(exercise: LayerExercise[Pool], method: str) -> Arrays:
    """Z and dA again, computed by one method alone."""
    pool = exercise.layer
    planes = pool.layout.canonical(exercise.A)
    reader = METHODS[method](pool.windows, Channels(planes.shape[1], planes.shape[1], planes.shape[1]))
    results = {"Z": pool.layout.restore(_pooled(pool, reader, planes))}
    if exercise.dZ is not None:
        upstream = pool.layout.canonical(exercise.dZ)
        results["dA"] = pool.layout.restore(reader.shared(upstream, pool.weights(planes)))
    return results


def magnitudes(exercise: LayerExercise[Pool]) -> Arrays:
    """Z and dA with the absolute values of their terms added up: what the noise of float64 is relative to."""
    pool, sizes = exercise.layer, {name: np.abs(array) for name, array in exercise.given.items()}
    if pool.mode == "average":  # its divisor may be negative
        return {name: np.abs(array) for name, array in exercise.with_arrays(sizes).solve().items()}
    results = {"Z": np.abs(pool.forward(exercise.A))}  # the terms of dA are those of the cells that won
    return results if exercise.dZ is None else results | {"dA": pool.to_input(exercise.A, sizes["dZ"])}


def exhibits(exercise: LayerExercise[Pool], method: str) -> list[Exhibit]:
    """The weights of the windows of the first image as one matrix."""
    return _matrices(exercise) if method == "matrix" else []


def _matrices(exercise: LayerExercise[Pool]) -> list[Exhibit]:
    pool = exercise.layer
    planes = pool.layout.canonical(exercise.A)[:1]
    method = Matrix(pool.windows, Channels(1, 1))
    matrix = method.selection(pool.weights(planes))[0, 0]
    title = "P: one row of weights per window, Z = P A, dA = P' dZ"
    if pool.mode == "max" and pool.rule.repeats:
        title = "P: one row of weights per window, dA = P' dZ"
    if pool.mode == "max" and not matrix.any(axis=1).all():
        title += "; Z is -inf in a row without weights"
    return [Exhibit("mask", title, matrix, sparse=True)]


def _pooled(pool: Pool, reader: Method, planes: Array) -> Array:
    """Z by one method; the maximum of no cell at all is minus infinity."""
    weights = pool.picks(planes)
    Z = reader.pooled(planes, weights)
    if pool.mode == "average":
        return Z
    taps = tuple(range(-pool.windows.rank, 0))
    return np.where((weights != 0).any(axis=taps), Z, -math.inf)
