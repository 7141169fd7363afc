"""The keys of a convolution, and the way from its settings and the shapes of its arrays to the layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cnngrad.errors import Problems
from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.limits import Limits
from cnngrad.ops.conv.layer import Conv
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import BOOLEAN, NUMBERS, choice, one_per_axis, whole
from cnngrad.spec.fields import COMMON, DELTA, INPUT, LAYOUT, SLIDING, Field, Fields
from cnngrad.windows.axis import PADDING_MODES
from cnngrad.windows.channels import Channels
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.fitting import Slide, check_sizes, fit_transposed, output_padding_of, per_axis
from cnngrad.windows.fitting import fit as fit_axes
from cnngrad.windows.kept import kept
from cnngrad.windows.layout import Layout, fitted, layout_of
from cnngrad.windows.windows import Index, Windows
from cnngrad.wording import bias_problem, counted, times

PARAMETERS: Fields = {
    "kernel": Field(NUMBERS, "W, the kernel, in axes that follow the layout", required=True),
    "bias": Field(NUMBERS, "b, one number per filter; 0 when left out"),
}
SETTINGS: Fields = {
    "padding_mode": Field(choice(PADDING_MODES), "what is outside the input"),
    "groups": Field(whole(least=1), "groups of channels that do not see each other"),
    "flip_kernel": Field(BOOLEAN, "the true convolution of signal processing instead of cross-correlation"),
    "transposed": Field(BOOLEAN, "the adjoint: input and output change sides"),
    "output_padding": Field(one_per_axis(whole(least=0)), "cells added to the end of a transposed output"),
    "output_shape": Field(
        one_per_axis(whole(least=1), axes=5),
        "in place of output_padding, the spatial sizes of a transposed output, or its whole shape",
    ),
}
FIELDS: Fields = {**COMMON, **INPUT, **PARAMETERS, **SLIDING, **LAYOUT, **DELTA, **SETTINGS}
LAYER: Fields = {**PARAMETERS, **SLIDING, **SETTINGS, **LAYOUT}
FITTED = (*SLIDING, *SETTINGS)
"""The settings that a fitted layer depends on, beside its layout."""
READS = "images"


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The convolution for this input; what does not fit goes to the context's problems."""
    guessed = context.guesses_layout
    if input_ is not None and not context.takes_layout(input_):
        return None
    W, b = context.array("kernel"), context.array("bias")
    found = Problems()
    check_transposed(context.values, found)
    conv: Conv | None = None
    if not context.problems.found and not found.found and input_ is not None and W is not None:
        layout = layout_of(context.values.get("layout"), input_.shape, found)
        if layout:
            W = context.lifted(W, "kernel", layout.rank)
            conv = fit_conv(context.values, layout, input_.shape, W.shape, context.limits, found, guessed=guessed)
    context.place_all(found)
    if conv is None or W is None or context.problems.found:
        return None
    if b is None:
        b = context.constant(conv.bias_shape, "0")
    elif message := bias_problem(b.shape, conv.filters):
        context.place("bias", message)
    return Fitted(conv if b.shape == conv.bias_shape else replace(conv, bias_shape=b.shape), {"W": W, "b": b})


def check_transposed(values: Mapping[str, Any], problems: Problems) -> None:
    """Settings that only one of the two directions knows."""
    transposed = values.get("transposed", False)
    if transposed and values.get("padding_mode", "zeros") != "zeros":
        problems.add("padding_mode", f"{values['padding_mode']} has no transposed form; take zeros")
    if not transposed and any(values.get("output_padding", ())):
        problems.add("output_padding", "belongs to transposed convolutions; set transposed: true or leave it out")
    if not transposed and "output_shape" in values:
        problems.add("output_shape", "belongs to transposed convolutions; set transposed: true or leave it out")
    if "output_shape" in values and "output_padding" in values:
        problems.add("output_shape", "is given beside output_padding, and both fix the size; leave one of them out")


def fit_conv(
    values: Mapping[str, Any],
    layout: Layout,
    input_shape: Index,
    kernel: Index,
    limits: Limits,
    problems: Problems,
    *,
    guessed: bool = False,
) -> Conv | None:
    """The convolution with these settings, by key, for these shapes of input and kernel, with one bias per filter; what
    does not fit goes to `problems`. `guessed`: nobody gave the layout."""

    def fit_layout(layout: Layout, problems: Problems) -> Conv | None:
        return kept(_fit_conv, values, FITTED, layout, (input_shape, kernel), limits, problems)

    return fitted(fit_layout, layout, problems, guessed=guessed)


