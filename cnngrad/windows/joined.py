"""The windows of many planes, one axis after the other, as long slices: for arrays of thousands of cells and more.

A sum or a maximum over a window of 3 x 3 cells is one over 3 columns of each row, and then one over 3 of these rows.
Along one axis the planes are *joined*: the first row of a plane follows the last row of the plane before it, and the
first cell of a row the last one of the row before. With a stride of s, every s-th cell is then put together: the cells
that are first under a step of the windows, those that are second, and so on. One tap of all windows is then one slice
of cells that follow each other, because windows are counted where they run on from one row or plane into the next,
too; nobody reads these. numpy takes 0.4 ns a cell for the maximum of two slices of 50,000 cells, 1.4 ns for 900 times
54 of them, and 2.2 ns for 450 times every other one of 54.

Shapes: planes are (P, *sizes, beside), where `beside` numbers stand at each position, the channels of an array that
has these last. Along one axis they are (positions, beside), and put together by the step (stride, windows, beside).
"""

from __future__ import annotations

import operator
from functools import cached_property, reduce
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.windows.axis import Axis
from cnngrad.windows.windows import Index, Windows

Chosen = NDArray[np.bool_]
"""Which taps of each window are chosen (taps, windows, beside)."""
Won = tuple[Array, Array]
"""The largest cell of each window, and how many cells it is behind the first one."""


