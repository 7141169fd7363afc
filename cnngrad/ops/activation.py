"""Activations: a gate applied to every cell, or softmax along the last axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gate import Gate
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.vectors import SOFTMAX, VectorGate
from cnngrad.numbers.kinds import Array
from cnngrad.ops.exercise import LayerExercise

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
class ActivationExercise(LayerExercise):
    """An activation with its numbers; `letters` names the axes of A."""

    function: str
    A: Array
    letters: str
    dZ: Array | None = None
    op: str = "activation"
    multilinear: ClassVar[bool] = False

    def output_shape(self) -> tuple[int, ...]:
        """The shape of Z, which is that of A."""
        return self.A.shape

    def output_letters(self) -> str:
        """The axes of Z, which are those of A."""
        return self.letters

    def forward(self, A: Array, *parameters: Array) -> Array:
        """The function of every cell."""
        return np.asarray(gate_of(self.function).forward(A))

    def backward(self, upstream: Array, Z: Array, A: Array, *parameters: Array) -> tuple[Array]:
        """dA: upstream times local."""
        (dA,) = gate_of(self.function).backward(upstream, Z, A)
        return (np.asarray(dA),)

    def local(self, Z: Array) -> Array:
        """The local gradient of every cell; of softmax there is a matrix per row instead."""
        gate = gate_of(self.function)
        assert isinstance(gate, Gate)
        return np.asarray(gate.partials(Z, self.A)[0])

    def settings(self) -> dict[str, Any]:
        """The function."""
        return {"function": self.function}

    def multiply_adds(self) -> int:
        """One call per cell."""
        return self.A.size
