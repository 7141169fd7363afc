"""Convolution (cross-correlation) and its transpose, forward and backward.

Z[o] = sum over channels c and taps k of A[c, position(o, k)] * W[o, c, k] + b[o]
(PyTorch, torch.nn.Conv2d; Goodfellow et al., Deep Learning, eq. 9.7). The transposed layer swaps
the two sides of the same windows (PyTorch, torch.nn.ConvTranspose2d).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Self

import numpy as np

from cnngrad.calculus.laws import Law
from cnngrad.exercise.layer import Arrays, Output, WindowLayer, linear_laws
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS
from cnngrad.records import dataclass
from cnngrad.windows.channels import Channels
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.windows import Windows


@dataclass(frozen=True)
class Conv(WindowLayer):
    """A convolution fitted to the shapes of its input and kernel; arrays in the user's layout."""

    record: ClassVar[Op] = OPS["conv"]
    sums_of_products: ClassVar[bool] = True

    channels: Channels
    kernel_shape: tuple[int, ...]
    bias_shape: tuple[int, ...]
    transposed: bool = False
    output_padding: tuple[int, ...] = (0,)
    method: type[Correlation] = Correlation
    """what computes the products"""

    @cached_property
    def correlation(self) -> Correlation:
        """The products between the two sides of the windows."""
        return self.method(self.windows, self.channels)

    @cached_property
    def told(self) -> dict[Any, Any]:
        """What a trace tells of some cells whatever the numbers are; a layer that is kept serves the next exercise."""
        return {}

    @property
    def parameters(self) -> Mapping[str, tuple[int, ...]]:
        return {"W": self.kernel_shape, "b": self.bias_shape}

    @property
    def keys(self) -> Mapping[str, str]:
        return {"W": "kernel", "b": "bias"}

    def axis_letters(self, symbol: str) -> str:
        """That of filters is O, whoever's kernel a transposed convolution takes."""
        if symbol == "W":
            letters = self.layout.letters_of_kernel(len(self.kernel_shape))
            return letters.translate(str.maketrans("IO", "OI")) if self.layout.filters == "I" else letters
        if symbol == "b":
            return "O".rjust(len(self.bias_shape), ".") if self.layout.channels and self.bias_shape else ""
        return super().axis_letters(symbol)

    @property
    def filters(self) -> int:
        """C_out: channels of Z."""
        return self.channels.inputs if self.transposed else self.channels.outputs

    @property
    def output_sizes(self) -> tuple[int, ...]:
        """Spatial shape of Z."""
        return self.windows.sizes if self.transposed else self.windows.outputs

    @cached_property
    def output(self) -> Output:
        shape = self.layout.user_cell((self.batch, self.filters, *self.output_sizes))
        return Output(shape, self.layout.letters)

    def forward(self, A: Array, *others: Array) -> Array:
        """Z = A * W + b."""
        W, b = others
        apply = self.correlation.wide if self.transposed else self.correlation.narrow
        Z = apply(self.layout.canonical(A), self.layout.canonical_kernel(W))
        along = b.reshape(1, -1, *(1,) * self.layout.rank)
        return self.layout.restore(np.add(Z, along, out=Z if Z.dtype == b.dtype else None))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array, Array]:
        W, _ = others
        return (*self.to_input_and_kernel(A, W, upstream), self.to_bias(upstream))

    def to_input_and_kernel(self, A: Array, W: Array, dZ: Array) -> tuple[Array, Array]:
        """dA and dW, which read the same windows."""
        inputs, kernel, upstream = self.layout.canonical(A), self.layout.canonical_kernel(W), self.layout.canonical(dZ)
        if self.transposed:
            dA, dW = self.correlation.narrow_and_kernel(upstream, inputs, kernel)
        else:
            dA, dW = self.correlation.wide_and_kernel(inputs, upstream, kernel)
        return self.layout.restore(dA), self.layout.restore_kernel(dW, len(self.kernel_shape))

    def to_input(self, W: Array, dZ: Array) -> Array:
        """dA: every cell of dZ times the kernel, back into its window."""
        apply = self.correlation.narrow if self.transposed else self.correlation.wide
        return self.layout.restore(apply(self.layout.canonical(dZ), self.layout.canonical_kernel(W)))

    def to_kernel(self, A: Array, dZ: Array) -> Array:
        """dW: every cell of dZ times its window."""
        inputs, upstream = self.layout.canonical(A), self.layout.canonical(dZ)
        sides = (upstream, inputs) if self.transposed else (inputs, upstream)
        return self.layout.restore_kernel(self.correlation.kernel(*sides), len(self.kernel_shape))

    def to_bias(self, dZ: Array) -> Array:
        """db: the bias meets every cell of its channel."""
        upstream = self.layout.canonical(dZ)
        return np.reshape(upstream.sum(axis=(0, *range(2, upstream.ndim))), self.bias_shape)

    @property
    def wide(self) -> str:
        return "Z" if self.transposed else "A"

    @property
    def depth(self) -> int:
        return self.channels.inputs

    @property
    def positions(self) -> int:
        """Cells of one plane of Z."""
        return prod(self.output_sizes)

    def computed(self, quantity: str, dZ: Array, *inputs: Array) -> Array:
        A, W, _ = inputs
        match quantity:
            case "dA":
                return self.to_input(W, dZ)
            case "dW":
                return self.to_kernel(A, dZ)
            case "db":
                return self.to_bias(dZ)
            case _:
                return self.forward(*inputs)

    def canonical(self) -> Self:
        """The kernel has all its axes then."""
        kernel_shape = self.layout.kernel_cell(self.kernel_shape, 1)
        return replace(super().canonical(), kernel_shape=kernel_shape)

    def arranged(self, symbol: str, array: Array) -> Array:
        if symbol == "b":
            return array
        return self.layout.canonical_kernel(array) if symbol == "W" else self.layout.canonical(array)

    def restored(self, symbol: str, array: Array) -> Array:
        if symbol in ("b", "db"):
            return array
        if symbol in ("W", "dW"):
            return self.layout.restore_kernel(array, len(self.kernel_shape))
        return self.layout.restore(array)

    def takes(self, windows: Windows) -> bool:
        """Those that the kernel fits; a transposed layer keeps its windows, one per cell of A."""
        fits = windows.taps == self.windows.taps
        return fits and (not self.transposed or windows.outputs == self.windows.outputs)

    def moves(self, cells: tuple[int, ...]) -> tuple[int, ...] | None:
        """As windows do; a transposed layer places a whole window for every cell of A."""
        if not self.transposed:
            return super().moves(cells)
        axes = zip(self.windows.axes, cells, strict=True)
        return tuple(axis.position(cell, 0) - axis.position(0, 0) for axis, cell in axes)

    def settings(self) -> dict[str, Any]:
        first = self.windows.axes[0]
        settings = {**self.sliding, "groups": self.channels.groups, "layout": self.layout.letters}
        if first.mode != "zeros":
            settings["padding_mode"] = first.mode
        if first.flip:
            settings["flip_kernel"] = True
        if self.transposed:
            settings |= {"transposed": True, "output_padding": list(self.output_padding)}
        return settings

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        return linear_laws(arrays, self._along_channels(arrays["b"]))

    def laid_out(self) -> int:
        """The windows once for all filters, and the padded input."""
        windows = self.multiply_adds() // self.channels.outputs_per_group
        return windows + self.batch * self.channels.inputs * self.windows.reached()

    def multiply_adds(self) -> int:
        return self.correlation.multiply_adds(self.batch)

    def _along_channels(self, b: Array) -> Array:
        """The bias as it is added to Z."""
        if not self.layout.channels:
            return b
        place = self.layout.letters.index("C")
        return b.reshape([-1 if i == place else 1 for i in range(len(self.input.shape))])
