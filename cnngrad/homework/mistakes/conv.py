"""The attempt at a quantity of a convolution, and what the rows about convolutions share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

from cnngrad.homework.mistake import only
from cnngrad.homework.mistakes.sliding import WindowAttempt
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv import Conv, ConvExercise
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.layout import Layout
from cnngrad.windows.windows import Windows


@dataclass(frozen=True, kw_only=True)
class ConvAttempt(WindowAttempt):
    """A and dZ (N, C, *spatial), W (O, I, *taps), b as the user gives it.

    `conv` works on them in these axes, `layout` and `W_user` are the user's; `product` replaces the layer's product.
    """

    conv: Conv
    layout: Layout
    A: Array
    W: Array
    b: Array
    dZ: Array
    W_user: Array
    product: Callable[[Any], Array] | None = None

    @classmethod
    def at(cls, exercise: ConvExercise, quantity: str, decimals: int = 17) -> ConvAttempt:
        """The right way to compute a quantity of the exercise."""
        layout = exercise.conv.layout
        return cls(
            quantity=quantity,
            decimals=decimals,
            conv=replace(exercise.conv, layout=replace(layout, letters=f"NC{layout.spatial}")),
            layout=layout,
            A=layout.canonical(exercise.A),
            W=layout.canonical_kernel(exercise.W),
            b=exercise.b,
            dZ=exercise.A[:0] if exercise.dZ is None else layout.canonical(exercise.dZ),
            W_user=exercise.W,
        )

    @property
    def correlation(self) -> Correlation:
        """The windows of the layer, and the channels that they connect."""
        return self.conv.correlation

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
        correlation = replace(self.correlation, windows=windows)
        return replace(self, conv=replace(self.conv, correlation=correlation))

    def takes(self, windows: Windows) -> bool:
        """A transposed layer keeps its windows, one per input cell."""
        return not self.conv.transposed or windows.outputs == self.windows.outputs

    def computed(self) -> Array:
        """The quantity in canonical axes: Z = A * W + b, dA, dW or db."""
        if self.product is not None:
            return self.product(self)
        match self.quantity:
            case "Z":
                return self.conv.forward(self.A, self.W, self.b)
            case "dA":
                return self.conv.to_input(self.W, self.dZ)
            case "dW":
                return self.conv.to_kernel(self.A, self.W, self.dZ)
            case _:
                return self.conv.to_bias(self.b, self.dZ)

    def finished(self, array: Array) -> Array:
        """The result in the axes of the user."""
        if self.quantity == "db":
            return array
        return self.layout.restore_kernel(array, self.W_user) if self.quantity == "dW" else self.layout.restore(array)


def each_filter(attempt: ConvAttempt, kept: int) -> Iterator[ConvAttempt]:
    """The attempt with the upstream gradient of one filter alone."""
    if attempt.filters > 1:
        yield replace(attempt, dZ=only(attempt.dZ, 1, kept))
