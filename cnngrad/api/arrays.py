"""The array functions: the same layers on numpy arrays, with the keys of a spec as arguments."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import field, replace
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnngrad.errors import CnngradError, Problem, Problems, did_you_mean
from cnngrad.exercise.layer import Output
from cnngrad.exercise.op import Op
from cnngrad.exercise.terms import Cell
from cnngrad.limits import DEFAULT
from cnngrad.numbers.kinds import Array, all_finite
from cnngrad.ops import OPS
from cnngrad.ops.conv.fields import check_transposed, fit_conv
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.fields import fit_pool
from cnngrad.ops.pool.layer import Pool
from cnngrad.records import dataclass
from cnngrad.spec.fields import read_entries
from cnngrad.spec.python_values import array_of, arrays_of, document_of, like
from cnngrad.windows.kept import KEPT
from cnngrad.windows.layout import ask_for, channels_first, layout_of
from cnngrad.windows.small import FEW, SmallWindows
from cnngrad.windows.windows import Index
from cnngrad.wording import bias_problem, delta_problem

NO_SETTINGS = ("input", "kernel", "bias", "delta", "op", "title", "ask", "choices", "answers", "numbers", "values")
"""Keys of a spec that the array functions do not take."""
SHORT = 20
"""Settings, entries of one, and characters of a word, below which settings are kept."""


def conv_forward(A: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, **settings: Any) -> Array:
    """Z = A * W + b, in the layout of A.

    A: by `layout` (default by rank: L, HW, HWC, NHWC, NDHWC); W: kernel axes of that layout; b: one
    number per filter, 0 when left out. Settings: stride, padding, padding_mode, dilation, groups,
    layout, flip_kernel, transposed, output_padding, output_shape, as in a spec. float32 stays float32.
    Raises CnngradError for whatever does not fit.
    """
    A, W = arrays_of(input=A, kernel=W)
    conv = _conv(A, W, settings)
    with np.errstate(over="ignore", invalid="ignore"):  # _refuse_infinite
        Z = conv.forward(A, W, _bias(b, conv, A))
    _refuse_infinite(Z=Z)
    return Z


def conv_backward(A: ArrayLike, W: ArrayLike, dZ: ArrayLike, **settings: Any) -> tuple[Array, Array, Array]:
    """dA, dW (in the shapes of A and W) and db (one number per filter) for the upstream gradient dZ.

    dZ: the shape and layout of Z, or one number for every cell. Settings as in `conv_forward`.
    """
    A, W, dZ = arrays_of(input=A, kernel=W, delta=dZ)
    conv = _conv(A, W, settings)
    dZ = _upstream(dZ, conv.output, settings, lambda layout: _conv(A, W, {**settings, "layout": layout}).output)
    with np.errstate(over="ignore", invalid="ignore"):  # _refuse_infinite
        (dA, dW), db = conv.to_input_and_kernel(A, W, dZ), conv.to_bias(dZ)
    _refuse_infinite(dA=dA, dW=dW, db=db)
    return dA, dW, db


def pool_forward(A: ArrayLike, window: Any, **settings: Any) -> Array:
    """Z: the largest cell of every window (-inf where it holds none), or the average.

    `window` is a number, one per axis, or "global" for the whole plane. Settings: mode, stride (default: the
    window), padding, dilation, layout, ceil_mode, count_include_pad, divisor_override, ties, as in a spec.
    """
    (A,) = arrays_of(input=A)
    pool = _pool(A, {"window": window, **settings})
    with np.errstate(over="ignore", invalid="ignore"):  # _refuse_infinite
        Z = pool.forward(A)
    if pool.mode != "max":  # a maximum is a cell of A, or the -inf of a window that holds none
        _refuse_infinite(Z=Z)
    return Z


def pool_backward(A: ArrayLike, dZ: ArrayLike, window: Any, **settings: Any) -> Array:
    """dA, in the shape of A, for the upstream gradient dZ. Settings as in `pool_forward`."""
    A, dZ = arrays_of(input=A, delta=dZ)
    settings = {"window": window, **settings}
    pool = _pool(A, settings)
    dZ = _upstream(dZ, pool.output, settings, lambda layout: _pool(A, {**settings, "layout": layout}).output)
    with np.errstate(over="ignore", invalid="ignore"):  # _refuse_infinite
        dA = pool.to_input(A, dZ)
    if _may_overflow(pool, dZ):
        _refuse_infinite(dA=dA)
    return dA


def _conv(A: Array, W: Array, settings: dict[str, Any]) -> Conv:
    found: Conv = _kept(_fit_conv, "conv", settings, A.shape, W.shape)
    return found


def _fit_conv(settings: dict[str, Any], A: Index, W: Index) -> Conv:
    values, problems = _settings_of(OPS["conv"], settings), Problems()
    check_transposed(values, problems)
    layout = layout_of(values.get("layout"), A, problems)
    conv = layout and fit_conv(values, layout, A, W, DEFAULT, problems, guessed="layout" not in values)
    problems.stop_if_any()
    assert conv
    return conv


def _pool(A: Array, settings: dict[str, Any]) -> Pool:
    found: Pool = _kept(_fit_pool, "pool", settings, A.shape)
    return found


def _fit_pool(settings: dict[str, Any], A: Index) -> Pool:
    values, problems = _settings_of(OPS["pool"], settings), Problems()
    layout = layout_of(values.get("layout"), A, problems)
    pool = layout and fit_pool(values, layout, A, DEFAULT, problems, guessed="layout" not in values)
    problems.stop_if_any()
    assert pool
    return pool


def _bias(b: ArrayLike | None, conv: Conv, A: Array) -> Array:
    if b is None:
        return np.zeros((conv.filters,) if conv.layout.channels else (), dtype=A.dtype)
    bias = like(array_of("bias", b), A.dtype)
    if message := bias_problem(bias.shape, conv.filters):
        raise CnngradError(f"bias: {message}")
    return bias


def _settings_of(op: Op, given: dict[str, Any]) -> dict[str, Any]:
    """The settings of an op, read and checked as those of a spec are; None is the default. Plain ones that were read
    before, as in a loop, are known."""
    try:
        return {**_known(_Given(op.name, _typed(given), given))}
    except _NotPlainError:
        return _read(op, given)


def _kept(fit: Callable[..., Any], op: str, settings: dict[str, Any], *shapes: Index) -> Any:
    """The layer that `fit` gives for settings and the shapes of arrays; that of small ones and plain settings, which a
    notebook asks for again and again, is kept."""
    if sum(map(prod, shapes)) <= FEW:
        try:
            return _fitted(fit, _Given(op, _typed(settings) if settings else None, settings), shapes)
        except _NotPlainError:
            pass
    return fit(settings, *shapes)


@dataclass(frozen=True)
class _Given:
    """Settings of an op as they were given; two are equal where all values are, and their types."""

    op: str
    typed: Hashable
    settings: dict[str, Any] = field(compare=False)


class _NotPlainError(Exception):
    """A setting is more than a short text, a number, or a few of them; or a layer is not small."""


def _typed(value: Any, levels: int = 4) -> Hashable:
    """A plain value with its type: True is no stride, and 1 is one. Settings, each with its key, hold lists of pairs at
    most."""
    if type(value) in (int, bool, str, type(None)) and (type(value) is not str or len(value) < SHORT):
        return type(value), value
    if levels and type(value) in (list, tuple, dict) and len(value) < SHORT:
        each = value.items() if type(value) is dict else value
        return type(value), tuple(_typed(entry, levels - 1) for entry in each)
    raise _NotPlainError


@lru_cache(KEPT)
def _fitted(fit: Callable[..., Any], given: _Given, shapes: tuple[Index, ...]) -> Any:
    found = fit(given.settings, *shapes)
    if not isinstance(found.windows, SmallWindows):  # padding may make a large layer of small arrays
        raise _NotPlainError
    return found


@lru_cache(KEPT)
def _known(given: _Given) -> dict[str, Any]:
    return _read(OPS[given.op], given.settings)


def _read(op: Op, given: dict[str, Any]) -> dict[str, Any]:
    fields = {key: field for key, field in op.fields.items() if key not in NO_SETTINGS}
    problems = Problems()
    for key in given:
        if key not in fields:
            hint = did_you_mean(key, fields) or "; it takes " + ", ".join(fields)
            problems.add(key, f"is no setting of {op.name}{hint}")
    problems.stop_if_any()
    values: dict[str, Any] = {}
    try:
        document = document_of({key: value for key, value in given.items() if value is not None}, DEFAULT)
        values = read_entries(document.root, fields, f"op {op.name}", document, problems, owner_of=lambda _: "")
    except CnngradError as error:
        problems.found.extend(error.problems)
    if problems.found:
        raise CnngradError(*(replace(problem, mark=None) for problem in problems.found))
    return values


def _upstream(dZ: Array, output: Output, settings: dict[str, Any], other: Callable[[str], Output]) -> Array:
    """The upstream gradient of an output; one number is that of every cell. `other` gives the output in another layout:
    where nobody gave one and dZ has its shape, the message asks for it."""
    if dZ.ndim == 0:
        return np.full(output.shape, dZ[()], dtype=dZ.dtype)
    if message := delta_problem(dZ.shape, output.shape, output.letters):
        problems = Problems([Problem(message, "delta")])
        if settings.get("layout") is None and output.letters.endswith("C"):
            first = channels_first(output.letters)
            with suppress(CnngradError):
                if other(first).shape == dZ.shape:
                    ask_for(first, problems)
        problems.stop_if_any()
    return dZ


def _may_overflow(pool: Pool, dZ: Array) -> bool:
    """Whether dA may be beyond the floats where dZ is not: a cell gets at most the gradient of every window that reads
    it. Looking at dZ takes less time than looking at dA."""
    if dZ.dtype == object:
        return False
    most = np.finfo(dZ.dtype).max / (2 * prod(pool.windows.taps))
    return not -most < dZ.min() <= dZ.max() < most


def _refuse_infinite(infinite: bool = False, **results: Array) -> None:
    """Raise CnngradError for the first cell of a result that its floats cannot hold; -inf may be right."""
    for name, array in results.items():
        if array.dtype == object:
            continue
        if all_finite(array):
            continue
        bad = ~np.isfinite(array) & ~(infinite & np.isneginf(array))
        if bad.any():
            cell = Cell(name, tuple(map(int, np.argwhere(bad)[0]))).name()
            largest, other = ("3.4e38", "give float64") if array.dtype == np.float32 else ("1.8e308", "give fractions")
            says = f"is beyond {array.dtype}, whose largest number is {largest}; scale the numbers, or {other}"
            raise CnngradError(f"{cell}: {says}")
