"""The keys of a pooling layer, and the way from its settings and the shape of its input to the layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cnngrad.errors import Problems
from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.limits import Limits
from cnngrad.ops.pool.layer import Pool
from cnngrad.ops.pool.tie_rules import RULES
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import BOOLEAN, choice, one_per_axis, or_word, whole
from cnngrad.spec.fields import COMMON, DELTA, INPUT, LAYOUT, SLIDING, Field, Fields
from cnngrad.windows.axis import Axis
from cnngrad.windows.channels import Channels
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.fitting import GLOBAL, NAMES, Slide, check_sizes, global_window, per_axis
from cnngrad.windows.fitting import fit as fit_axes
from cnngrad.windows.kept import kept
from cnngrad.windows.layout import Layout, fitted, layout_of
from cnngrad.windows.windows import Index, Windows

WINDOW: Fields = {
    "window": Field(
        or_word(GLOBAL, one_per_axis(whole(least=1))),
        "cells of a window; one number, one per axis, or global for the whole plane",
        required=True,
    ),
    "mode": Field(choice(("max", "average"), {"avg": "average"}), "max (default) or average"),
}
SETTINGS: Fields = {
    "ceil_mode": Field(BOOLEAN, "round the output size up"),
    "count_include_pad": Field(BOOLEAN, "whether an average counts padding (default true)"),
    "divisor_override": Field(whole(never=0), "what an average divides by instead"),
    "ties": Field(choice(tuple(RULES)), "which of several largest cells takes the gradient"),
}
FIELDS: Fields = {**COMMON, **INPUT, **WINDOW, **SLIDING, **LAYOUT, **DELTA, **SETTINGS}
LAYER: Fields = {**WINDOW, **SLIDING, **SETTINGS, **LAYOUT}
FITTED = (*WINDOW, *SLIDING, *SETTINGS)
"""The settings that a fitted layer depends on, beside its layout."""
READS = "images"


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The pooling layer for this input; what does not fit goes to the context's problems."""
    guessed = context.guesses_layout
    if input_ is not None and not context.takes_layout(input_):
        return None
    found = Problems()
    pool: Pool | None = None
    if not context.problems.found and input_ is not None:
        layout = layout_of(context.values.get("layout"), input_.shape, found)
        if layout:
            pool = fit_pool(context.values, layout, input_.shape, context.limits, found, guessed=guessed)
    context.place_all(found)
    return None if pool is None or context.problems.found else Fitted(pool)


def fit_pool(
    values: Mapping[str, Any],
    layout: Layout,
    input_shape: tuple[int, ...],
    limits: Limits,
    problems: Problems,
    *,
    guessed: bool = False,
) -> Pool | None:
    """The pooling layer with these settings, by key, for this shape; what does not fit goes to `problems`.

    The stride is the window where none is given. `guessed`: nobody gave the layout.
    """

    def fit_layout(layout: Layout, problems: Problems) -> Pool | None:
        return kept(_fit_pool, values, FITTED, layout, (input_shape,), limits, problems)

    return fitted(fit_layout, layout, problems, guessed=guessed)


def _fit_pool(
    values: Mapping[str, Any], layout: Layout, shapes: tuple[Index, ...], limits: Limits, problems: Problems
) -> Pool | None:
    (input_shape,) = shapes
    sizes = [size for letter, size in zip(layout.letters, input_shape, strict=True) if letter in layout.spatial]
    if values["window"] == GLOBAL:
        window = global_window(values, sizes, problems)
    else:
        window = per_axis(values["window"], layout, "window", problems)
    if problems.found:
        return None
    axes = fit_axes(Slide.of(values, stride=window), window, sizes, layout, "window", problems)
    _check_half(axes, layout, problems)
    if problems.found:
        return None
    windows = Windows(axes)
    planes = math.prod(input_shape) // math.prod(sizes)
    check_sizes(Correlation(windows, Channels(planes, planes, planes)), 1, "window", limits, problems)
    input_ = Output(input_shape, layout.letters)
    counts = values.get("count_include_pad", True), values.get("divisor_override")
    return Pool(input_, layout, windows, values.get("mode", "max"), values.get("ties", "first"), *counts)


def _check_half(axes: tuple[Axis, ...], layout: Layout, problems: Problems) -> None:
    """PyTorch's rule: at most half of a window is on padding at either end."""
    for axis, name in zip(axes, layout.spatial, strict=False):
        most, pad = axis.span // 2, max(axis.before, axis.after)
        if pad > most and not problems.found:
            half = f"{pad} is more than half of the window's span of {axis.span} along the {NAMES[name]}"
            problems.add("padding", f"{half}; pad by at most {most}")
