"""The windows of a layer of any rank: a product of axes, as arrays or cell by cell.

Shapes: a *plane* array is (..., *spatial), a *windowed* array is (..., *outputs, *taps); leading
axes (batch, channels) pass through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, reduce
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.windows.axis import NONE, Axis, Integers, spread
from cnngrad.windows.padding import collect_into, collected, last, padded

Index = tuple[int, ...]

PIECE = 2**20
"""Cells of windows that are laid out at a time: enough for BLAS, little enough for the cache
(image by image is faster than a whole batch in one piece)."""

LARGE = 2**22
"""Cells of windows of one image that are laid out together."""


class Meeting(NamedTuple):
    """Window `output` meets input cell `cell` with its tap `tap`.

    Not `inside`: zero padding, and `cell` is its position.
    """

    output: Index
    tap: Index
    cell: Index
    inside: bool


@dataclass(frozen=True)
class Windows:
    """Windows over 1 to 3 spatial axes."""

    axes: tuple[Axis, ...]

    @property
    def rank(self) -> int:
        return len(self.axes)

    @cached_property
    def sizes(self) -> Index:
        """Spatial shape of the input."""
        return tuple(axis.size for axis in self.axes)

    @cached_property
    def outputs(self) -> Index:
        """Spatial shape of the output."""
        return tuple(axis.outputs for axis in self.axes)

    @cached_property
    def taps(self) -> Index:
        """Spatial shape of the kernel."""
        return tuple(axis.window for axis in self.axes)

    @property
    def has_padding(self) -> bool:
        return any(axis.has_padding for axis in self.axes)

    def unfold(self, planes: Array, fill: Any = 0) -> Array:
        """The windows of `planes`: (..., *sizes) -> (..., *outputs, *taps), a read-only view.

        Zero padding reads as `fill`. The adjoint of `fold` (for `fill` 0).
        """
        return self._windowed(self.pad(planes, fill))

    def _windowed(self, padded: Array) -> Array:
        """The windows of padded planes, a read-only view."""
        lead, steps = padded.shape[: -self.rank], padded.strides[-self.rank :]
        strides = (
            *padded.strides[: -self.rank],
            *(step * axis.stride * (axis.outputs > 1) for step, axis in zip(steps, self.axes, strict=True)),
            *(step * axis.dilation * (axis.window > 1) for step, axis in zip(steps, self.axes, strict=True)),
        )  # a single window, or tap, may have a step that no address holds
        view = as_strided(padded, (*lead, *self.outputs, *self.taps), strides, writeable=False)
        turned = tuple(slice(None, None, -1 if axis.flip else 1) for axis in self.axes)
        return np.asarray(view[last(turned)])

    def columns(self, planes: Array) -> Array:
        """The windows of `planes` tap by tap: (..., *sizes) -> (..., taps * outputs)."""
        lead = planes.shape[: -self.rank]
        return self._exchanged(self.unfold(planes)).reshape(*lead, -1)

    def lay_out(self, planes: Array, columns: Array, room: Array) -> None:
        """Write the `columns` of `planes` into flat memory; `room` is flat memory for `pad`."""
        lead = planes.shape[: -self.rank]
        windowed = self._windowed(self.pad(planes, room=room))
        np.copyto(columns.reshape(*lead, *self.taps, *self.outputs), self._exchanged(windowed))

    def collect(self, columns: Array) -> Array:
        """Add every tap back to the cell it read: (..., taps * outputs) -> (..., *sizes), the adjoint of `columns`."""
        return self.fold(self.windowed(columns))

    def windowed(self, columns: Array) -> Array:
        """The same cells window by window: (..., taps * outputs) -> (..., *outputs, *taps)."""
        return self._exchanged(columns.reshape(*columns.shape[:-1], *self.taps, *self.outputs))

    def reduced(self, operation: np.ufunc, planes: Array, fill: Any) -> Array:
        """The cells of each window put together by `operation`, tap by tap: (..., *sizes) -> (..., *outputs).

        No window is laid out, unless there are fewer windows than taps.
        """
        windowed = self.unfold(planes, fill)
        if math.prod(self.taps) > math.prod(self.outputs):
            taps_first = np.moveaxis(windowed, range(-self.rank, 0), range(self.rank))
            return np.asarray(operation.reduce(taps_first.reshape(-1, *taps_first.shape[self.rank :]), axis=0))
        taps = product(*map(range, self.taps))
        whole: Array = windowed[last(next(taps))].copy()
        for tap in taps:
            operation(whole, windowed[last(tap)], out=whole)
        return whole

    def fold(self, windowed: Array) -> Array:
        """Add every tap back to the cell it read: (..., *outputs, *taps) -> (..., *sizes)."""
        padded = self.positions(windowed.shape[: -2 * self.rank], windowed)
        self.gather(padded, windowed)
        return self.unpad(padded)

    def positions(self, lead: Index, like: Array, room: Array | None = None) -> Array:
        """Zeros for every position that a window covers: (*lead, *reach). `room` is flat memory for it."""
        shape = (*lead, *(max(axis.reached, 0) for axis in self.axes))
        if room is None:
            return zeros(shape, like)
        room[...] = zeros((1,), like)
        return room.reshape(shape)

    def gather(self, padded: Array, windowed: Array, start: int = 0) -> None:
        """Add every tap to its position; `windowed` are the windows from number `start` of the first axis on."""
        step, count = self.axes[0].stride, windowed.shape[-2 * self.rank]
        places = product(*(axis.places for axis in self.axes))
        for tap, (first, *others) in zip(product(*map(range, self.taps)), places, strict=True):
            begin = first.start + start * step
            rows = slice(begin, begin + spread(count, step), step)
            padded[last((rows, *others))] += windowed[last(tap)]

    def unpad(self, padded: Array) -> Array:
        """Add what was gathered on padding to the cells that it repeats; zero padding drops it."""
        return collected(self.axes, padded)

    def unpad_into(self, planes: Array, padded: Array) -> None:
        """Write what `unpad` gives into `planes`."""
        collect_into(planes, self.axes, padded)

    def inside(self) -> NDArray[np.bool_]:
        """Which taps of which windows read a real cell (*outputs, *taps)."""
        return self._all_axes([axis.table != NONE for axis in self.axes])

    def padded(self) -> NDArray[np.bool_]:
        """Which taps are on a cell or its padding, not on the overhang of `ceil_mode` (*outputs, *taps)."""
        return self._all_axes([axis.padded() for axis in self.axes])

    def latest(self) -> NDArray[np.bool_]:
        """Which taps no later window's tap covers (*outputs, *taps)."""
        return self._all_axes([axis.latest() for axis in self.axes])

    def earliest(self) -> NDArray[np.bool_]:
        """Which taps no earlier window's tap covers (*outputs, *taps)."""
        return self._all_axes([axis.earliest() for axis in self.axes])

    def interior(self) -> NDArray[np.bool_]:
        """Which input cells a `valid` correlation of the upstream gradient reaches (*sizes)."""
        whole = np.ones(self.sizes, dtype=bool)
        for number, axis in enumerate(self.axes):
            whole &= axis.interior().reshape([-1 if i == number else 1 for i in range(self.rank)])
        return whole

    def cells(self) -> Integers:
        """Flat row-major index of the input cell under each tap (*outputs, *taps), NONE on padding."""
        flat = np.zeros((1,) * (2 * self.rank), dtype=np.int64)
        for number, axis in enumerate(self.axes):
            flat = flat * axis.size + self._spread(axis.table, number)
        return np.where(self.inside(), flat, NONE)

    def meetings(
        self, *, output: Index | None = None, tap: Index | None = None, source: Index | None = None
    ) -> Iterator[Meeting]:
        """The meetings that agree with what is given; row-major by output, then tap."""
        every = (None,) * self.rank
        given = zip(self.axes, output or every, tap or every, source or every, strict=True)
        each = [axis.meetings(output=o, tap=k, source=x) for axis, o, k, x in given]
        for met in product(*each):
            outputs, taps, cells, inside = zip(*met, strict=True)
            yield Meeting(outputs, taps, cells, all(inside))

    @cached_property
    def reaches_out(self) -> bool:
        """Whether a window covers more than the cells of the input."""
        return any(axis.before != 0 or axis.reached > axis.size for axis in self.axes)

    @cached_property
    def as_they_stand(self) -> bool:
        """Whether every window is one cell, in order: the columns of planes are these planes."""
        return all(axis.window == axis.stride == 1 and axis.covers_input for axis in self.axes)

    def stretch(self, rows: slice) -> Windows:
        """The windows of some places of the first axis; these windows themselves where that is all of them."""
        return self if rows == slice(0, self.outputs[0]) else self.rows(rows.start, rows.stop)

    def rows(self, start: int, end: int) -> Windows:
        """The windows number `start` to `end` of the first axis alone, over the same input."""
        first, *others = self.axes
        stretch = replace(first, outputs=end - start, before=first.before - start * first.stride)
        return Windows((stretch, *others))

    def window(self, output: Index) -> Windows:
        places = zip(self.axes, output, strict=True)
        return Windows(tuple(replace(a, outputs=1, before=a.before - o * a.stride) for a, o in places))

    def counts(self, *, padding: bool) -> Integers:
        """How many taps of each window read a cell (*outputs); with `padding` those that read padding too, but never
        the overhang of ceil_mode."""
        each = [(axis.padded() if padding else axis.table != NONE).sum(1) for axis in self.axes]
        return np.asarray(reduce(np.multiply.outer, each))

    def most_meetings(self) -> int:
        """In how many places at most one input cell is read: padding that repeats cells adds to it."""
        counts = (np.bincount(axis.table[axis.table != NONE]) for axis in self.axes)
        return math.prod(int(count.max(initial=0)) for count in counts)

    def real_meetings(self) -> int:
        """How many taps of all windows read a cell, per channel pair and image."""
        return math.prod(int((axis.table != NONE).sum()) for axis in self.axes)

    def multiply_adds(self) -> int:
        """Products per channel pair and image, counting those with padding."""
        return math.prod(self.outputs) * math.prod(self.taps)

    def reached(self) -> int:
        """Positions of one plane from the first to the last that a window covers."""
        return math.prod(axis.reached for axis in self.axes)

    def pad(self, planes: Array, fill: Any = 0, room: Array | None = None) -> Array:
        """Every position that a window covers: (..., *sizes) -> (..., *reach); zero padding is `fill`. `room` is flat
        memory for it."""
        return padded(self.axes, planes, fill, room) if self.reaches_out else planes

    def _exchanged(self, windowed: Array) -> Array:
        """(..., *outputs, *taps) as (..., *taps, *outputs), and back."""
        taps = windowed.ndim - self.rank
        outputs = taps - self.rank
        return windowed.transpose(*range(outputs), *range(taps, windowed.ndim), *range(outputs, taps))

    def _spread(self, table: NDArray[Any], number: int) -> NDArray[Any]:
        """One axis's table, shaped to broadcast over (*outputs, *taps)."""
        shape = [1] * (2 * self.rank)
        shape[number], shape[number + self.rank] = table.shape
        return table.reshape(shape)

    def _all_axes(self, tables: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
        whole = np.ones((*self.outputs, *self.taps), dtype=bool)
        for number, table in enumerate(tables):
            whole &= self._spread(table, number)
        return whole


def in_steps(whole: int, step: int) -> Iterator[slice]:
    """Slices of `step` out of `whole`; of one where it is less."""
    step = max(1, step)
    return (slice(start, min(start + step, whole)) for start in range(0, whole, step))


def in_pieces(images: int, cells: int) -> Iterator[slice]:
    """Slices of `images` images with `cells` windowed cells each, about PIECE cells at a time."""
    return in_steps(images, PIECE // cells)


def in_rows(rows: int, cells: int) -> Iterator[slice]:
    """Slices of `rows` rows of windows, together `cells` windowed cells, about LARGE of them at a time."""
    return in_steps(rows, LARGE * rows // max(1, cells))
