"""From the settings of a pooling layer and the shape of its input to the layer, or to what does not fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnngrad.errors import Problems
from cnngrad.exercise.layer import Output
from cnngrad.limits import Limits
from cnngrad.ops.pool.layer import Pool
from cnngrad.windows.axis import Axis
from cnngrad.windows.fitting import NAMES, Slide, check_sizes, fit, per_axis
from cnngrad.windows.layout import Layout
from cnngrad.windows.windows import Windows


@dataclass(frozen=True)
class PoolSettings:
    """The settings of a pooling layer as the user gives them."""

    window: tuple[int, ...]
    slide: Slide = Slide()
    mode: str = "max"
    ties: str = "first"
    count_include_pad: bool = True
    divisor_override: int | None = None


def fit_pool(
    settings: PoolSettings, layout: Layout, input_shape: tuple[int, ...], limits: Limits, problems: Problems
) -> Pool | None:
    """The pooling layer for this shape; what does not fit goes to `problems`."""
    sizes = [size for letter, size in zip(layout.letters, input_shape, strict=True) if letter in layout.spatial]
    window = per_axis(settings.window, layout, "window", problems)
    if problems.found:
        return None
    axes = fit(settings.slide, window, sizes, layout, "window", problems)
    _check_half(axes, layout, problems)
    if problems.found:
        return None
    windows = Windows(axes)
    planes = math.prod(input_shape) // math.prod(sizes)
    check_sizes(axes, planes, planes, planes * windows.multiply_adds(), "window", limits, problems)
    input_ = Output(input_shape, layout.letters)
    counts = settings.count_include_pad, settings.divisor_override
    return Pool(input_, layout, windows, settings.mode, settings.ties, *counts)


def _check_half(axes: tuple[Axis, ...], layout: Layout, problems: Problems) -> None:
    """PyTorch's rule: at most half of a window stands on padding at either end."""
    for axis, name in zip(axes, layout.spatial, strict=False):
        most, pad = axis.span // 2, max(axis.before, axis.after)
        if pad > most and not problems.found:
            half = f"{pad} is more than half of the window's span of {axis.span} along the {NAMES[name]}"
            problems.add("padding", f"{half}; pad by at most {most}")
