"""A convolution as a dense layer whose weights are tied (Goodfellow et al., Deep Learning, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from cnngrad.exercise.cells import Cell
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import CellTrace, Factor, Term
from cnngrad.methods.matrix import Matrix
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.correlation import inside
from cnngrad.windows.windows import Index


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
        """dW at one kernel cell as the sum of dM over the places where the weight stands in M."""
        layout = self.exercise.layer.layout
        cell = layout.kernel_cell(index, 0)
        name = Cell("W", index).name(self.base)
        terms = [
            Term((Factor(Cell(""), self._gradient(*place), label=Cell("dM", place).name(self.base)),))
            for place in self._places()[cell]
        ]
        value = sum((term.product for term in terms), start=0 * self.exercise.parameters["W"][index])
        return CellTrace(Cell("dW", index), f"sum of dM over the places of {name} in M", tuple(terms), value)

    @property
    def _method(self) -> Matrix:
        correlation = self.exercise.layer.correlation
        return Matrix(correlation.windows, correlation.channels)

    def _places(self) -> dict[Index, list[tuple[int, int]]]:
        """Where each weight stands in M, row by row."""
        method = self._method
        narrow = (method.channels.outputs, *method.windows.outputs)
        wide = (method.channels.inputs, *method.windows.sizes)
        places: dict[Index, list[tuple[int, int]]] = {cell: [] for cell in np.ndindex(method.kernel_shape)}
        for row, cell in enumerate(np.ndindex(narrow)):
            for touch in inside(method.touches_of_narrow((0, *cell))):
                places[touch.kernel].append((row, int(np.ravel_multi_index(touch.wide[1:], wide))))
        return places

    def _gradient(self, row: int, column: int) -> object:
        """dM at one place: upstream times input, added up over the batch."""
        conv, dZ = self.exercise.layer, self.exercise.dZ
        assert dZ is not None
        A, upstream = _rows(conv.layout.canonical(self.exercise.A)), _rows(conv.layout.canonical(dZ))
        narrow, wide = (A, upstream) if conv.transposed else (upstream, A)
        return (narrow[:, row] * wide[:, column]).sum()


def _rows(planes: Array) -> Array:
    return planes.reshape(len(planes), prod(planes.shape[1:]))