@dataclass(frozen=True)
class Along:
    """The windows along one axis of joined planes, with `beside` numbers at each position."""

    axis: Axis
    beside: int

    @cached_property
    def windows(self) -> int:
        """Windows of one plane: those of the axis, and those that run on into the next plane."""
        return -(-self.axis.reached // self.axis.stride)

    @cached_property
    def positions(self) -> int:
        """Positions of one plane: those that a window covers, up to a whole number of strides."""
        return self.windows * self.axis.stride

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Where each tap of the first window is: its place under the step, and how many steps further."""
        starts = (self.axis.position(0, tap) + self.axis.before for tap in range(self.axis.window))
        return [divmod(start, self.axis.stride)[::-1] for start in starts]

    def by_step(self, cells: Array) -> Array:
        """(positions, beside) -> (stride, windows, beside), a view, whatever the axes of `cells` are."""
        return cells.reshape(-1, self.axis.stride, self.beside).swapaxes(0, 1)

    def apart(self, cells: Array) -> Array:
        """The same in memory: worth while for what is read again and again."""
        steps = self.by_step(cells)
        if self.axis.stride == 1:
            return steps
        apart = np.empty(steps.shape, cells.dtype)
        for part, step in zip(apart, steps, strict=True):
            part[...] = step
        return apart

    def together(self, parts: list[Array]) -> Array:
        """What is first under the steps of the windows, what is second, ..., as one array (positions, beside)."""
        if len(parts) == 1:
            return parts[0]
        steps = np.empty((len(parts[0]), len(parts), self.beside), parts[0].dtype)
        for place, part in enumerate(parts):
            steps[:, place] = part
        return steps.reshape(-1, self.beside)

    def reduced(self, operation: np.ufunc, apart: Array) -> Array:
        """The taps of each window put together: (stride, windows, beside) -> (windows, beside)."""
        first, *others = self._taps(apart)
        whole = self._rest_zero(np.empty(apart.shape[1:], apart.dtype))
        part = whole[: len(first)]
        if not others:
            part[...] = first
        for tap in others:
            operation(first, tap, out=part)
            first = part
        return whole

    def equal(self, apart: Array, each: Array) -> Chosen:
        """Which taps hold the number of their window."""
        taps = self._taps(apart)
        numbers = self._known(each)
        found = np.empty((len(taps), *numbers.shape), dtype=bool)
        for tap, same in zip(taps, found, strict=True):
            np.equal(tap, numbers, out=same)
        return found

    def picked(self, chosen: Chosen, apart: Array) -> Array:
        """The cells under the chosen taps of each window, added up: (stride, windows, beside) -> (windows, beside)."""
        whole = np.zeros(apart.shape[1:], apart.dtype)
        part = self._known(whole)
        for tap, here in zip(self._taps(apart), chosen, strict=True):
            part += tap * here
        return whole

    def won(self, later: np.ufunc, apart: Array, step: int, inner: Array | None, dtype: np.dtype[Any]) -> Won:
        """The largest cell of each window (windows, beside), where a later one must be `later` than the best before it,
        and how many cells it is behind the window's first one: `step` for each position along this axis, and what
        `inner` (stride, windows, beside) says of the axes before. Differences of distances are counted round the end
        of `dtype`, which holds every distance."""
        largest = self._rest_zero(np.empty(apart.shape[1:], apart.dtype))
        distances = np.zeros(largest.shape, dtype)
        best, behind = self._known(largest), self._known(distances)
        before = [dtype.type(0)] * self.axis.window if inner is None else self._taps(inner)
        for tap, (cells, distance) in enumerate(zip(self._taps(apart), before, strict=True)):
            if not tap:
                first = cells
                behind[...] = distance
                continue
            wins = later(cells, first)
            first = np.maximum(cells, first, out=best)
            behind += (distance + tap * self.axis.dilation * step - behind) * wins.view(np.uint8)
        if self.axis.window == 1:
            best[...] = first
        return largest, distances

    def spread(self, chosen: Chosen | None, each: Array) -> list[Array]:
        """The number of each window, added to its chosen taps, or to all of them, for each place under the step:
        (windows, beside) each. The adjoint of `picked`, and of a sum. Windows that nobody reads have the number 0."""
        numbers = each.reshape(-1, self.beside)
        return [self._shared(place, chosen, numbers) for place in range(self.axis.stride)]

    def _shared(self, place: int, chosen: Chosen | None, each: Array) -> Array:
        """What the cells at one place under the step are given: the numbers themselves where all of them take one."""
        taps = [(tap, step) for tap, (at, step) in enumerate(self.places) if at == place]
        if chosen is None and [step for _, step in taps] == [0]:
            return each
        numbers, room, whole = self._known(each), None, np.empty_like(each)
        if not taps:
            whole[...] = 0
        for tap, step in taps:
            part = whole[step : step + len(numbers)]
            if room is None:
                whole[:step] = whole[step + len(numbers) :] = 0
                np.multiply(numbers, 1 if chosen is None else chosen[tap], out=part)
                room = np.empty_like(numbers)
            else:
                part += numbers if chosen is None else np.multiply(numbers, chosen[tap], out=room)
        return whole

    def _taps(self, apart: Array) -> list[Array]:
        """For each tap what it reads in every window, views (windows, beside); the last windows, which would run on
        beyond the last plane, are left out."""
        known = apart.shape[1] - self._beyond
        return [apart[place, step : step + known] for place, step in self.places]

    @cached_property
    def _beyond(self) -> int:
        """How many of the last windows would run on beyond the last plane."""
        return max(step for _, step in self.places)

    def _known(self, each: Array) -> Array:
        """The windows (windows, beside) that do not run on beyond the last plane."""
        numbers = each.reshape(-1, self.beside)
        return numbers[: len(numbers) - self._beyond]

    def _rest_zero(self, each: Array) -> Array:
        each[len(each) - self._beyond :] = 0
        return each


@dataclass(frozen=True)
class Joined:
    """Windows over joined planes; all padding is of one number."""

    windows: Windows
    beside: int = 1

    @cached_property
    def stages(self) -> tuple[Along, ...]:
        """The axes in the order in which windows are reduced, the last one first."""
        stages: list[Along] = []
        beside = self.beside
        for axis in reversed(self.windows.axes):
            stages.append(Along(axis, beside))
            beside *= stages[-1].windows
        return tuple(stages)

    @cached_property
    def positions(self) -> Index:
        """Positions of a plane that are laid out, along each axis."""
        return tuple(stage.positions for stage in reversed(self.stages))

    @cached_property
    def counted(self) -> Index:
        """Windows of a plane, those that run on into the next row or plane included."""
        return tuple(stage.windows for stage in reversed(self.stages))

    def laid(self, planes: Array, fill: Any) -> Array:
        """Every position: (P, *sizes, beside) -> (P, *positions, beside); padding is `fill`. The planes themselves
        where nothing is to be added or left out."""
        if self.is_input and planes.flags.c_contiguous:
            return planes
        laid = np.full((len(planes), *self.positions, self.beside), fill, dtype=planes.dtype)
        laid[self._held] = planes[self._cells]
        return laid

    def reduced(self, operation: np.ufunc, planes: Array, fill: Any) -> Array:
        """The cells of each window put together: (P, *sizes, beside) -> (P, *outputs, beside)."""
        cells = self.laid(planes, fill)
        for along in self.stages:
            cells = along.reduced(operation, along.by_step(cells))
        return self.real(cells)

    @cached_property
    def steps(self) -> Index:
        """How many cells of the input lie between two positions, for the axis of each stage."""
        inner = (1, *accumulate(reversed(self.windows.sizes), operator.mul))
        return inner[:-1]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The flat index of the cell under the first tap of each window (*outputs, 1), as if cells went on."""
        axes = zip(self.windows.axes, reversed(self.steps), strict=True)
        starts = (axis.positions[:, 0] * step for axis, step in axes)
        return np.asarray(reduce(np.add.outer, starts))[..., None]

    @cached_property
    def farthest(self) -> int:
        """How many cells the last tap of a window is behind its first one."""
        return sum((stage.axis.span - 1) * step for stage, step in zip(self.stages, self.steps, strict=True))

    def gather(self, parts: list[Array], planes: Array) -> None:
        """Add the numbers at positions, as the last axis has them apart, to the cells there (P, *sizes, beside), which
        are 0 unless `is_input`; those of padding are left out."""
        along = self.stages[0]
        if self.is_input:
            steps = planes.reshape(-1, along.axis.stride, self.beside)
            for place, part in enumerate(parts):
                np.add(part, 0.0, out=steps[:, place])  # a zero has no sign
        else:
            positions = along.together(parts).reshape(-1, *self.positions, self.beside)
            planes[self._cells] += positions[self._held]

    def embedded(self, each: Array) -> Array:
        """A number of each window (P, *outputs, beside), and zeros for the windows that nobody reads."""
        if self.counted == self.windows.outputs and each.flags.c_contiguous:
            return each
        room = np.zeros((len(each), *self.counted, self.beside), dtype=each.dtype)
        room[self._real] = each
        return room

    def real(self, each: Array) -> Array:
        """Of a number of each window those that somebody reads (P, *outputs, beside)."""
        return each.reshape(-1, *self.counted, self.beside)[self._real]

    @cached_property
    def is_input(self) -> bool:
        """Whether the positions are the cells of the input, no more and no less."""
        return self.positions == self.windows.sizes and not any(axis.before for axis in self.windows.axes)

    @cached_property
    def _real(self) -> tuple[slice, ...]:
        return (slice(None), *(slice(axis.outputs) for axis in self.windows.axes))

    @cached_property
    def _held(self) -> tuple[slice, ...]:
        """The positions that hold cells of the input."""
        return (slice(None), *(axis.held[0] for axis in self.windows.axes))

    @cached_property
    def _cells(self) -> Any:
        """The cells of the input that are at these positions."""
        return (slice(None), *(axis.held[1] for axis in self.windows.axes))
