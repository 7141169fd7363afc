"""The attempt at a quantity of a convolution, and what the rows about convolutions share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from cnngrad.homework.mistake import Attempt, only
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv import Conv, ConvExercise
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.windows import Windows


@dataclass(frozen=True, kw_only=True)
class ConvAttempt(Attempt):
    """A and dZ (N, C, *spatial), W (O, I, *taps), b (C_out), the windows and channels that connect them.

    `product` replaces the product of the layer by another one. `W_user` and `b_user` keep the axes of the user.
    """

    conv: Conv
    correlation: Correlation
    A: Array
    W: Array
    b: Array
    dZ: Array
    W_user: Array
    b_user: Array
    product: Callable[[Any], Array] | None = None

    @classmethod
    def at(cls, exercise: ConvExercise, quantity: str, decimals: int = 17) -> ConvAttempt:
        """The right way to compute a quantity of the exercise."""
        layout = exercise.conv.layout
        dZ = exercise.A[:0] if exercise.dZ is None else layout.canonical(exercise.dZ)
        return cls(
            quantity=quantity,
            decimals=decimals,
            conv=exercise.conv,
            correlation=exercise.conv.correlation,
            A=layout.canonical(exercise.A),
            W=layout.canonical_kernel(exercise.W),
            b=exercise.b.reshape(-1),
            dZ=dZ,
            W_user=exercise.W,
            b_user=exercise.b,
        )

    @property
    def windows(self) -> Windows:
        """The windows of the layer."""
        return self.correlation.windows

    @property
    def rank(self) -> int:
        """How many spatial axes there are."""
        return self.windows.rank

    @property
    def batch(self) -> int:
        """N."""
        return len(self.A)

    @property
    def filters(self) -> int:
        """C_out."""
        return self.conv.filters

    @property
    def positions(self) -> int:
        """Cells of one plane of Z."""
        return math.prod(self.conv.output_sizes)

    def with_windows(self, windows: Windows) -> Self:
        """The same with other windows."""
        return replace(self, correlation=replace(self.correlation, windows=windows))

    def computed(self) -> Array:
        """The quantity in canonical axes: Z = A * W + b, dA, dW or db."""
        if self.product is not None:
            return self.product(self)
        correlation, transposed = self.correlation, self.conv.transposed
        match self.quantity:
            case "Z":
                apply = correlation.wide if transposed else correlation.narrow
                return np.asarray(apply(self.A, self.W) + self.b.reshape(1, -1, *(1,) * self.rank))
            case "dA":
                return (correlation.narrow if transposed else correlation.wide)(self.dZ, self.W)
            case "dW":
                wide, narrow = (self.dZ, self.A) if transposed else (self.A, self.dZ)
                return correlation.kernel(wide, narrow)
            case _:
                return np.asarray(self.dZ.sum(axis=(0, *range(2, self.dZ.ndim))))

    def finished(self, array: Array) -> Array:
        """The result in the axes of the user."""
        if self.quantity == "dW":
            return self.conv.layout.restore_kernel(array, self.W_user)
        if self.quantity == "db":
            return array.reshape(self.b_user.shape) if array.size == self.b_user.size else array
        return self.conv.layout.restore(array)

    def windowed(self, narrow: Array) -> Array:
        """Every narrow cell times the kernel, before it is added into its window (N, I, *outputs, *taps)."""
        flat = self.correlation.channels.grouped_kernel(self.W).swapaxes(1, 2)
        rows = self.correlation.channels.grouped(narrow)
        columns = flat @ rows.reshape(*rows.shape[:3], -1)
        channels, rank = self.correlation.channels.inputs, self.rank
        taps_first = columns.reshape(len(narrow), channels, *self.windows.taps, *self.windows.outputs)
        return np.moveaxis(taps_first, range(2, 2 + rank), range(-rank, 0))


def each_filter(attempt: ConvAttempt, kept: int) -> Iterator[ConvAttempt]:
    """The attempt with the upstream gradient of one filter alone."""
    if attempt.filters > 1:
        yield replace(attempt, dZ=only(attempt.dZ, 1, kept))