def _fit_conv(
    values: Mapping[str, Any], layout: Layout, shapes: tuple[Index, ...], limits: Limits, problems: Problems
) -> Conv | None:
    input_shape, kernel = shapes
    slide, transposed = Slide.of(values), values.get("transposed", False)
    extras: Index = (0,) * layout.rank
    if transposed:
        layout = replace(layout, filters="I")
    channels = _fit_channels(values.get("groups", 1), transposed, layout, input_shape, kernel, problems)
    if channels is None:
        return None
    letters = layout.letters_of_kernel(len(kernel))
    window = [size for letter, size in zip(letters, kernel, strict=True) if letter in layout.spatial]
    sizes = [size for letter, size in zip(layout.letters, input_shape, strict=True) if letter in layout.spatial]
    batch = input_shape[0] if layout.batched else 1
    if transposed:
        wide = _wide(values.get("output_shape"), layout, batch, channels.inputs, problems)
        axes = fit_transposed(slide, window, sizes, values.get("output_padding", (0,)), layout, problems, wide)
        extras = tuple(map(output_padding_of, axes))
    else:
        axes = fit_axes(slide, window, sizes, layout, "kernel", problems)
    if problems.found:
        return None
    windows = Windows(axes)
    check_sizes(Correlation(windows, channels), batch, "kernel", limits, problems, transposed=transposed)
    input_ = Output(input_shape, layout.letters)
    filters = (channels.inputs if transposed else channels.outputs,) if layout.channels else ()
    return Conv(input_, layout, windows, channels, kernel, filters, transposed, extras)


def _wide(given: Index | None, layout: Layout, batch: int, filters: int, problems: Problems) -> Index:
    """The spatial sizes of the output as they are given, alone or in its whole shape; nothing where they are not."""
    if given is None or len(given) != len(layout.letters):
        return () if given is None else per_axis(given, layout, "output_shape", problems)
    named = dict(zip(layout.letters, given, strict=True))
    for letter, size, what in (("N", batch, "images"), ("C", filters, "channels")):
        if named.get(letter, size) != size:
            says = f"shape {times(given)} ({layout.letters}) has {named[letter]} {what}, but the output has {size}"
            problems.add("output_shape", f"{says}; make that axis {size}, or give {layout.spatial} alone")
    return tuple(named[letter] for letter in layout.spatial)


def _fit_channels(
    groups: int, transposed: bool, layout: Layout, input_shape: Index, kernel_shape: Index, problems: Problems
) -> Channels | None:
    """The channels on both sides: the kernel is (O, I/groups), O the narrow and I the wide side."""
    ranks = (layout.rank + 1, layout.rank + 2) if layout.channels else (layout.rank,)
    if len(kernel_shape) not in ranks:
        problems.add("kernel", _kernel_rank(layout, kernel_shape))
        return None
    letters = layout.letters_of_kernel(len(kernel_shape))
    sizes = dict(zip(letters, kernel_shape, strict=True))
    outputs, inputs = sizes.get("O", 1), sizes.get("I", 1)
    given = dict(zip(layout.letters, input_shape, strict=True)).get("C", 1)
    if given % groups or (not transposed and outputs % groups):
        what = counted(given, "input channel") if given % groups else counted(outputs, "filter")
        both = f"both {given} and {outputs}" if not given % groups else str(given)
        problems.add("groups", f"{groups} does not divide the {what}; take a divisor of {both}")
        return None
    expected, axis = (outputs, "O") if transposed else (inputs * groups, "I")
    if expected != given:
        problems.add("kernel", _channel_mismatch(layout, kernel_shape, input_shape, axis, given, groups))
        return None
    return Channels(inputs * groups, outputs, groups)


def _kernel_rank(layout: Layout, shape: Index) -> str:
    forms = layout.letters_of_kernel(layout.rank + 2)
    if layout.channels:
        forms += f" or, for one filter, {layout.letters_of_kernel(layout.rank + 1)}"
    return (
        f"has {counted(len(shape), 'axis', 'axes')} (shape {times(shape)}), but the layout {layout.letters} needs "
        f"{forms}; change the brackets or the layout"
    )


def _channel_mismatch(layout: Layout, kernel: Index, input_shape: Index, axis: str, channels: int, groups: int) -> str:
    letters = layout.letters_of_kernel(len(kernel))
    place = letters.index(axis)
    wanted = channels if axis == "O" else channels // groups
    shared = f" in {groups} groups" if groups > 1 else ""
    return (
        f"shape {times(kernel)} ({letters}) has {kernel[place]} on axis {place} ({axis}), but the input, shape "
        f"{times(input_shape)} ({layout.letters}), has {counted(channels, 'channel')}{shared}; make that axis {wanted}"
    )
