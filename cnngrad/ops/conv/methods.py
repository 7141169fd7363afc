"""A convolution by one of the four methods alone, and the matrices that the method works with."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.methods import METHODS
from cnngrad.methods.exhibit import Exhibit, only_first, plane
from cnngrad.methods.matrix import Matrix
from cnngrad.methods.rotate import Rotate
from cnngrad.ops.conv.layer import Conv

WHOLE_LAYER = 2_000
"""Cells up to which the layer is written as one matrix."""


def by_method(exercise: LayerExercise[Conv], method: str) -> Arrays:
    """The results again, computed by one method alone."""
    return replace(exercise, layer=replace(exercise.layer, method=METHODS[method])).solve().results


def magnitudes(exercise: LayerExercise[Conv]) -> Arrays:
    """Every result with the absolute values of its terms added up: what the noise of float64 is relative to."""
    return exercise.with_arrays({name: np.abs(array) for name, array in exercise.given.items()}).solve().results


def exhibits(exercise: LayerExercise[Conv], method: str) -> list[Exhibit]:
    """The matrices of `method`, for the first image; gather and scatter need none."""
    if method == "matrix":
        return _matrices(exercise)
    return _rotation(exercise) if method == "rotate" else []


def _matrices(exercise: LayerExercise[Conv]) -> list[Exhibit]:
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


def _rotation(exercise: LayerExercise[Conv]) -> list[Exhibit]:
    conv = exercise.layer
    method = Rotate(conv.windows, conv.channels)
    narrow, name = (exercise.A, "A") if conv.transposed else (exercise.dZ, "dZ")
    if narrow is None:
        return []
    stretched = method.full_windows().pad(method.stretched(conv.layout.canonical(narrow)))
    turned = method.turned(conv.layout.canonical_kernel(exercise.parameters["W"]))
    return [
        Exhibit(name, f"D: {name} with zeros between (stride) and around{only_first(stretched)}", plane(stretched)),
        Exhibit("W", f"R: W turned by 180 degrees{only_first(turned)}", plane(turned)),
    ]
