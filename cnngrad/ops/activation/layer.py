"""Activations: a gate applied to every cell, or softmax along the last axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gate_parts import Gate
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.matrix_gates import SOFTMAX, VectorGate
from cnngrad.exercise.layer import Arrays, Layer, Output
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS

FUNCTIONS = (
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "gelu",
    "silu",
    "softmax",
)


def gate_of(function: str) -> Gate | VectorGate:
    """The row of the gate table behind an activation."""
    return SOFTMAX if function == "softmax" else GATES[function]


@dataclass(frozen=True)
class Activation(Layer):
    """The same function for every cell, or for every row along the last axis."""

    record: ClassVar[Op] = OPS["activation"]
    multilinear: ClassVar[bool] = False

    function: str

    @property
    def gate(self) -> Gate | VectorGate:
        """The row of the gate table."""
        return gate_of(self.function)

    @property
    def output(self) -> Output:
        """Z has the axes of A."""
        return self.input

    def forward(self, A: Array, *others: Array) -> Array:
        """The function of every cell."""
        return np.asarray(self.gate.forward(A))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array]:
        """dA: upstream times local."""
        (dA,) = self.gate.backward(upstream, Z, A)
        return (np.asarray(dA),)

    def follows(self, own: Arrays, A: Array, dZ: Array) -> Array | None:
        """From the student's own Z."""
        return self.backward(dZ, own["Z"], A)[0] if "Z" in own else None

    def local(self, Z: Array, A: Array) -> Array:
        """The local gradient of every cell; of softmax there is a matrix per row instead."""
        assert isinstance(self.gate, Gate)
        return np.asarray(self.gate.partials(Z, A)[0])

    def settings(self) -> dict[str, Any]:
        """The function."""
        return {"function": self.function}

    def multiply_adds(self) -> int:
        """One call per cell."""
        return prod(self.input.shape)
