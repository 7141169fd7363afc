"""op: conv."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cnngrad.errors import Problems
from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.ops.conv.fitting import ConvSettings, fit_conv
from cnngrad.ops.conv.layer import Conv
from cnngrad.spec.context import Context
from cnngrad.spec.fields import COMMON, DELTA, INPUT, LAYOUT, SLIDING, TRUTH, Field, Fields
from cnngrad.spec.layouts import layout_of
from cnngrad.spec.values import Choice, Numbers, PerAxis, Whole
from cnngrad.windows.axis import PADDING_MODES
from cnngrad.windows.fitting import Slide
from cnngrad.wording import bias_problem

PARAMETERS: Fields = {
    "kernel": Field(Numbers(), "W, the kernel, in axes that follow the layout", required=True),
    "bias": Field(Numbers(), "b, one number per filter; 0 when left out"),
}
SETTINGS: Fields = {
    "padding_mode": Field(Choice(PADDING_MODES, {}), "what stands outside the input"),
    "groups": Field(Whole(least=1), "groups of channels that do not see each other"),
    "flip_kernel": Field(TRUTH, "the true convolution of signal processing instead of cross-correlation"),
    "transposed": Field(TRUTH, "the adjoint: input and output change sides"),
    "output_padding": Field(PerAxis(Whole(least=0)), "cells added to the end of a transposed output"),
}
FIELDS: Fields = {**COMMON, **INPUT, **PARAMETERS, **SLIDING, **LAYOUT, **DELTA, **SETTINGS}
LAYER: Fields = {**PARAMETERS, **SLIDING, **SETTINGS, **LAYOUT}


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The convolution for this input; what does not fit goes to the context's problems."""
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
            conv = fit_conv(conv_settings(context.values), layout, input_.shape, W.shape, context.limits, found)
    context.place_all(found)
    if conv is None or W is None or context.problems.found:
        return None
    if b is None:
        b = context.constant(conv.bias_shape, "0")
    elif message := bias_problem(b.shape, conv.filters):
        context.place("bias", message)
    return Fitted(replace(conv, bias_shape=b.shape), {"W": W, "b": b})


def conv_settings(values: dict[str, Any]) -> ConvSettings:
    """The settings of a convolution from its values by key."""
    slide = Slide(
        stride=values.get("stride", (1,)),
        padding=values.get("padding", (0,)),
        dilation=values.get("dilation", (1,)),
        mode=values.get("padding_mode", "zeros"),
        flip=values.get("flip_kernel", False),
    )
    return ConvSettings(
        slide, values.get("groups", 1), values.get("transposed", False), values.get("output_padding", (0,))
    )


def check_transposed(values: dict[str, Any], problems: Problems) -> None:
    """Settings that only one of the two directions knows."""
    transposed = values.get("transposed", False)
    if transposed and values.get("padding_mode", "zeros") != "zeros":
        problems.add("padding_mode", f"{values['padding_mode']} has no transposed form; take zeros")
    if not transposed and any(values.get("output_padding", ())):
        problems.add("output_padding", "belongs to transposed convolutions; set transposed: true or leave it out")
