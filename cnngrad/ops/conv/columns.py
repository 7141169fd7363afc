"""The terms of a run of cells of a convolution by columns: the tables of its windows, read for many cells at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, reduce
from operator import add, and_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.columns import Box, Column, Columns, Factors, Part, indices_of, strides_of
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.records import dataclass
from cnngrad.windows.axis import NONE, Integers
from cnngrad.windows.windows import Index

Places = Sequence[Integers]
"""An index of many cells: an array for each axis, which are broadcast against each other."""


@dataclass(frozen=True, eq=False)
class ConvColumns:
    """The columns of one convolution, with its arrays by their symbols."""

    conv: Conv
    values: Mapping[str, Array]
    base: int

    def of(self, quantity: str, cells: range) -> Columns:
        """The terms of these cells, flat and row-major, in reading order."""
        numbers = np.arange(cells.start, cells.stop)
        if quantity == "db":
            return Columns(quantity, cells, (self._of_bias(numbers),))
        index = indices_of(cells, self.values[quantity].shape)
        if quantity == "dW":
            return Columns(quantity, cells, (self._of_kernel(index),))
        n, c, *spatial = self.conv.layout.plane_cell(index, np.zeros_like(numbers))
        narrow = (quantity == "Z") is not self.conv.transposed
        part = (self._of_narrow if narrow else self._of_wide)("A" if quantity == "Z" else "dZ", n, c, spatial)
        if quantity != "Z":
            return Columns(quantity, cells, (part,))
        filters = c if self.values["b"].size > 1 else np.zeros_like(c)
        return Columns(quantity, cells, (part, Part.even(len(cells), Column(self._factors["b"], filters))))

    def _of_narrow(self, partner: str, n: Integers, o: Integers, outputs: Places) -> Part:
        """Every tap of the windows of some narrow cells, times the kernel."""
        channels, rank, cells = self.conv.channels, self.conv.windows.rank, len(n)
        i = _along(np.arange(channels.inputs_per_group), 1, rank + 2)
        first = o // channels.outputs_per_group * channels.inputs_per_group
        n, first, o = (_along(each, 0, rank + 2) for each in (n, first, o))
        axes = zip(self.conv.windows.axes, outputs, range(2, rank + 2), strict=True)
        met = [
            _Axis(axis.table[output], axis.positions[output]).at((0, place), rank + 2) for axis, output, place in axes
        ]
        taps = [_along(np.arange(axis.window), k, rank + 2) for k, axis in enumerate(self.conv.windows.axes, start=2)]
        wide, key = self._wide(partner, n, first + i, met)
        kernel = self._kernel(o, i, taps)
        whole = np.broadcast_shapes(wide.shape, kernel.shape)
        wide, key, kernel = (np.broadcast_to(each, whole).reshape(cells, -1) for each in (wide, key, kernel))
        order = np.argsort(key * self.values["W"].size + kernel, axis=1)
        columns = ((partner, wide), ("W", kernel))
        picked = ((name, np.take_along_axis(each, order, 1).ravel()) for name, each in columns)
        return Part.even(cells, *(Column(self._factors[name], numbers) for name, numbers in picked))

    def _of_wide(self, partner: str, n: Integers, c: Integers, sources: Places) -> Part:
        """Every narrow cell whose window reads some wide cells, times the kernel."""
        channels, rank, cells = self.conv.channels, self.conv.windows.rank, len(n)
        o = _along(np.arange(channels.outputs_per_group), 1, rank + 2)
        o = o + _along(c // channels.inputs_per_group * channels.outputs_per_group, 0, rank + 2)
        i = _along(c % channels.inputs_per_group, 0, rank + 2)
        axes = enumerate(zip(self.conv.windows.axes, sources, strict=True), start=2)
        readers = [_along(axis.readers[source], (0, k), rank + 2) for k, (axis, source) in axes]
        met = reduce(and_, (each != NONE for each in readers), np.ones((1,) * (rank + 2), dtype=bool))
        sizes = self.conv.windows.taps
        outputs, taps = ([f(each, size) for each, size in zip(readers, sizes, strict=True)] for f in (_over, _rest))
        narrow = self._plane(partner, _along(n, 0, rank + 2), o, outputs)
        kernel = self._kernel(o, i, taps)
        whole = np.broadcast_shapes(narrow.shape, kernel.shape)
        narrow, kernel, met = (np.broadcast_to(each, whole).reshape(cells, -1) for each in (narrow, kernel, met))
        key = np.where(met, narrow * self.values["W"].size + kernel, np.iinfo(np.int64).max)
        order = np.argsort(key, axis=1)
        met = np.take_along_axis(met, order, 1)
        picked = ((name, np.take_along_axis(each, order, 1)[met]) for name, each in ((partner, narrow), ("W", kernel)))
        ends = np.concatenate(([0], np.cumsum(met.sum(1))))
        return Part(ends, tuple(Column(self._factors[name], numbers) for name, numbers in picked))

    def _of_kernel(self, index: Places) -> Part:
        """Every window of all images, and its cell under some taps."""
        conv, rank, cells = self.conv, self.conv.windows.rank, len(index[0])
        o, i, *taps = conv.layout.kernel_cell(index, np.zeros(cells, dtype=np.int64))
        n = _along(np.arange(conv.batch), 1, rank + 2)
        c = o // conv.channels.outputs_per_group * conv.channels.inputs_per_group + i
        axes = list(zip(conv.windows.axes, taps, range(2, rank + 2), strict=True))
        met = [_Axis(axis.table.T[tap], axis.positions.T[tap]).at((0, k), rank + 2) for axis, tap, k in axes]
        outputs = [_along(np.arange(axis.outputs), k, rank + 2) for axis, _, k in axes]
        first, second = ("A", "dZ") if conv.transposed else ("dZ", "A")
        wide, _ = self._wide(second, n, _along(c, 0, rank + 2), met)
        narrow = np.broadcast_to(self._plane(first, n, _along(o, 0, rank + 2), outputs), wide.shape)
        columns = ((first, narrow), (second, wide))
        return Part.even(cells, *(Column(self._factors[name], numbers.ravel()) for name, numbers in columns))

    def _of_bias(self, filters: Integers) -> Part:
        """Every cell of dZ in the channels of some filters."""
        conv, rank = self.conv, self.conv.windows.rank
        n = _along(np.arange(conv.batch), 1, rank + 2)
        spatial = [_along(np.arange(size), k, rank + 2) for k, size in enumerate(conv.output_sizes, start=2)]
        numbers = self._plane("dZ", n, _along(filters, 0, rank + 2), spatial)
        return Part.even(len(filters), Column(self._factors["dZ"], numbers.ravel()))

    # --- what the factors are, and their numbers

    @cached_property
    def _factors(self) -> dict[str, Factors]:
        outside = {"dZ" if self.conv.transposed else "A": self._box}
        names = [name for name in ("A", "W", "b", "dZ") if name in self.values]
        return {name: Factors(name, self.values[name], self.base, outside.get(name, Box((), ()))) for name in names}

    @cached_property
    def _box(self) -> Box:
        """Every place that a window reads, in the user's layout."""
        reached = [(min(0, int(x.positions.min())), max(x.size - 1, int(x.positions.max()))) for x in self._axes]
        first = self.conv.layout.user_cell((0, 0, *(low for low, _ in reached)))
        channels = self.conv.channels.inputs
        return Box(first, self.conv.layout.user_cell((self.conv.batch, channels, *(b - a + 1 for a, b in reached))))

    @property
    def _axes(self) -> tuple[Any, ...]:
        return self.conv.windows.axes

    def _plane(self, quantity: str, n: Integers, c: Integers, spatial: Places) -> Integers:
        """The numbers of cells of A or dZ."""
        strides = self.conv.layout.plane_cell(strides_of(self.values[quantity].shape), 0)
        return _flat((n, c, *spatial), strides)

    def _wide(self, quantity: str, n: Integers, c: Integers, met: Sequence[_Axis]) -> tuple[Integers, Integers]:
        """The numbers of cells on the wide side, or of its padding; and their order."""
        strides = self.conv.layout.plane_cell(strides_of(self._box.shape), 0)
        first = self.conv.layout.plane_cell(self._box.first, 0)[2:]
        places = [axis.places - start for axis, start in zip(met, first, strict=True)]
        order = _flat((n, c, *places), strides)
        cells = self._plane(quantity, n, c, [axis.places for axis in met])
        inside = reduce(and_, (axis.inside for axis in met))
        return np.where(inside, cells, -1 - order), order

    def _kernel(self, o: Integers, i: Integers, taps: Places) -> Integers:
        """The numbers of kernel cells."""
        strides = self.conv.layout.kernel_cell(strides_of(self.conv.kernel_shape), 0)
        return _flat((o, i, *taps), strides)


