"""From the user's stride, padding and dilation to axes, with a message for whatever does not fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from cnngrad.errors import Problems
from cnngrad.limits import Limits
from cnngrad.records import dataclass
from cnngrad.windows.axis import Axis, count, same_padding
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.layout import Layout

Pair = tuple[int, int]
Padding = str | tuple[int, ...] | tuple[Pair, ...]
"""`valid`, `same`, `same_lower`; one number per axis (or for all); or (before, after) per axis."""
SAME = ("same", "same_lower")

NAMES = {"D": "depth", "H": "height", "W": "width", "L": "length"}


@dataclass(frozen=True)
class Slide:
    """How windows slide: the settings that convolution and pooling share, not yet fitted."""

    stride: tuple[int, ...] = (1,)
    padding: Padding = (0,)
    dilation: tuple[int, ...] = (1,)
    mode: str = "zeros"
    flip: bool = False
    ceil: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any], stride: tuple[int, ...] = (1,)) -> Self:
        """Those of a layer from its values by key; `stride` is that of a layer that names none."""
        return cls(
            values.get("stride", stride),
            values.get("padding", (0,)),
            values.get("dilation", (1,)),
            values.get("padding_mode", "zeros"),
            values.get("flip_kernel", False),
            values.get("ceil_mode", False),
        )


GLOBAL = "global"
"""The window that is the whole plane."""


def global_window(values: Mapping[str, Any], sizes: Sequence[int], problems: Problems) -> tuple[int, ...]:
    """The window that is the whole plane of these sizes: it does not move, has no gaps and no padding."""
    for key, usual in (("stride", ()), ("padding", (0,)), ("dilation", (1,))):
        given = values.get(key, usual)
        if given != "valid" and any(entry not in (*usual, (0, 0)) for entry in given):
            problems.add(key, f"has no meaning with window: {GLOBAL}, which is the whole plane; leave {key} out")
    return tuple(sizes)


def per_axis(values: Sequence[int], layout: Layout, key: str, problems: Problems) -> tuple[int, ...]:
    """One value for each spatial axis: `values` as they are, or a single one repeated."""
    if len(values) == 1:
        return tuple(values) * layout.rank
    if len(values) != layout.rank:
        problems.add(key, _wrong_number(len(values), layout))
    return tuple(values)


def fit(
    slide: Slide, window: Sequence[int], sizes: Sequence[int], layout: Layout, kernel_key: str, problems: Problems
) -> tuple[Axis, ...]:
    """The axes of windows of `window` taps sliding over `sizes` cells; nothing if there are problems."""
    strides, dilations = _steps(slide, layout, problems)
    if problems.found:
        return ()
    axes = []
    for i, name in enumerate(layout.spatial):
        axis = Axis(sizes[i], window[i], 0, strides[i], dilations[i], mode=slide.mode, flip=slide.flip)
        before, after = _padding(slide.padding, i, axis)
        room, last_start = axis.size + before + after, axis.size + before
        outputs = count(room, axis.span, axis.stride, ceil=slide.ceil, last_start=last_start)
        axes.append(replace(axis, outputs=outputs, before=before, after=after))
        if not problems.found:  # one axis that does not fit is enough to say
            _check_fit(axes[-1], NAMES[name], kernel_key, problems)
    return tuple(axes)


def fit_transposed(
    slide: Slide,
    window: Sequence[int],
    narrow: Sequence[int],
    output_padding: Sequence[int],
    layout: Layout,
    problems: Problems,
    wide: Sequence[int] = (),
) -> tuple[Axis, ...]:
    """The axes of the convolution whose adjoint takes `narrow` cells to its (wide) output.

    Output size: (n - 1)*stride - before - after + span + output_padding (PyTorch, ConvTranspose);
    n*stride for `same` (TensorFlow). Where the sizes are given as `wide`, in place of an output padding, they must be
    such that the convolution of the output has `narrow` cells (TensorFlow, conv2d_transpose).
    """
    strides, dilations = _steps(slide, layout, problems)
    extras = per_axis(output_padding, layout, "output_padding", problems)
    if problems.found:
        return ()
    axes = []
    for i, name in enumerate(layout.spatial):
        size = wide[i] if wide else narrow[i] * strides[i]
        axis = Axis(size, window[i], narrow[i], strides[i], dilations[i], flip=slide.flip)
        before, after = _padding(slide.padding, i, axis)
        if slide.padding not in SAME and not wide:
            axis = replace(axis, size=axis.reached - before - after + extras[i])
        axes.append(replace(axis, before=before, after=after))
        if not problems.found and wide:
            _check_wide(axes[-1], NAMES[name], slide.padding, problems)
        elif not problems.found:
            _check_transposed(axes[-1], extras[i], NAMES[name], slide.padding, problems)
    return tuple(axes)


def output_padding_of(axis: Axis) -> int:
    """The cells at the end of a transposed output that padding alone would not leave there."""
    return axis.size - (axis.reached - axis.before - axis.after)


def check_sizes(
    correlation: Correlation,
    batch: int,
    kernel_key: str,
    limits: Limits,
    problems: Problems,
    *,
    transposed: bool = False,
) -> None:
    """Compare the sizes of one pass over `batch` images with the limits, before anything is allocated.

    `kernel_key` is the setting that makes windows large. A transposed layer goes from narrow to wide.
    """
    windows, channels = correlation.windows, correlation.channels
    wide = batch * channels.inputs * math.prod(max(axis.padded_size, 1) for axis in windows.axes)
    narrow = batch * channels.outputs * math.prod(windows.outputs)
    work = correlation.multiply_adds(batch)
    wide_key, wide_side = ("stride", "output") if transposed else ("padding", "padded input")
    for key, name, value, what in (
        (wide_key, "cells", wide, f"makes the {wide_side} {wide:,} cells"),
        ("padding", "cells", narrow, f"makes the output {narrow:,} cells"),
        (kernel_key, "multiply_adds", work, f"needs {work:,} multiply-adds"),
    ):
        if message := limits.refusal(name, value, what):
            problems.add(key, message)
            return


def _wrong_number(given: int, layout: Layout) -> str:
    axes = " and ".join(NAMES[letter] for letter in layout.spatial)
    plural = "axes are" if layout.rank > 1 else "axis is"
    return f"has {given} numbers, but the spatial {plural} {axes}; give one number, or {layout.rank}"


def _steps(slide: Slide, layout: Layout, problems: Problems) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The stride and the dilation of each axis; the number of padding entries is checked along with them."""
    if not isinstance(slide.padding, str) and len(slide.padding) not in (1, layout.rank):
        problems.add("padding", _wrong_number(len(slide.padding), layout).replace("numbers", "entries"))
    return (per_axis(slide.stride, layout, "stride", problems), per_axis(slide.dilation, layout, "dilation", problems))


