"""Activations: a gate applied to every cell, or a function of every row along the last axis, such as softmax."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gate_parts import Gate, is_float
from cnngrad.calculus.matrix_gates import VectorGate, along
from cnngrad.exercise.derivation import SummedDerivation
from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Arrays, Layer, Output
from cnngrad.exercise.op import Op
from cnngrad.exercise.sums import Part, Places, Range, Sums, read_sums
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.numbers.printing import show
from cnngrad.ops import OPS
from cnngrad.ops.activation.functions import BY_CELL, BY_ROW, LAYER, PARAMETERS, gate_of, parameter_of
from cnngrad.spec.context import Context
from cnngrad.spec.fields import COMMON, DELTA, INPUT, Fields
from cnngrad.windows.layout import BY_RANK, drawn
from cnngrad.windows.windows import Index
from cnngrad.wording import shaped

FUNCTIONS = (*BY_CELL, *BY_ROW)
KINKED = ("relu", "leaky_relu")
READS = "anything"
FIELDS: Fields = {**COMMON, **INPUT, **LAYER, **DELTA}


@dataclass(frozen=True)
class Activation(Layer):
    """The same function for every cell, or for every row along the last axis; Z has the axes of A."""

    record: ClassVar[Op] = OPS["activation"]
    multilinear: ClassVar[bool] = False

    function: str
    parameter: Any = None
    """the value of the parameter of the function, where it has one"""

    @cached_property
    def gate(self) -> Gate | VectorGate:
        """The row of the gate table."""
        return gate_of(self.function, self.parameter)

    @property
    def axis(self) -> int:
        """That of a function of rows."""
        return int(self.parameter) if self.function in BY_ROW else -1

    @property
    def output(self) -> Output:
        return self.input

    def forward(self, A: Array, *others: Array) -> Array:
        return np.asarray(self.gate.forward(A))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array]:
        """dA: upstream times local."""
        (dA,) = self.gate.backward(upstream, Z, A)
        return (np.asarray(dA),)

    def follows(self, own: Arrays, A: Array, dZ: Array) -> Array | None:
        """From the student's own Z."""
        return self.backward(dZ, own["Z"], A)[0] if "Z" in own else None

    def settings(self) -> dict[str, Any]:
        if self.function not in PARAMETERS:
            return {"function": self.function}
        value = self.parameter
        if not isinstance(value, int | str):
            value = float(value) if is_float(value) else show(value)
        return {"function": self.function, PARAMETERS[self.function].name: value}

    def multiply_adds(self) -> int:
        """One call per cell."""
        return prod(self.input.shape)


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The activation for this input; what does not fit goes to the context's problems."""
    parameter = parameter_of(context, input_)
    if input_ is None or context.problems.found:
        return None
    function = context.values["function"]
    if not input_.shape and function in BY_ROW:
        context.place("input", f"is a single number; {function} needs a list")
        return None
    if 0 in input_.shape:
        context.place("input", f"{shaped(input_.shape)}, without a single cell; give at least one number")
        return None
    letters = input_.letters or BY_RANK.get(len(input_.shape), "")
    return Fitted(Activation(Output(input_.shape, letters), function, parameter))


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
