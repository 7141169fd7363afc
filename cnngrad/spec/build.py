"""From a spec to an exercise: read its arrays, fit the op to their shapes, place every problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnngrad.errors import Problems
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.kinds import KINDS, Array, Kind
from cnngrad.ops.conv import Conv, ConvExercise
from cnngrad.ops.conv_fit import ConvSettings, fit_conv
from cnngrad.ops.exercise import Exercise
from cnngrad.ops.pool import Pool, PoolExercise
from cnngrad.ops.pool_fit import PoolSettings, fit_pool
from cnngrad.ops.shapes import bias_problem, counted, delta_problem, times
from cnngrad.spec.arrays import read_array
from cnngrad.spec.fields import read_fields
from cnngrad.spec.tree import Document, Mapping, Node, Scalar
from cnngrad.windows.fitting import Slide
from cnngrad.windows.layout import BY_RANK, Layout


@dataclass(frozen=True)
class Task:
    """An exercise with what the spec says about it; `answers` is kept as written."""

    exercise: Exercise
    title: str | None = None
    answers: Mapping | None = None


def build(document: Document, op: str | None = None, limits: Limits = DEFAULT, *, backward: bool | None = None) -> Task:
    """The exercise of a spec; CnngradError carries all independent problems, each with its place.

    `backward` True asks for an upstream gradient, False leaves it aside, None takes it if it is there.
    """
    problems = Problems()
    chosen, values = read_fields(document, op, problems)
    builder = _Builder(document, values, KINDS[values.get("numbers", "float")], limits, problems)
    exercise = builder.build(chosen, backward)
    problems.stop_if_any()
    assert exercise is not None
    return Task(exercise, values.get("title"), values.get("answers"))


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


def layout_of(values: dict[str, Any], shape: tuple[int, ...], problems: Problems) -> Layout | None:
    """The layout that is named, or the default one for the rank of the input."""
    if not shape:
        problems.add("input", "is a single number; give a list with at least one axis")
        return None
    if 0 in shape:
        problems.add("input", f"has shape {times(shape)}, without a single cell; give at least one number")
        return None
    letters = values.get("layout") or BY_RANK.get(len(shape))
    if letters is None:
        problems.add("input", f"has {len(shape)} axes (shape {times(shape)}); 5 (NDHWC) are the most there are")
        return None
    if len(letters) != len(shape):
        problems.add(
            "input",
            f"has {counted(len(shape), 'axis', 'axes')} (shape {times(shape)}), but the layout {letters} has "
            f"{len(letters)}; change the brackets or the layout",
        )
        return None
    return Layout(letters)


def check_transposed(values: dict[str, Any], problems: Problems) -> None:
    """Settings that only one of the two directions knows."""
    transposed = values.get("transposed", False)
    if transposed and values.get("padding_mode", "zeros") != "zeros":
        problems.add("padding_mode", f"{values['padding_mode']} has no transposed form; take zeros")
    if not transposed and any(values.get("output_padding", ())):
        problems.add("output_padding", "belongs to transposed convolutions; set transposed: true or leave it out")


@dataclass
class _Builder:
    document: Document
    values: dict[str, Any]
    kind: Kind
    limits: Limits
    problems: Problems

    def build(self, op: str, backward: bool | None) -> Exercise | None:
        make: Callable[[bool | None], Exercise | None] = {"conv": self._conv, "pool": self._pool}[op]
        return make(backward)

    def _conv(self, backward: bool | None) -> Exercise | None:
        A, W, b, dZ = (self._array(key) for key in ("input", "kernel", "bias", "delta"))
        found = Problems()
        check_transposed(self.values, found)
        conv: Conv | None = None
        if not self.problems.found and not found.found and A is not None and W is not None:
            A = self._lifted(A, "input", len(self.values.get("layout", "L")))
            layout = layout_of(self.values, A.shape, found)
            if layout:
                W = self._lifted(W, "kernel", layout.rank)
                conv = fit_conv(conv_settings(self.values), layout, A.shape, W.shape, self.limits, found)
        self._place(found)
        if conv is None or A is None or W is None or self.problems.found:
            return None
        b = self._bias(b, conv)
        dZ = self._delta(dZ, conv.output_shape(A.shape), conv.layout, backward)
        return None if self.problems.found or b is None else ConvExercise(conv, A, W, b, dZ)

    def _pool(self, backward: bool | None) -> Exercise | None:
        A, dZ = (self._array(key) for key in ("input", "delta"))
        found = Problems()
        pool: Pool | None = None
        if not self.problems.found and A is not None:
            A = self._lifted(A, "input", len(self.values.get("layout", "L")))
            layout = layout_of(self.values, A.shape, found)
            if layout:
                pool = fit_pool(pool_settings(self.values), layout, A.shape, self.limits, found)
        self._place(found)
        if pool is None or A is None or self.problems.found:
            return None
        dZ = self._delta(dZ, pool.output_shape(A.shape), pool.layout, backward)
        return None if self.problems.found else PoolExercise(pool, A, dZ)

    def _array(self, key: str) -> Array | None:
        node: Node | None = self.values.get(key)
        if node is None:
            return None
        return read_array(node, key, self.kind, self.document, self.limits, self.problems)

    def _lifted(self, array: Array, key: str, rank: int) -> Array:
        """A block of text with one row is a matrix with one row where a matrix is needed."""
        node = self.values[key]
        one_row = isinstance(node, Scalar) and array.ndim == 1
        return array[None, :] if one_row and rank == 2 else array

    def _bias(self, b: Array | None, conv: Conv) -> Array | None:
        if b is None:
            shape = (conv.filters,) if conv.layout.channels else ()
            return np.full(shape, self.kind.read("0"), dtype=self.kind.dtype)
        if message := bias_problem(b.shape, conv.filters):
            self._place_one("bias", message)
        return b

    def _delta(self, dZ: Array | None, shape: tuple[int, ...], layout: Layout, backward: bool | None) -> Array | None:
        if dZ is None:
            if backward:
                message = f"is missing; the backward pass needs the upstream gradient dZ, shape {times(shape)}"
                self.problems.add("delta", message, self.document.mark(self.document.root))
            return None
        if dZ.ndim == 0:
            dZ = np.full(shape, dZ[()], dtype=dZ.dtype)
        dZ = self._lifted(dZ, "delta", len(shape))
        if misfit := delta_problem(dZ.shape, shape, layout.letters):
            self._place_one("delta", misfit)
        return None if backward is False else dZ

    def _place(self, found: Problems) -> None:
        for problem in found.found:
            self._place_one(problem.key, problem.message)

    def _place_one(self, key: str, message: str) -> None:
        node = self.document.root.entries.get(key) or self.document.root
        self.problems.add(key, message, self.document.mark(node, key))
