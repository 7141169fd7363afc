"""The matrices that a method works with, for one image and one group: what to write on the board."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.methods.matrix import Matrix
from cnngrad.methods.rotate import Rotate
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool
from cnngrad.windows.channels import Channels

WHOLE_LAYER = 2_000
"""Cells up to which the layer is written as one matrix."""


@dataclass(frozen=True)
class Exhibit:
    """A named matrix (two axes) and a sentence on what it is; most cells of a `sparse` one are zero."""

    symbol: str
    title: str
    cells: Array
    sparse: bool = False


def exhibits(exercise: Exercise, method: str) -> list[Exhibit]:
    """The matrices of `method`, for the first image; gather and scatter need none."""
    if not isinstance(exercise, LayerExercise):
        return []
    if exercise.op == "conv" and method == "matrix":
        return _conv_matrices(exercise)
    if exercise.op == "conv" and method == "rotate":
        return _conv_rotation(exercise)
    if exercise.op == "pool" and method == "matrix":
        return _pool_matrices(exercise)
    return []


def _conv_matrices(exercise: LayerExercise[Conv]) -> list[Exhibit]:
    conv = exercise.layer
    method = Matrix(conv.windows, conv.channels)
    kernel = conv.layout.canonical_kernel(exercise.parameters["W"])
    wide = "dZ" if conv.transposed else "A"
    source = exercise.dZ if conv.transposed else exercise.A
    shown = [Exhibit("W", "W: one row per filter", method.channels.grouped_kernel(kernel)[0])]
    if source is not None:
        columns = method.columns(conv.layout.canonical(source)[:1])[0, 0]
        shown.append(Exhibit(wide, f"X = im2col({wide}): one column per window", columns))
    narrow, name = (exercise.A, "A") if conv.transposed else (exercise.dZ, "dZ")
    if narrow is not None:
        rows = method.rows(conv.layout.canonical(narrow)[:1])[0, 0]
        shown.append(Exhibit(name, f"{name}: one row per filter", rows))
    if math.prod(method.tied_shape) <= WHOLE_LAYER:
        product = "M' A" if conv.transposed else "M A"
        order = f", cells in the order C{conv.layout.spatial}" if conv.layout.channels else ""
        title = f"M: the whole layer as one matrix of tied weights, Z = {product} + b{order}"
        shown.append(Exhibit("W", title, method.tied(kernel), sparse=True))
    return shown


def _conv_rotation(exercise: LayerExercise[Conv]) -> list[Exhibit]:
    conv = exercise.layer
    method = Rotate(conv.windows, conv.channels)
    narrow, name = (exercise.A, "A") if conv.transposed else (exercise.dZ, "dZ")
    if narrow is None:
        return []
    stretched = method.full_windows().pad(method.stretched(conv.layout.canonical(narrow)))
    turned = method.turned(conv.layout.canonical_kernel(exercise.parameters["W"]))
    return [
        Exhibit(name, f"D: {name} with zeros between (stride) and around{_only_first(stretched)}", _plane(stretched)),
        Exhibit("W", f"R: W turned by 180 degrees{_only_first(turned)}", _plane(turned)),
    ]


def _pool_matrices(exercise: LayerExercise[Pool]) -> list[Exhibit]:
    pool = exercise.layer
    planes = pool.layout.canonical(exercise.A)[:1]
    method = Matrix(pool.windows, Channels(1, 1))
    matrix = method.selection(pool.weights(planes))[0, 0]
    title = "P: one row of weights per window, Z = P A, dA = P' dZ"
    if pool.mode == "max" and pool.ties == "all":
        title = "P: one row of weights per window, dA = P' dZ"
    if pool.mode == "max" and not matrix.any(axis=1).all():
        title += "; Z is -inf in a row without weights"
    return [Exhibit("mask", title, matrix, sparse=True)]


def _plane(array: Array) -> Array:
    """The first plane of (N, C, *spatial) as a matrix; one spatial axis is one row."""
    return np.asarray(array[0, :1] if array.ndim == 3 else array.reshape(-1, *array.shape[-2:])[0])


def _only_first(array: Array) -> str:
    return "" if array.size == _plane(array).size else " (the first of its planes)"
