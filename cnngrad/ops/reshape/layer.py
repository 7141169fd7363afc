"""Layers that only pass numbers on: flatten, and the sum of a residual connection."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.exercise.layer import Layer, Output
from cnngrad.numbers.kinds import Array
from cnngrad.windows.layout import drawn


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes but the batch as one, row-major over the layout of A: (batch, features) or (features,)."""

    op: ClassVar[str] = "flatten"

    @property
    def output(self) -> Output:
        """A row of features for every image."""
        letters = "NF" if "N" in self.input.letters else "F"
        batch = self.input.shape[: len(letters) - 1]
        return Output((*batch, prod(self.input.shape[len(batch) :])), letters)

    def forward(self, A: Array, *others: Array) -> Array:
        """The same cells in a row."""
        return A.reshape(self.output.shape)

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array]:
        """The same gradients in the shape of A."""
        return (upstream.reshape(A.shape),)

    def settings(self) -> dict[str, Any]:
        """The order of the cells."""
        return {"order": f"row-major over {drawn(self.input.letters)}"}

    def multiply_adds(self) -> int:
        """Nothing is computed."""
        return 0


@dataclass(frozen=True)
class Residual(Layer):
    """Z = A + S, where S is the output of the earlier layer `source` (He et al. 2016)."""

    op: ClassVar[str] = "residual"

    source: str

    @property
    def others(self) -> tuple[str, ...]:
        """The skipped value."""
        return ("S",)

    @property
    def output(self) -> Output:
        """Z has the axes of A."""
        return self.input

    def forward(self, A: Array, *others: Array) -> Array:
        """A + S."""
        return np.asarray(GATES["add"].forward(A, *others))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array]:
        """The upstream gradient, to both."""
        dA, dS = GATES["add"].backward(upstream, Z, A, *others)
        return dA, dS

    def settings(self) -> dict[str, Any]:
        """Where the second summand comes from."""
        return {"from": self.source}

    def multiply_adds(self) -> int:
        """Additions only."""
        return 0
