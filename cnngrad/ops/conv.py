"""Convolution (cross-correlation) and its transpose, forward and backward.

Z[o] = sum over channels c and taps k of A[c, position(o, k)] * W[o, c, k] + b[o]
(PyTorch, torch.nn.Conv2d; Goodfellow et al., Deep Learning, eq. 9.7). The transposed layer swaps
the two sides of the same windows (PyTorch, torch.nn.ConvTranspose2d).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.calculus.laws import law
from cnngrad.errors import Problems
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import Array, Kind, kind_of
from cnngrad.ops.exercise import Solved
from cnngrad.windows.channels import Channels
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.fitting import Slide, check_sizes, fit, fit_transposed
from cnngrad.windows.layout import Layout
from cnngrad.windows.windows import Windows


@dataclass(frozen=True)
class ConvSettings:
    """The settings of a convolution as the user gives them."""

    slide: Slide = Slide()
    groups: int = 1
    transposed: bool = False
    output_padding: tuple[int, ...] = (0,)


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
    def input_channels(self) -> int:
        """C_in: channels of A."""
        channels = self.correlation.channels
        return channels.outputs if self.transposed else channels.inputs

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
        inputs, upstream = self.layout.canonical(A), self.layout.canonical(dZ)
        kernel = self.layout.canonical_kernel(W)
        if self.transposed:
            dA = self.correlation.narrow(upstream, kernel)
            dW = self.correlation.kernel(upstream, inputs)
        else:
            dA = self.correlation.wide(upstream, kernel)
            dW = self.correlation.kernel(inputs, upstream)
        db = upstream.sum(axis=(0, *range(2, upstream.ndim)))
        return self.layout.restore(dA), self.layout.restore_kernel(dW, W), np.reshape(db, b.shape)


@dataclass(frozen=True)
class ConvExercise:
    """A convolution with its numbers; `dZ` is missing for a forward pass alone."""

    conv: Conv
    A: Array
    W: Array
    b: Array
    dZ: Array | None = None
    op: str = "conv"

    @property
    def kind(self) -> Kind:
        """The kind of the numbers."""
        return kind_of(self.A)

    @cached_property
    def given(self) -> Mapping[str, Array]:
        """A, W, b and, where given, dZ."""
        given = {"A": self.A, "W": self.W, "b": self.b}
        return given if self.dZ is None else given | {"dZ": self.dZ}

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

    def solve(self) -> Solved:
        """Z and, with an upstream gradient, dA, dW, db and their laws."""
        Z = self.conv.forward(self.A, self.W, self.b)
        if self.dZ is None:
            return Solved({"Z": Z})
        dA, dW, db = self.conv.backward(self.A, self.W, self.b, self.dZ)
        without_bias = self.dZ * (Z - self._bias_like(Z))
        laws = (
            law("<A,dA> = <dZ,Z-b>", self.A * dA, without_bias),
            law("<W,dW> = <dZ,Z-b>", self.W * dW, without_bias),
            law("sum(db) = sum(dZ)", db, self.dZ),
        )
        return Solved({"Z": Z, "dA": dA, "dW": dW, "db": db}, laws)

    def loss(self, arrays: Mapping[str, Array]) -> Any:
        """<dZ, Z> for other values of A, W, b."""
        Z = self.conv.forward(arrays["A"], arrays["W"], arrays["b"])
        return (Z * self.dZ).sum()

    def multiply_adds(self) -> int:
        """Products of the forward pass."""
        return self.conv.correlation.multiply_adds(len(self.conv.layout.canonical(self.A)))

    def _bias_like(self, Z: Array) -> Array:
        layout = self.conv.layout
        if not layout.channels:
            return self.b
        place = layout.letters.index("C")
        return self.b.reshape([-1 if i == place else 1 for i in range(Z.ndim)])


def fit_conv(
    settings: ConvSettings,
    layout: Layout,
    input_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    limits: Limits,
    problems: Problems,
) -> Conv | None:
    """The convolution for these shapes; what does not fit goes to `problems`."""
    if settings.transposed:
        layout = replace(layout, filters="I")
    channels = _fit_channels(settings, layout, input_shape, kernel_shape, problems)
    if channels is None:
        return None
    letters = layout.letters_of_kernel(len(kernel_shape))
    window = [size for letter, size in zip(letters, kernel_shape, strict=True) if letter in layout.spatial]
    sizes = [size for letter, size in zip(layout.letters, input_shape, strict=True) if letter in layout.spatial]
    if settings.transposed:
        axes = fit_transposed(settings.slide, window, sizes, settings.output_padding, layout, problems)
    else:
        axes = fit(settings.slide, window, sizes, layout, "kernel", problems)
    if problems.found:
        return None
    correlation = Correlation(Windows(axes), channels)
    batch = input_shape[0] if layout.batched else 1
    work = correlation.multiply_adds(batch)
    check_sizes(axes, batch * channels.inputs, batch * channels.outputs, work, "kernel", limits, problems)
    extras = settings.output_padding * (layout.rank if len(settings.output_padding) == 1 else 1)
    return Conv(layout, correlation, settings.transposed, extras)


def _fit_channels(
    settings: ConvSettings,
    layout: Layout,
    input_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    problems: Problems,
) -> Channels | None:
    """The channels on both sides: the kernel is (O, I/groups), O the narrow and I the wide side."""
    ranks = (layout.rank + 1, layout.rank + 2) if layout.channels else (layout.rank,)
    if len(kernel_shape) not in ranks:
        problems.add("kernel", _kernel_rank(layout, kernel_shape))
        return None
    letters = layout.letters_of_kernel(len(kernel_shape))
    sizes = dict(zip(letters, kernel_shape, strict=True))
    outputs, inputs, groups = sizes.get("O", 1), sizes.get("I", 1), settings.groups
    given = dict(zip(layout.letters, input_shape, strict=True)).get("C", 1)
    if given % groups or (not settings.transposed and outputs % groups):
        what = counted(given, "input channel") if given % groups else counted(outputs, "filter")
        both = f"both {given} and {outputs}" if not given % groups else str(given)
        problems.add("groups", f"{groups} does not divide the {what}; take a divisor of {both}")
        return None
    expected, axis = (outputs, "O") if settings.transposed else (inputs * groups, "I")
    if expected != given:
        problems.add("kernel", _channel_mismatch(layout, letters, kernel_shape, input_shape, axis, given, groups))
        return None
    return Channels(inputs * groups, outputs, groups)


def _kernel_rank(layout: Layout, shape: tuple[int, ...]) -> str:
    forms = layout.letters_of_kernel(layout.rank + 2)
    if layout.channels:
        forms += f" or, for one filter, {layout.letters_of_kernel(layout.rank + 1)}"
    return (
        f"has {counted(len(shape), 'axis', 'axes')} (shape {times(shape)}), but the layout {layout.letters} needs "
        f"{forms}; change the brackets or the layout"
    )


def _channel_mismatch(
    layout: Layout,
    letters: str,
    kernel: tuple[int, ...],
    input_shape: tuple[int, ...],
    axis: str,
    channels: int,
    groups: int,
) -> str:
    place = letters.index(axis)
    wanted = channels if axis == "O" else channels // groups
    shared = f" in {groups} groups" if groups > 1 else ""
    return (
        f"shape {times(kernel)} ({letters}) has {kernel[place]} on axis {place} ({axis}), but the input, shape "
        f"{times(input_shape)} ({layout.letters}), has {counted(channels, 'channel')}{shared}; make that axis {wanted}"
    )


def times(shape: tuple[int, ...]) -> str:
    """A shape as people say it: 3x4; a single number is 'one number'."""
    return "x".join(map(str, shape)) if shape else "one number"


def bias_problem(shape: tuple[int, ...], filters: int) -> str | None:
    """Why a bias of this shape does not serve `filters` filters, if it does not."""
    if math.prod(shape) == filters and max(shape, default=1) == filters:
        return None
    there = f"there {'is' if filters == 1 else 'are'} {counted(filters, 'filter')}"
    return f"has shape {times(shape)}, but {there}; give {counted(filters, 'number')}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 filter`, `2 filters`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def delta_problem(shape: tuple[int, ...], Z: tuple[int, ...], letters: str) -> str | None:
    """Why an upstream gradient of this shape does not fit Z, if it does not."""
    if shape == Z:
        return None
    if len(shape) != len(Z):
        differs = f"it has {counted(len(shape), 'axis', 'axes')}, not {len(Z)}"
    else:
        axis = next(i for i, (given, wanted) in enumerate(zip(shape, Z, strict=True)) if given != wanted)
        differs = f"axis {axis} ({letters[axis]}) is {shape[axis]}, not {Z[axis]}"
    return f"has shape {times(shape)}, but Z has shape {times(Z)} ({letters}): {differs}; give one number per cell of Z"