def _padding(padding: Padding, number: int, axis: Axis) -> Pair:
    """The padding of the axis of this number; `same` gives as many windows as there are steps of the stride."""
    if padding == "valid":
        return 0, 0
    if isinstance(padding, str):
        outputs = -(-axis.size // axis.stride)
        return same_padding(replace(axis, outputs=outputs).reached - axis.size, lower=padding == "same_lower")
    entry = padding[number] if len(padding) > 1 else padding[0]
    return (entry, entry) if isinstance(entry, int) else entry


def _check_fit(axis: Axis, name: str, kernel_key: str, problems: Problems) -> None:
    if axis.outputs < 1:
        dilated, smaller = "", f"make the {kernel_key} smaller"
        if axis.dilation > 1:
            dilated, smaller = f" with dilation {axis.dilation}", "lower the dilation"
        room = f"the padded {name} is {axis.padded_size}; add padding or {smaller}"
        problems.add(kernel_key, f"spans {axis.span} cells{dilated}, but {room}")
    if not axis.has_possible_padding:
        cells = f"{max(axis.before, axis.after)} cells cannot be {axis.mode} padding of {name} {axis.size}"
        problems.add("padding", f"{cells}; pad by at most {axis.most_padding}")


def _check_wide(axis: Axis, name: str, padding: Padding, problems: Problems) -> None:
    """Refuse a size of a transposed output that no output padding gives."""
    most = axis.outputs * axis.stride
    possible = range(most - axis.stride + 1, most + 1)
    pad = f"'{padding}'"
    if padding not in SAME:
        least = axis.reached - axis.before - axis.after
        possible, pad = range(least, least + max(axis.stride, axis.dilation)), str(axis.before)
        pad += f" before and {axis.after} after" if axis.after != axis.before else ""
    if possible[-1] < 1:
        problems.add(
            "padding", f"cuts {axis.before + axis.after} of the {axis.reached} cells of the output's {name}; pad less"
        )
    elif axis.size not in possible:
        sizes = f"{max(possible[0], 1)} to {possible[-1]}" if len(possible) > 1 else f"{possible[0]}"
        window = f"a kernel that spans {axis.span}, stride {axis.stride} and padding {pad}"
        says = f"{axis.size} is no possible {name}: {axis.outputs} cells with {window} give {sizes}"
        problems.add("output_shape", f"{says}; take {'one of these' if len(possible) > 1 else 'that'}")


def _check_transposed(axis: Axis, extra: int, name: str, padding: Padding, problems: Problems) -> None:
    if padding in SAME and extra:
        says = f"{extra} has no meaning with padding '{padding}', which fixes the size; leave it out"
        problems.add("output_padding", says)
    elif extra >= max(axis.stride, axis.dilation):
        steps = f"the stride {axis.stride} or the dilation {axis.dilation} along the {name}"
        problems.add("output_padding", f"{extra} must be smaller than {steps}; lower it")
    elif axis.size < 1:
        cells = f"{axis.before + axis.after} of the {axis.reached + extra} cells of the output's {name}"
        problems.add("padding", f"cuts {cells}; pad less")