@dataclass(frozen=True)
class _Axis:
    """What is read along one axis: a cell of the input, NONE on padding, and the position."""

    table: Integers
    positions: Integers

    def at(self, axes: tuple[int, int], rank: int) -> _Axis:
        return _Axis(_along(self.table, axes, rank), _along(self.positions, axes, rank))

    @property
    def inside(self) -> NDArray[np.bool_]:
        return np.asarray(self.table != NONE)

    @property
    def places(self) -> Integers:
        """The cell, or the position where it is padding."""
        return np.where(self.inside, self.table, self.positions)


def _along(array: Integers, axes: int | tuple[int, ...], rank: int) -> Integers:
    """An array along some axes of `rank`, to be broadcast over the others."""
    shape = [1] * rank
    for axis, size in zip((axes,) if isinstance(axes, int) else axes, array.shape, strict=True):
        shape[axis] = size
    return array.reshape(shape)


def _flat(index: Iterable[Integers], strides: Index) -> Integers:
    return reduce(add, (places * step for places, step in zip(index, strides, strict=True)))


def _over(readers: Integers, taps: int) -> Integers:
    """The window of each reader."""
    return np.maximum(readers, 0) // taps


def _rest(readers: Integers, taps: int) -> Integers:
    """The tap of each reader."""
    return np.maximum(readers, 0) % taps
