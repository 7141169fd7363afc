"""Why a number of an activation is what it is: the function of its input, and its slope times the upstream gradient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.calculus.gate_parts import Gate
from cnngrad.calculus.matrix_gates import along
from cnngrad.exercise.derivation import SummedDerivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.remarks import Definition, Remark, slope, slope_of_row
from cnngrad.exercise.sums import Part, Places, Range, Sums, read_sums
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Written
from cnngrad.numbers.kinds import Array, function, zeros
from cnngrad.numbers.printing import show
from cnngrad.ops.activation import Activation
from cnngrad.ops.activation.functions import BY_ROW, PARAMETERS
from cnngrad.windows.layout import drawn
from cnngrad.windows.windows import Index

LONGEST_ROW = 12
"""Cells of a row up to which a function of all of them is written out."""


class ActivationDerivation(SummedDerivation[LayerExercise[Activation]]):
    """The derivation of one activation; x is a cell, i and j are cells of one row."""

    def letters(self, quantity: str) -> str:
        return drawn(self.exercise.layer.input.letters)

    @cached_property
    def sums(self) -> Sums:
        gate, f = self.exercise.layer.gate, self.exercise.layer.function
        if isinstance(gate, Gate):
            forward, backward = f"{f}(A[x])", f"dA[x] = dZ[x] * {f}'(A[x])"
        else:
            forward, backward = gate.cell, "dA[i] = sum of dZ[j] * ∂Z[j]/∂A[i]"
        return Sums(
            rows=read_sums(f"Z[x] = {forward}", backward),
            arrays=self.values,
            named={
                Part(forward).name: self.results["Z"],
                f"{f}'(A)": lambda place: self._slopes[place],
                "∂Z/∂A": self._jacobian,
            },
            ranges={} if isinstance(gate, Gate) else {"j": Range(self.exercise.A.shape[self.axis], self._row)},
            silent="x",
            base=self.base,
        )

    def general(self, quantity: str) -> str:
        gate, f = self.exercise.layer.gate, self.exercise.layer.function
        if quantity == "Z":
            return f"Z = {f}(A), {self.extent}"
        local = f"{f}' = {self.slope}" if isinstance(gate, Gate) else f"∂Z[j]/∂A[i] = {gate.jacobian}"
        return f"{super().general(quantity)}, with {local}"

    @property
    def axis(self) -> int:
        """That of a function of rows."""
        return self.exercise.layer.axis

    @property
    def extent(self) -> str:
        """What the function is a function of, and its parameter."""
        layer = self.exercise.layer
        if layer.function in BY_ROW:
            return along(self.axis)
        name, value = layer.function, layer.parameter
        if name not in PARAMETERS:
            return "cell by cell"
        return f"cell by cell, with {PARAMETERS[name].name} = {value if isinstance(value, str) else show(value)}"

    @property
    def rule(self) -> str:
        return self.exercise.layer.gate.rule

    def rule_of(self, quantity: str) -> str:
        return self.rule if quantity == "dA" else ""

    def trace(self, cell: Cell) -> CellTrace:
        """Z is the function of a number, or of a row."""
        trace = super().trace(cell)
        return replace(trace, written=self._written(cell)) if cell.quantity == "Z" else trace

    def _written(self, cell: Cell) -> Written | None:
        """`relu(A[0])`, or `exp(A[0])/(exp(A[0]) + exp(A[1]))` of a row that is not too long to read."""
        layer, here = self.exercise.layer, self.factor("A", cell.index)
        if isinstance(layer.gate, Gate):
            return Written(f"{layer.function}({{}})", (here,))
        row = self._row({"i": cell.index})
        if len(row) > LONGEST_ROW:
            return None
        whole = " + ".join(["exp({})"] * len(row))
        template = f"exp({{}})/({whole})" if layer.function == "softmax" else f"{{}} - log({whole})"
        return Written(template, (here, *(self.factor("A", place) for place in row)))

    def definitions(self, trace: CellTrace) -> Iterator[Definition]:
        """The slope, or the derivatives of a row, in letters and numbers."""
        if trace.cell.quantity != "dA":
            return
        gate, here, z = self.exercise.layer.gate, *(self.factor(name, trace.cell.index) for name in "AZ")
        if isinstance(gate, Gate):
            yield slope(trace.terms[0].factors[1], gate.local[0], here, z)
            return
        softmax = z
        if gate.name == "log_softmax":
            softmax = Factor.named(f"exp({z.name(self.base)})", function("exp", z.value))
        for upstream, local in [term.factors for term in trace.terms if not term.vanishes][:LONGEST_ROW]:
            yield slope_of_row(local, gate.jacobian, z, self.factor("Z", upstream.cell.index), softmax)

    def reasons(self, trace: CellTrace) -> Iterator[Remark]:
        """A closed relu, by its input."""
        closed = self.exercise.layer.function == "relu" and not trace.value
        here = None if trace.cell.quantity not in ("Z", "dA") else self.factor("A", trace.cell.index)
        if closed and here is not None and not self.factor("Z", trace.cell.index).value:
            yield Remark("relu is closed here: its input {} is not above 0", (here,))
        elif trace.cell.quantity != "Z":
            yield from super().reasons(trace)

    @property
    def slope(self) -> str:
        """The local gradient in the letters of a layer: A for the gate's input, Z for its output."""
        gate = self.exercise.layer.gate
        assert isinstance(gate, Gate)
        return re.sub(r"\bx\b", "A", re.sub(r"\bz\b", "Z", gate.local[0]))

    def chain(self, cell: Cell) -> tuple[str, ...]:
        if cell.quantity == "Z":
            return ()
        x, z, f = self._target(cell), Cell("Z", cell.index).name(self.base), self.exercise.layer.function
        if f in BY_ROW:
            return (f"∂L/∂{x} = sum of ∂L/∂Z[j] * ∂Z[j]/∂{x} {along(self.axis)}",)
        return (f"∂L/∂{x} = ∂L/∂{z} * ∂{z}/∂{x}, with ∂{z}/∂{x} = {f}'({x})",)

    @cached_property
    def _slopes(self) -> Array:
        gate = self.exercise.layer.gate
        assert isinstance(gate, Gate)
        return np.asarray(gate.partials(self.results["Z"], self.exercise.A)[0])

    def _row(self, places: Places) -> list[Index]:
        axis, cell = self.axis % self.exercise.A.ndim, places["i"]
        return [(*cell[:axis], j, *cell[axis + 1 :]) for j in range(self.exercise.A.shape[axis])]

    def _jacobian(self, place: Index) -> Any:
        """∂Z[j]/∂A[i], which the gate gives for an upstream gradient of 1 at j alone; `place` is j and i."""
        rank = len(place) // 2
        row: list[Any] = list(place[:rank])
        row[self.axis] = slice(None)
        A, Z = (self.values[quantity][tuple(row)] for quantity in ("A", "Z"))
        one = zeros(Z.shape, Z)
        one[place[:rank][self.axis]] += 1
        (found,) = BY_ROW[self.exercise.layer.function]().backward(one, Z, A)
        return found[place[rank:][self.axis]]


DERIVATION = ActivationDerivation
