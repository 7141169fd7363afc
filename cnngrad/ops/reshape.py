"""Layers that only pass numbers on: flatten, and the sum of a residual connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.numbers.kinds import Array
from cnngrad.ops.exercise import LayerExercise
from cnngrad.windows.layout import BY_RANK


@dataclass(frozen=True)
class FlattenExercise(LayerExercise):
    """All axes but the batch as one, row-major over the layout; `letters` names the axes of A."""

    A: Array
    letters: str
    batched: bool = False
    dZ: Array | None = None
    op: str = "flatten"

    def output_shape(self) -> tuple[int, ...]:
        """(batch, features) or (features,)."""
        batch = self.A.shape[:1] if self.batched else ()
        return (*batch, self.A.size // (batch[0] if batch else 1))

    def output_letters(self) -> str:
        """A batch is a matrix."""
        return BY_RANK[1 + self.batched]

    def forward(self, A: Array, *parameters: Array) -> Array:
        """The same cells in a row."""
        return A.reshape(self.output_shape())

    def backward(self, upstream: Array, Z: Array, A: Array, *parameters: Array) -> tuple[Array]:
        """The same gradients in the shape of A."""
        return (upstream.reshape(A.shape),)

    def settings(self) -> dict[str, Any]:
        """The order of the cells."""
        return {"order": f"row-major over {self.letters}"}

    def multiply_adds(self) -> int:
        """Nothing is computed."""
        return 0


@dataclass(frozen=True)
class ResidualExercise(LayerExercise):
    """Z = A + S, where S is the output of an earlier layer (He et al. 2016); `letters` names the axes."""

    A: Array
    S: Array
    letters: str
    source: str
    dZ: Array | None = None
    op: str = "residual"

    @property
    def constants(self) -> Mapping[str, Array]:
        """The skipped value."""
        return {"S": self.S}

    @property
    def others(self) -> tuple[Array, ...]:
        """The skipped value, the second input."""
        return (self.S,)

    def output_shape(self) -> tuple[int, ...]:
        """The shape of Z, which is that of A."""
        return self.A.shape

    def output_letters(self) -> str:
        """The axes of Z, which are those of A."""
        return self.letters

    def forward(self, A: Array, *others: Array) -> Array:
        """A + S."""
        return np.asarray(GATES["add"].forward(A, *others))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array]:
        """The upstream gradient, to both."""
        dA, dS = GATES["add"].backward(upstream, Z, A, *others)
        return dA, dS

    def at(self, A: Array, dZ: Array | None, *others: Array) -> Self:
        """This sum with other inputs."""
        return replace(self, A=A, S=others[0], dZ=dZ)

    def settings(self) -> dict[str, Any]:
        """Where the second summand comes from."""
        return {"from": self.source}

    def multiply_adds(self) -> int:
        """Additions only."""
        return 0
