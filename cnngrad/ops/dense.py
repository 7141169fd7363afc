"""The fully connected layer: Z = A W' + b (PyTorch, torch.nn.Linear)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.laws import Law, law
from cnngrad.calculus.vectors import MATMUL
from cnngrad.numbers.kinds import Array
from cnngrad.ops.exercise import LayerExercise
from cnngrad.windows.layout import BY_RANK


@dataclass(frozen=True)
class DenseExercise(LayerExercise):
    """A (features, or batch x features), W (neurons x features), b (neurons); Z has neurons for features."""

    A: Array
    W: Array
    b: Array
    dZ: Array | None = None
    op: str = "dense"

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The weights and the bias."""
        return {"W": self.W, "b": self.b}

    def output_shape(self) -> tuple[int, ...]:
        """The shape of Z."""
        return (*self.A.shape[:-1], len(self.W))

    def output_letters(self) -> str:
        """A batch is a matrix."""
        return BY_RANK[self.A.ndim]

    def forward(self, A: Array, *parameters: Array) -> Array:
        """Z = A W' + b."""
        W, b = parameters
        Z: Array = GATES["add"].forward(MATMUL.forward(A, W), b)
        return Z

    def backward(self, upstream: Array, Z: Array, A: Array, *parameters: Array) -> tuple[Array, Array, Array]:
        """dA = dZ W, dW = dZ' A, db = dZ summed over the batch."""
        W, b = parameters
        product = MATMUL.forward(A, W)
        of_product, db = GATES["add"].backward(upstream, Z, product, b)
        dA, dW = MATMUL.backward(of_product, product, A, W)
        return dA, dW, db

    def settings(self) -> dict[str, Any]:
        """The sizes."""
        return {"features": self.W.shape[1], "neurons": self.W.shape[0]}

    def laws(self, results: Mapping[str, Array]) -> tuple[Law, ...]:
        """The layer without its bias is linear in A and in W."""
        assert self.dZ is not None
        without_bias = self.dZ * (results["Z"] - self.b)
        return (
            law("<A,dA> = <dZ,Z-b>", self.A * results["dA"], without_bias),
            law("<W,dW> = <dZ,Z-b>", self.W * results["dW"], without_bias),
            law("sum(db) = sum(dZ)", results["db"], self.dZ),
        )

    def multiply_adds(self) -> int:
        """Products of the forward pass."""
        return self.A.size * len(self.W)
