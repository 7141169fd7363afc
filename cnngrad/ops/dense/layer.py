"""The fully connected layer: Z = A W' + b (PyTorch, torch.nn.Linear)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.laws import Law
from cnngrad.calculus.matrix_gates import MATMUL
from cnngrad.exercise.layer import Arrays, Layer, Output, linear_laws
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS


@dataclass(frozen=True)
class Dense(Layer):
    """A (features, or batch x features), W (neurons x features), b (neurons); Z has neurons for features."""

    record: ClassVar[Op] = OPS["dense"]

    neurons: int
    bias_shape: tuple[int, ...]

    @property
    def features(self) -> int:
        """Numbers that one neuron reads."""
        return self.input.shape[-1]

    @property
    def parameters(self) -> Mapping[str, tuple[int, ...]]:
        """The weights and the bias."""
        return {"W": (self.neurons, self.features), "b": self.bias_shape}

    @property
    def keys(self) -> Mapping[str, str]:
        """weights and bias."""
        return {"W": "weights", "b": "bias"}

    @property
    def output(self) -> Output:
        """Neurons in place of features."""
        return Output((*self.input.shape[:-1], self.neurons), self.input.letters)

    def forward(self, A: Array, *others: Array) -> Array:
        """Z = A W' + b."""
        W, b = others
        Z: Array = GATES["add"].forward(MATMUL.forward(A, W), b)
        return Z

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array, Array]:
        """dA = dZ W, dW = dZ' A, db = dZ summed over the batch."""
        W, b = others
        product = MATMUL.forward(A, W)
        of_product, db = GATES["add"].backward(upstream, Z, product, b)
        dA, dW = MATMUL.backward(of_product, product, A, W)
        return dA, dW, np.asarray(db)  # a bias that is one number has its sum as a number

    def settings(self) -> dict[str, Any]:
        """The sizes."""
        return {"features": self.features, "neurons": self.neurons}

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        """The layer without its bias is linear in A and in W."""
        return linear_laws(arrays, arrays["b"])

    def laid_out(self) -> int:
        """None: a product of matrices."""
        return 0

    def multiply_adds(self) -> int:
        """Products of the forward pass."""
        return prod(self.input.shape) * self.neurons
