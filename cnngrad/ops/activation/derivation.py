"""Why a number of an activation is what it is: upstream times the slope at the cell, or a row of softmax."""

from __future__ import annotations

import re

import numpy as np

from cnngrad.calculus.gate_parts import Gate
from cnngrad.calculus.matrix_gates import SOFTMAX
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.numbers.kinds import zeros
from cnngrad.ops.activation.layer import Activation, gate_of
from cnngrad.windows.layout import drawn
from cnngrad.windows.windows import Index


class ActivationDerivation(Derivation[LayerExercise[Activation]]):
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
    def rule(self) -> str:
        """That of the gate."""
        return self.exercise.layer.gate.rule

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


DERIVATION = ActivationDerivation
