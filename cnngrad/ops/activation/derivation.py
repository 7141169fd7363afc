"""Why a number of a layer that works cell by cell is what it is: activations, flatten, residual sums."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import numpy as np

from cnngrad.calculus.gate import Gate
from cnngrad.calculus.vectors import SOFTMAX
from cnngrad.exercise.cells import Cell
from cnngrad.exercise.derivation import LayerReading
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import CellTrace, Factor, Term
from cnngrad.numbers.kinds import zeros
from cnngrad.ops.activation.layer import Activation, gate_of
from cnngrad.ops.reshape.layer import Flatten, Residual
from cnngrad.windows.layout import drawn
from cnngrad.windows.windows import Index

Layer = TypeVar("Layer", bound=LayerExercise[Any])


class ActivationReading(LayerReading[LayerExercise[Activation]]):
    """The derivation of one activation: upstream times the slope at the cell, or a row of softmax."""

    def letters(self, quantity: str) -> str:
        """Those of the input."""
        return drawn(self.exercise.layer.input.letters)

    def general(self, quantity: str) -> str:
        """The function, or upstream times local."""
        function = self.exercise.layer.function
        if quantity == "Z":
            return f"Z = {function}(A), {'along the last axis' if self._softmax else 'cell by cell'}"
        if self._softmax:
            return "dA[i] = sum of dZ[j]*∂Z[j]/∂A[i], with ∂Z[j]/∂A[i] = Z[j]*([i=j] - Z[i])"
        return f"dA = dZ*{function}'(A), with {function}' = {self.slope}"

    @property
    def slope(self) -> str:
        """The local gradient in the letters of a layer: A for the gate's input, Z for its output."""
        gate = gate_of(self.exercise.layer.function)
        assert isinstance(gate, Gate)
        return re.sub(r"\bx\b", "A", re.sub(r"\bz\b", "Z", gate.local[0]))

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂L/∂A = ∂L/∂Z * ∂Z/∂A."""
        if cell.quantity == "Z":
            return ()
        x, z = self._target(cell), Cell("Z", cell.index).name(self.base)
        if self._softmax:
            return (f"∂L/∂{x} = sum of ∂L/∂Z[j] * ∂Z[j]/∂{x} along the last axis",)
        return (f"∂L/∂{x} = ∂L/∂{z} * ∂{z}/∂{x}, with ∂{z}/∂{x} = {self.exercise.layer.function}'({x})",)

    def most_terms(self, quantity: str) -> int:
        """One, or for softmax the cells of a row."""
        return self.exercise.A.shape[-1] if self._softmax and quantity == "dA" else 1

    def trace(self, cell: Cell) -> CellTrace:
        """The terms of one cell of Z or dA."""
        value, function = self.results[cell.quantity][cell.index], self.exercise.layer.function
        name = Cell("A", cell.index).name(self.base)
        if cell.quantity == "Z":
            formula = f"{function}({name})" if not self._softmax else f"exp({name}) / sum of exp(A) in its row"
            return CellTrace(cell, formula, (Term((Factor(Cell(""), value, label=formula),)),), value)
        if self._softmax:
            return CellTrace(cell, f"sum of dZ[j]*∂Z[j]/∂{name}", tuple(self._row(cell.index)), value)
        slope = Factor(
            Cell(""),
            self.exercise.layer.local(self.results["Z"], self.exercise.A)[cell.index],
            label=f"{function}'({name})",
        )
        formula = f"{Cell('dZ', cell.index).name(self.base)}*{slope.label}"
        return CellTrace(cell, formula, (Term((self.factor("dZ", cell.index), slope)),), value)

    @property
    def _softmax(self) -> bool:
        return self.exercise.layer.function == "softmax"

    def _row(self, index: Index) -> list[Term]:
        *before, i = index
        A, Z = (self.values[quantity][tuple(before)] for quantity in ("A", "Z"))
        name = Cell("A", index).name(self.base)
        terms = []
        for j, one in enumerate(np.diag(zeros(Z.shape, Z) + 1)):
            place = (*before, j)
            label = f"∂{Cell('Z', place).name(self.base)}/∂{name}"
            (row,) = SOFTMAX.backward(one, Z, A)  # an upstream gradient of 1 at Z[j] alone
            terms.append(Term((self.factor("dZ", place), Factor(Cell(""), row[i], label=label))))
        return terms


class PassingReading(LayerReading[Layer]):
    """A layer whose every number is a copy, or a sum of copies."""

    def letters(self, quantity: str) -> str:
        """Those of the input."""
        return drawn(self.exercise.layer.input.letters)

    def most_terms(self, quantity: str) -> int:
        """Two at most."""
        return 2

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂Z/∂A = 1 where they are the same cell."""
        if cell.quantity == "Z":
            return ()
        x = self._target(cell)
        return (f"∂L/∂{x} = ∂L/∂Z * ∂Z/∂{x}, with ∂Z/∂{x} = 1 in one cell of Z and 0 in the others",)


class FlattenReading(PassingReading[LayerExercise[Flatten]]):
    """The derivation of a flatten layer."""

    def letters(self, quantity: str) -> str:
        """Z and dZ are rows."""
        layer = self.exercise.layer
        return drawn((layer.output if quantity in ("Z", "dZ") else layer.input).letters)

    def general(self, quantity: str) -> str:
        """The same cells in another shape."""
        return "Z = A in a row, row-major" if quantity == "Z" else "dA = dZ in the shape of A"

    def trace(self, cell: Cell) -> CellTrace:
        """The cell that was moved."""
        source, target = ("A", "Z") if cell.quantity == "Z" else ("dZ", "dA")
        flat = np.ravel_multi_index(cell.index, self.values[target].shape)
        index = tuple(map(int, np.unravel_index(flat, self.values[source].shape)))
        factor = self.factor(source, index)
        return CellTrace(cell, factor.name(self.base), (Term((factor,)),), self.results[cell.quantity][cell.index])


class ResidualReading(PassingReading[LayerExercise[Residual]]):
    """The derivation of a residual sum."""

    def general(self, quantity: str) -> str:
        """A + S; the gradient goes both ways."""
        return (
            f"Z = A + S, with S the output of {self.exercise.layer.source}" if quantity == "Z" else f"{quantity} = dZ"
        )

    def trace(self, cell: Cell) -> CellTrace:
        """Both summands, or the upstream gradient."""
        sources = ("A", "S") if cell.quantity == "Z" else ("dZ",)
        factors = [self.factor(source, cell.index) for source in sources]
        formula = " + ".join(factor.name(self.base) for factor in factors)
        value = self.results[cell.quantity][cell.index]
        return CellTrace(cell, formula, tuple(Term((factor,)) for factor in factors), value)
