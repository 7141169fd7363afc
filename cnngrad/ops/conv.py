"""Convolution (cross-correlation) and its transpose, forward and backward.

Z[o] = sum over channels c and taps k of A[c, position(o, k)] * W[o, c, k] + b[o]
(PyTorch, torch.nn.Conv2d; Goodfellow et al., Deep Learning, eq. 9.7). The transposed layer swaps
the two sides of the same windows (PyTorch, torch.nn.ConvTranspose2d).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from cnngrad.calculus.laws import Law, law
from cnngrad.numbers.kinds import Array
from cnngrad.ops.exercise import LayerExercise
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.layout import Layout


@dataclass(frozen=True)
class Conv:
    """A convolution fitted to the shapes of its input and kernel; arrays in the user's layout."""

    layout: Layout
    correlation: Correlation
    transposed: bool = False
    output_padding: tuple[int, ...] = (0,)

    @property
    def filters(self) -> int:
        """C_out: channels of Z."""
        channels = self.correlation.channels
        return channels.inputs if self.transposed else channels.outputs

    @property
    def output_sizes(self) -> tuple[int, ...]:
        """Spatial shape of Z."""
        windows = self.correlation.windows
        return windows.sizes if self.transposed else windows.outputs

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of Z, in the layout."""
        spatial = iter(self.output_sizes)
        return tuple(
            size if letter == "N" else self.filters if letter == "C" else next(spatial)
            for letter, size in zip(self.layout.letters, input_shape, strict=True)
        )

    def forward(self, A: Array, W: Array, b: Array) -> Array:
        """Z = A * W + b."""
        wide_or_narrow, kernel = self.layout.canonical(A), self.layout.canonical_kernel(W)
        apply = self.correlation.wide if self.transposed else self.correlation.narrow
        Z = apply(wide_or_narrow, kernel) + b.reshape(1, -1, *(1,) * self.layout.rank)
        return self.layout.restore(Z)

    def backward(self, A: Array, W: Array, b: Array, dZ: Array) -> tuple[Array, Array, Array]:
        """dA, dW and db, in the shapes of A, W and b."""
        return self.to_input(W, dZ), self.to_kernel(A, W, dZ), self.to_bias(b, dZ)

    def to_input(self, W: Array, dZ: Array) -> Array:
        """dA: every cell of dZ times the kernel, back into its window."""
        apply = self.correlation.narrow if self.transposed else self.correlation.wide
        return self.layout.restore(apply(self.layout.canonical(dZ), self.layout.canonical_kernel(W)))

    def to_kernel(self, A: Array, W: Array, dZ: Array) -> Array:
        """dW, in the axes of W: every cell of dZ times its window."""
        inputs, upstream = self.layout.canonical(A), self.layout.canonical(dZ)
        sides = (upstream, inputs) if self.transposed else (inputs, upstream)
        return self.layout.restore_kernel(self.correlation.kernel(*sides), W)

    def to_bias(self, b: Array, dZ: Array) -> Array:
        """db, in the shape of b: the bias meets every cell of its channel."""
        upstream = self.layout.canonical(dZ)
        return np.reshape(upstream.sum(axis=(0, *range(2, upstream.ndim))), b.shape)


@dataclass(frozen=True)
class ConvExercise(LayerExercise):
    """A convolution with its numbers; `dZ` is missing for a forward pass alone."""

    conv: Conv
    A: Array
    W: Array
    b: Array
    dZ: Array | None = None
    op: str = "conv"

    def narrowed(self, names: frozenset[str]) -> Self:
        """Without the backward pass, where Z alone is asked for."""
        return replace(self, dZ=None) if names == {"Z"} else self

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The kernel and the bias."""
        return {"W": self.W, "b": self.b}

    def output_shape(self) -> tuple[int, ...]:
        """The shape of Z."""
        return self.conv.output_shape(self.A.shape)

    def output_letters(self) -> str:
        """The axes of Z, which are those of A."""
        return self.conv.layout.letters

    def forward(self, A: Array, *parameters: Array) -> Array:
        """Z = A * W + b."""
        return self.conv.forward(A, *parameters)

    def backward(self, upstream: Array, Z: Array, A: Array, *parameters: Array) -> tuple[Array, Array, Array]:
        """dA, dW and db."""
        W, b = parameters
        return self.conv.backward(A, W, b, upstream)

    def settings(self) -> dict[str, Any]:
        """The settings of every axis; those that most exercises leave alone only where they are used."""
        axes = self.conv.correlation.windows.axes
        settings: dict[str, Any] = {
            "stride": [axis.stride for axis in axes],
            "padding": [[axis.before, axis.after] for axis in axes],
            "dilation": [axis.dilation for axis in axes],
            "groups": self.conv.correlation.channels.groups,
            "layout": self.conv.layout.letters,
        }
        if axes[0].mode != "zeros":
            settings["padding_mode"] = axes[0].mode
        if axes[0].flip:
            settings["flip_kernel"] = True
        if self.conv.transposed:
            settings |= {"transposed": True, "output_padding": list(self.conv.output_padding)}
        return settings

    def laws(self, results: Mapping[str, Array]) -> tuple[Law, ...]:
        """The layer without its bias is linear in A and in W, and the bias meets every cell of its channel."""
        assert self.dZ is not None
        Z = results["Z"]
        without_bias = self.dZ * (Z - self._bias_like(Z))
        return (
            law("<A,dA> = <dZ,Z-b>", self.A * results["dA"], without_bias),
            law("<W,dW> = <dZ,Z-b>", self.W * results["dW"], without_bias),
            law("sum(db) = sum(dZ)", results["db"], self.dZ),
        )

    def multiply_adds(self) -> int:
        """Products of the forward pass."""
        return self.conv.correlation.multiply_adds(len(self.conv.layout.canonical(self.A)))

    def _bias_like(self, Z: Array) -> Array:
        layout = self.conv.layout
        if not layout.channels:
            return self.b
        place = layout.letters.index("C")
        return self.b.reshape([-1 if i == place else 1 for i in range(Z.ndim)])
