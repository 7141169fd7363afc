"""Activations: a gate applied to every cell, or a function of every row along the last axis, such as softmax."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gate_parts import Gate, is_float
from cnngrad.calculus.matrix_gates import VectorGate
from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Arrays, Layer, Output
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import show
from cnngrad.ops import OPS
from cnngrad.ops.activation.functions import BY_CELL, BY_ROW, LAYER, PARAMETERS, gate_of, parameter_of
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.fields import COMMON, DELTA, INPUT, Fields
from cnngrad.windows.layout import BY_RANK
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
            value = float(value) + 0.0 if is_float(value) else show(value)
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
