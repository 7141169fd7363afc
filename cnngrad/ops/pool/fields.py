"""op: pool."""

from __future__ import annotations

from typing import Any

from cnngrad.errors import Problems
from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.ops.pool.fitting import PoolSettings, fit_pool
from cnngrad.ops.pool.layer import ANY, TIES, Pool
from cnngrad.spec.context import Context
from cnngrad.spec.fields import COMMON, DELTA, INPUT, LAYOUT, SLIDING, TRUTH, Field, Fields
from cnngrad.spec.layouts import layout_of
from cnngrad.spec.values import Choice, PerAxis, Whole
from cnngrad.windows.fitting import Slide

WINDOW: Fields = {
    "window": Field(PerAxis(Whole(least=1)), "cells of a window; one number, or one per axis", required=True),
    "mode": Field(Choice(("max", "average"), {"avg": "average"}), "max (default) or average"),
}
SETTINGS: Fields = {
    "ceil_mode": Field(TRUTH, "round the output size up"),
    "count_include_pad": Field(TRUTH, "whether an average counts padding (default true)"),
    "divisor_override": Field(Whole(never=0), "what an average divides by instead"),
    "ties": Field(Choice((*TIES, ANY), {}), "which of several largest cells takes the gradient"),
}
FIELDS: Fields = {**COMMON, **INPUT, **WINDOW, **SLIDING, **LAYOUT, **DELTA, **SETTINGS}
LAYER: Fields = {**WINDOW, **SLIDING, **SETTINGS, **LAYOUT}


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The pooling layer for this input; what does not fit goes to the context's problems."""
    if input_ is not None and not context.takes_layout(input_):
        return None
    found = Problems()
    pool: Pool | None = None
    if not context.problems.found and input_ is not None:
        layout = layout_of(context.values.get("layout"), input_.shape, found)
        if layout:
            pool = fit_pool(pool_settings(context.values), layout, input_.shape, context.limits, found)
    context.place_all(found)
    return None if pool is None or context.problems.found else Fitted(pool)


def pool_settings(values: dict[str, Any]) -> PoolSettings:
    """The settings of a pooling layer from its values by key; the stride defaults to the window."""
    slide = Slide(
        stride=values.get("stride", values["window"]),
        padding=values.get("padding", (0,)),
        dilation=values.get("dilation", (1,)),
        ceil=values.get("ceil_mode", False),
    )
    return PoolSettings(
        values["window"],
        slide,
        values.get("mode", "max"),
        values.get("ties", "first"),
        values.get("count_include_pad", True),
        values.get("divisor_override"),
    )
