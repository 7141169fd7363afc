"""One spatial axis: which input position each tap of each window reads.

The whole geometry is `position` (where a tap is) and `source` (which cell is there when that is
outside the input). `table` is both for every window; everything else is read from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnngrad.records import dataclass

Integers = NDArray[np.int64]
NONE = -1
"""In a table: no input cell is here."""

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")

Ring = TypeVar("Ring")
"""An int, an integer array or a formula: whatever adds and multiplies with integers."""


class AxisMeeting(NamedTuple):
    """Along one axis, window `output` meets `cell` with its tap `tap`.

    Not `inside`: zero padding, and `cell` is its position.
    """

    output: int
    tap: int
    cell: int
    inside: bool


@dataclass(frozen=True)
class Axis:
    """`outputs` windows of `window` taps over `size` cells.

    `before` and `after` are padding cells (negative: cropped), `mode` is what they hold, `flip` turns the kernel round.
    """

    size: int
    window: int
    outputs: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    mode: str = "zeros"
    flip: bool = False

    @property
    def span(self) -> int:
        """Cells from the first to the last tap of a window."""
        return spread(self.window, self.dilation)

    @property
    def spread(self) -> int:
        """Cells from the first window's first cell to the last window's: the output spread by the stride."""
        return spread(self.outputs, self.stride)

    @property
    def padded_size(self) -> int:
        """Cells of the input with its padding."""
        return self.size + self.before + self.after

    @property
    def has_padding(self) -> bool:
        """Whether anything was added (or cropped) at either end."""
        return bool(self.before or self.after)

    @property
    def has_possible_padding(self) -> bool:
        """Whether the padding mode has as many cells as are added at either end."""
        return max(self.before, self.after) <= self.most_padding

    @property
    def most_padding(self) -> float:
        """How many cells the padding mode can add at one end: reflected cells leave out the border itself."""
        return {"reflect": self.size - 1, "circular": self.size}.get(self.mode, math.inf)

    def opposite(self, tap: Ring) -> Ring:
        """The tap that takes the place of `tap` when the kernel is turned."""
        return (self.window - 1) - tap  # type: ignore[operator, return-value]

    def position(self, output: Ring, tap: Ring) -> Ring:
        """Where tap `tap` of window `output` is; 0 is the first cell of the input."""
        reach = self.opposite(tap) if self.flip else tap
        return output * self.stride + reach * self.dilation - self.before  # type: ignore[operator, return-value]

    def source(self, position: Integers) -> Integers:
        """The input cell that is read at each position, NONE for zero padding."""
        inside = (position >= 0) & (position < self.size)
        last = self.size - 1
        match self.mode:
            case "reflect":
                return np.where(inside, position, last - abs(last - abs(position)))
            case "replicate":
                return np.clip(position, 0, last)
            case "circular":
                return position % self.size
            case _:
                return np.where(inside, position, NONE)

    @cached_property
    def positions(self) -> Integers:
        """Every position, outputs x taps."""
        outputs, taps = np.arange(self.outputs)[:, None], np.arange(self.window)[None, :]
        return np.asarray(self.position(outputs, taps))

    @cached_property
    def table(self) -> Integers:
        """The input cell of every tap of every window (outputs x taps), NONE for zero padding."""
        return self._within_padding(self.positions)

    @cached_property
    def reach(self) -> Integers:
        """The input cell at every position from the first to the last that a window covers."""
        first = -self.before
        return self._within_padding(np.arange(first, first + self.reached))

    @cached_property
    def held(self) -> tuple[slice, slice | Integers]:
        """The stretch of `reach` that holds cells of the input, and which cells those are."""
        if not len(found := np.flatnonzero(self.reach != NONE)):
            return slice(0, 0), slice(0, 0)
        cells = self.reach[stretch := slice(int(found[0]), int(found[-1]) + 1)]
        return stretch, cells if self.mode != "zeros" else slice(int(cells[0]), int(cells[-1]) + 1)

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """Where each tap of all windows is among the positions of `reach`."""
        starts = (self.position(0, tap) + self.before for tap in range(self.window))
        return tuple(slice(start, start + self.spread, self.stride) for start in starts)

    @property
    def covers_input(self) -> bool:
        """Whether the positions of `reach` are the cells of the input, no more and no less."""
        return self.before == 0 and self.reached == self.size

    @property
    def reached(self) -> int:
        """Positions from the first to the last that a window covers, known without listing them."""
        return self.spread - 1 + self.span

    @property
    def unread(self) -> NDArray[np.bool_]:
        """Which cells of the input no tap of any window reads (size,)."""
        missed = np.ones(self.size, dtype=bool)
        missed[self.table[self.table != NONE]] = False
        return missed

    @property
    def unread_ends(self) -> tuple[int, int]:
        """How many cells before the first that is read, and behind the last, no window reads."""
        read = np.flatnonzero(~self.unread)
        return (int(read[0]), self.size - 1 - int(read[-1])) if len(read) else (0, self.size)

    def padded(self) -> NDArray[np.bool_]:
        """Which taps are on the input or its padding, not on the overhang of `ceil_mode` (outputs x taps)."""
        return self.positions < self.size + self.after

    def moves(self, cells: int) -> int | None:
        """How many windows further the windows on an input moved by `cells` are; None where that is no whole number."""
        return None if cells % self.stride else cells // self.stride

    def full(self) -> Self:
        """The axis of the full correlation, from the output spread by the stride to every position of `reach`.

        Its kernel is the turned one (Dumoulin and Visin, A guide to convolution arithmetic, section 4).
        """
        border = self.span - 1
        return type(self)(self.spread, self.window, self.reached, 1, self.dilation, border, border)

    def spread_place(self, output: int) -> int:
        """Where a window's output is when the output is spread by the stride, with the border of the full
        correlation."""
        return output * self.stride + self.full().before

    def exchanged(self) -> Self:
        """The axis of the correlation of `reach` with the output as its kernel: its windows are the taps."""
        return type(self)(self.reached, self.outputs, self.window, self.dilation, self.stride)

    def meetings(
        self, *, output: int | None = None, tap: int | None = None, source: int | None = None
    ) -> Iterator[AxisMeeting]:
        """The meetings that agree with what is given, by output and tap."""
        for o, k in self._windows(output, tap) if source is None else self._readers(source):
            if output in (None, o) and tap in (None, k):
                cell = int(self.table[o, k])
                inside = cell != NONE
                yield AxisMeeting(o, k, cell if inside else int(self.positions[o, k]), inside)

    def _windows(self, output: int | None, tap: int | None) -> Iterator[tuple[int, int]]:
        outputs = range(self.outputs) if output is None else (output,)
        taps = range(self.window) if tap is None else (tap,)
        return ((o, k) for o in outputs for k in taps)

    def _readers(self, source: int) -> Iterator[tuple[int, int]]:
        """The windows and taps that read a cell."""
        order, cells = self._by_cell
        first, end = np.searchsorted(cells, [source, source + 1])
        return (divmod(int(place), self.window) for place in order[first:end])

    @cached_property
    def _by_cell(self) -> tuple[Integers, Integers]:
        """The places of the table in the order of the cells in them, and these cells."""
        flat = self.table.ravel()
        order = np.argsort(flat, kind="stable")
        return order, flat[order]

    @cached_property
    def readers(self) -> Integers:
        """The windows and taps that read each cell, as output * window + tap, in order: size x most, NONE where a cell
        has fewer."""
        order, cells = (each[np.searchsorted(self._by_cell[1], 0) :] for each in self._by_cell)
        place = np.arange(len(cells)) - np.searchsorted(cells, cells)
        found = np.full((self.size, int(place.max(initial=-1)) + 1), NONE)
        found[cells, place] = order
        return found

    def _within_padding(self, positions: Integers) -> Integers:
        # A ceil_mode window hangs over the padding's end: nothing is reflected or repeated there.
        return np.where(positions < self.size + self.after, self.source(positions), NONE)

    # Wrong axes: the mistakes that people make with windows, and nothing else, use all that follows.

    def refitted(self, **settings: Any) -> Self:
        """The axis with other settings, and as many windows as fit then; may be none."""
        axis = replace(self, **settings)
        return replace(axis, outputs=max(count(axis.padded_size, axis.span, axis.stride), 0))

    def unpadded(self) -> Self:
        """The axis of a dW that forgets the padding: the bare input correlated with the output spread by the stride.

        Its window has as many taps as fit then; may be none.
        """
        taps = count(self.size, self.spread, self.dilation)
        return replace(self, before=0, after=0, mode="zeros", window=max(taps, 0))

    def whole(self) -> Self:
        """This axis with its padding counted as cells of the input."""
        return replace(self, size=self.padded_size, before=0, after=0, mode="zeros")

    def latest(self) -> NDArray[np.bool_]:
        """Which taps no later window's tap covers (outputs x taps)."""
        places = self.positions - self.positions.min()
        outputs = np.broadcast_to(np.arange(self.outputs)[:, None], places.shape)
        last = np.zeros(places.max() + 1, dtype=np.int64)
        np.maximum.at(last, places, outputs)
        return np.asarray(last[places] == outputs)

    def earliest(self) -> NDArray[np.bool_]:
        """Which taps no earlier window's tap covers (outputs x taps): the same seen from the other end."""
        return self.latest()[::-1, ::-1]

    @property
    def without_remainder(self) -> int:
        """Cells of the input up to the end of the last window, as many padding cells fewer as are cropped there: what
        the full correlation with the output spread by the stride gives, where no output padding is added."""
        return min(self.reached - self.before - self.after, self.size)

    def interior(self) -> NDArray[np.bool_]:
        """Which cells of the input get all taps of the kernel from the output spread by the stride: those that a
        correlation of the upstream gradient without padding (`valid`) reaches."""
        positions = np.arange(self.size) + self.before
        return np.asarray((positions >= self.span - 1) & (positions < self.spread))


def spread(places: int, step: int) -> int:
    """Cells from the first to the last of `places` places that are `step` cells apart."""
    return step * (places - 1) + 1


def count(extent: int, span: int, stride: int, *, ceil: bool = False, last_start: int | None = None) -> int:
    """How many windows of `span` cells fit into `extent` cells.

    floor((extent - span)/stride) + 1; `ceil` rounds up and then drops a window that would start at
    or beyond `last_start`. Zero or less means that not even one fits.
    """
    room = extent - span
    windows = (-(-room // stride) if ceil else room // stride) + 1
    if ceil and last_start is not None and spread(windows, stride) > last_start:
        windows -= 1
    return windows


def same_padding(total: int, *, lower: bool = False) -> tuple[int, int]:
    """`total` padding cells as (before, after); the odd cell at the end, or first for `lower`."""
    small = max(total, 0) // 2
    large = max(total, 0) - small
    return (large, small) if lower else (small, large)
