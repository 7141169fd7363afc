"""Layers from plain settings, and random ones for hypothesis; integer data, so that == is fair."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from cnngrad.errors import Problems
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import CellTrace
from cnngrad.limits import DEFAULT
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.fields import fit_conv
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.fields import fit_pool
from cnngrad.ops.pool.layer import Pool
from cnngrad.windows.axis import spread
from cnngrad.windows.layout import BY_RANK, Layout

SPATIAL = {1: "L", 2: "HW", 3: "DHW"}


def integers(shape: tuple[int, ...], seed: int = 0, low: int = -4, high: int = 5) -> Array:
    """Small whole numbers as float64: their sums and products are exact."""
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.float64)


def exact(array: Array) -> Array:
    """The same numbers as fractions."""
    fractions = np.empty(array.shape, dtype=object)
    fractions[...] = np.vectorize(Fraction, otypes=[object])(array)
    return fractions


def added_up(trace: CellTrace) -> Any:
    """The sum of the terms of a cell: its value again, computed from what is shown."""
    return sum((term.product for term in trace.terms), start=0 * trace.value if trace.terms else trace.value)


def conv(A: Array, W: Array, b: Array | None = None, dZ: Array | int = 1, **settings: Any) -> LayerExercise[Conv]:
    """A convolution; settings have the names of a spec, per-axis ones as tuples."""
    layout = Layout(settings.get("layout", BY_RANK[A.ndim]))
    problems = Problems()
    layer = fit_conv(_values(settings), layout, A.shape, W.shape, DEFAULT, problems)
    problems.stop_if_any()
    assert layer is not None
    bias = b if b is not None else 0 * integers((layer.filters,) if layout.channels else ())
    return LayerExercise(
        replace(layer, bias_shape=bias.shape), A, {"W": W, "b": bias}, _upstream(dZ, layer.output.shape)
    )


def pool(A: Array, window: Any, dZ: Array | int = 1, **settings: Any) -> LayerExercise[Pool]:
    """A pooling layer; settings have the names of a spec."""
    problems = Problems()
    layer = fit_pool(
        _values({"window": window, **settings}),
        Layout(settings.get("layout", BY_RANK[A.ndim])),
        A.shape,
        DEFAULT,
        problems,
    )
    problems.stop_if_any()
    assert layer is not None
    return LayerExercise(layer, A, dZ=_upstream(dZ, layer.output.shape))


@st.composite
def convolutions(draw: st.DrawFn, *, transposed: bool | None = None, mode: str | None = None) -> LayerExercise[Conv]:
    """Any convolution that fits: rank 1 to 3, batch, channels, groups, every setting."""
    rank = draw(st.integers(1, 3))
    turned = draw(st.booleans()) if transposed is None else transposed
    chosen = "zeros" if turned else mode or draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    each = st.tuples(*[st.integers(1, 3 if rank < 3 else 2)] * rank)
    window, stride, dilation = draw(each), draw(each), draw(each)
    spans = list(map(spread, window, dilation))
    sizes = [draw(st.integers(1 if turned else reach, reach + 2)) for reach in spans]
    most = {"reflect": [n - 1 for n in sizes], "circular": sizes}.get(chosen, [3] * rank)
    if turned:
        most = [(reach - 1) // 2 for reach in spans]
    padding = tuple((draw(st.integers(0, min(m, 3))), draw(st.integers(0, min(m, 3)))) for m in most)
    extra = (
        tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)) if turned else (0,)
    )
    groups, per_in, per_out, batch = (draw(st.integers(1, 2)) for _ in range(4))
    C_in, C_out, seed = groups * per_in, groups * per_out, draw(st.integers(0, 999))
    kernel = (C_in, per_out, *window) if turned else (C_out, per_in, *window)
    A, W, b = integers((batch, C_in, *sizes), seed), integers(kernel, seed + 1), integers((C_out,), seed + 2)
    exercise = conv(
        A, W, b, stride=stride, padding=padding, dilation=dilation, groups=groups, layout=f"NC{SPATIAL[rank]}",
        padding_mode=chosen, flip_kernel=draw(st.booleans()), transposed=turned, output_padding=extra,
    )  # fmt: skip
    shape = exercise.layer.output.shape
    return LayerExercise(exercise.layer, A, {"W": W, "b": b}, integers(shape, seed + 3))


@st.composite
def poolings(draw: st.DrawFn, *, mode: str | None = None) -> LayerExercise[Pool]:
    """Any pooling layer that fits, with many ties."""
    rank = draw(st.integers(1, 3))
    each = st.tuples(*[st.integers(1, 3 if rank < 3 else 2)] * rank)
    window, stride, dilation = draw(each), draw(each), draw(st.tuples(*[st.integers(1, 2)] * rank))
    spans = list(map(spread, window, dilation))
    sizes = [draw(st.integers(reach, reach + 2)) for reach in spans]
    padding = tuple(draw(st.integers(0, reach // 2)) for reach in spans)
    chosen, seed = mode or draw(st.sampled_from(["max", "average"])), draw(st.integers(0, 999))
    A = integers((draw(st.integers(1, 2)), 2, *sizes), seed, -2, 3)
    exercise = pool(
        A, window, stride=stride, padding=padding, dilation=dilation, mode=chosen, layout=f"NC{SPATIAL[rank]}",
        ceil_mode=draw(st.booleans()), count_include_pad=draw(st.booleans()),
        divisor_override=draw(st.sampled_from([None, None, 2, 3])),
        ties=draw(st.sampled_from(["first", "last", "all", "split"])),
    )  # fmt: skip
    return LayerExercise(exercise.layer, A, dZ=integers(exercise.layer.output.shape, seed + 1))


def _values(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as the reader of a spec gives them: those of axes as tuples."""
    each = ("window", "stride", "padding", "dilation", "output_padding")
    return {key: (value,) if key in each and isinstance(value, int) else value for key, value in settings.items()}


def _upstream(dZ: Array | int, shape: tuple[int, ...]) -> Array:
    return np.full(shape, float(dZ)) if isinstance(dZ, int) else dZ
