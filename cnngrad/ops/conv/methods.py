"""A convolution by one of the four methods alone, the matrices that the method works with, and the whole layer as one
dense layer whose weights are tied (Goodfellow et al., Deep Learning, 9.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.methods import METHODS
from cnngrad.methods.matrix import Exhibit, Matrix, only_first, plane
from cnngrad.methods.rotate import Rotate
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.correlation import inside
from cnngrad.windows.windows import Index

WHOLE_LAYER = 2_000
"""Cells up to which the layer is written as one matrix."""


def by_method(exercise: LayerExercise[Conv], method: str) -> Arrays:
    """The results again, computed by one method alone."""
    return replace(exercise, layer=replace(exercise.layer, method=METHODS[method])).solve()


def magnitudes(exercise: LayerExercise[Conv]) -> Arrays:
    """Every result with the absolute values of its terms added up: what the noise of float64 is relative to."""
    return exercise.with_arrays({name: np.abs(array) for name, array in exercise.given.items()}).solve()


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


@dataclass(frozen=True)
class Count:
    """What one layer costs: weights that are learned, and products of one image's forward pass."""

    layer: str
    weights: int
    biases: int
    multiply_adds: int


@dataclass(frozen=True)
class TiedMatrix:
    """The convolution of `exercise` as one matrix M: rows are narrow cells, columns wide cells. `base` is what the
    first index is called."""

    exercise: LayerExercise[Conv]
    base: int = 0

    def counts(self) -> tuple[Count, Count]:
        """The dense layer between the same cells, and the convolution, which shares and leaves out weights."""
        conv = self.exercise.layer
        rows, columns = self._method.tied_shape
        outputs = columns if conv.transposed else rows
        entries = sum(len(places) for places in self._places().values())
        dense = Count("dense", rows * columns, outputs, rows * columns)
        learned = self.exercise.parameters
        return dense, Count("convolution", learned["W"].size, learned["b"].size, entries)

    def trace(self, index: Index) -> CellTrace:
        """dW at one kernel cell as the sum of dM over the places where the weight is in M."""
        layout = self.exercise.layer.layout
        cell = layout.kernel_cell(index, 0)
        name = Cell("W", index).name(self.base)
        terms = [
            Term((Factor.named(Cell("dM", place).name(self.base), self._gradient(*place)),))
            for place in self._places()[cell]
        ]
        value = sum((term.product for term in terms), start=0 * self.exercise.parameters["W"][index])
        return CellTrace(Cell("dW", index), f"sum of dM over the places of {name} in M", tuple(terms), value)

    @property
    def _method(self) -> Matrix:
        correlation = self.exercise.layer.correlation
        return Matrix(correlation.windows, correlation.channels)

    def _places(self) -> dict[Index, list[tuple[int, int]]]:
        """Where each weight is in M, row by row."""
        method = self._method
        narrow = (method.channels.outputs, *method.windows.outputs)
        wide = (method.channels.inputs, *method.windows.sizes)
        places: dict[Index, list[tuple[int, int]]] = {cell: [] for cell in np.ndindex(method.kernel_shape)}
        for row, cell in enumerate(np.ndindex(narrow)):
            for meeting in inside(method.meetings_of_narrow((0, *cell))):
                places[meeting.kernel].append((row, int(np.ravel_multi_index(meeting.wide[1:], wide))))
        return places

    def _gradient(self, row: int, column: int) -> object:
        """dM at one place: upstream times input, added up over the batch."""
        conv, dZ = self.exercise.layer, self.exercise.dZ
        assert dZ is not None
        A, upstream = _rows(conv.layout.canonical(self.exercise.A)), _rows(conv.layout.canonical(dZ))
        narrow, wide = (A, upstream) if conv.transposed else (upstream, A)
        return (narrow[:, row] * wide[:, column]).sum()


def _rows(planes: Array) -> Array:
    return planes.reshape(len(planes), math.prod(planes.shape[1:]))
