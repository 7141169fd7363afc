"""Windows over channels: the three products of a window layer, as matrix products over whole arrays, and cell by cell.

The *wide* side is the one that windows slide over, the *narrow* side has one cell per window. A
convolution goes from wide to narrow; a transposed one from narrow to wide, with nothing else new.
Wide is (N, I, *sizes), narrow (N, O, *outputs), the kernel (O, I/groups, *taps).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.windows.windows import PIECE, Index, Meeting, Windows, in_pieces, in_rows


@dataclass(frozen=True)
class Channels:
    """`inputs` and `outputs` channels in `groups` groups of consecutive channels.

    Output channel c is in group c // (outputs/groups), and sees the input channels of that group.
    """

    inputs: int
    outputs: int
    groups: int = 1

    @property
    def inputs_per_group(self) -> int:
        """Input channels that one output channel sees."""
        return self.inputs // self.groups

    @property
    def outputs_per_group(self) -> int:
        """Output channels that one input channel reaches."""
        return self.outputs // self.groups

    def seen_by(self, output: int) -> range:
        first = output // self.outputs_per_group * self.inputs_per_group
        return range(first, first + self.inputs_per_group)

    def reached_from(self, input_: int) -> range:
        first = input_ // self.inputs_per_group * self.outputs_per_group
        return range(first, first + self.outputs_per_group)

    def grouped(self, planes: Array) -> Array:
        """(N, C, ...) -> (N, groups, C/groups, ...)."""
        return planes.reshape(len(planes), self.groups, -1, *planes.shape[2:])

    def grouped_kernel(self, kernel: Array) -> Array:
        """(O, I, *taps) -> (groups, O/groups, I * taps): one matrix per group."""
        return kernel.reshape(self.groups, self.outputs_per_group, -1)


class ChannelMeeting(NamedTuple):
    """One product: wide cell times kernel cell is a term of narrow cell; `wide` is (n, i, *position), `kernel`
    (o, i in the group, *tap), `narrow` (n, o, *output).

    Not `inside`: zero padding, and `wide` is its position.
    """

    wide: Index
    inside: bool
    kernel: Index
    narrow: Index


@dataclass(frozen=True)
class Correlation:
    """Windows, and the channels that they connect."""

    windows: Windows
    channels: Channels

    @property
    def kernel_shape(self) -> Index:
        """(O, I/groups, *taps)."""
        return (self.channels.outputs, self.channels.inputs_per_group, *self.windows.taps)

    @property
    def narrow_shape(self) -> Index:
        """(O, *outputs)."""
        return (self.channels.outputs, *self.windows.outputs)

    def narrow(self, wide: Array, kernel: Array) -> Array:
        """Sum of window times kernel: (N, I, *sizes) -> (N, O, *outputs)."""
        shape, rows = (len(wide), *self.narrow_shape), self.channels.grouped_kernel(kernel)
        if self._in_one_part(len(wide)):
            product: Array = rows @ self._columns(wide)
            return product.reshape(shape).astype(wide.dtype, copy=False)
        result = zeros(shape, wide)
        for images, part, block in self._parts(len(wide)):
            product = rows @ part._columns(wide[images])
            result[images, :, block] = product.reshape(result[images, :, block].shape)
        return result

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """Each narrow cell times the kernel, added into its window: the adjoint of `narrow`."""
        if self._in_one_part(len(narrow)):
            return self.windows.collect(self._spread_columns(narrow, kernel))
        result = zeros((len(narrow), self.channels.inputs, *self.windows.sizes), narrow)
        padded = self.windows.positions((0, self.channels.inputs), narrow)
        for images, part, block in self._parts(len(narrow)):
            if not block.start:
                padded = self.windows.positions((len(narrow[images]), self.channels.inputs), narrow)
            self.windows.gather(padded, part.spread(narrow[images, :, block], kernel), block.start)
            if block.stop == self.windows.outputs[0]:
                result[images] = self.windows.unpad(padded)
        return result

    def spread(self, narrow: Array, kernel: Array) -> Array:
        """Each narrow cell times the kernel, before it is added into its window (N, I, *outputs, *taps)."""
        return self.windows.windowed(self._spread_columns(narrow, kernel))

    def _spread_columns(self, narrow: Array, kernel: Array) -> Array:
        """The same tap by tap (N, I, taps * outputs)."""
        columns: Array = self.channels.grouped_kernel(kernel).swapaxes(1, 2) @ self._rows(narrow)
        return columns.reshape(len(narrow), self.channels.inputs, -1)

    def kernel(self, wide: Array, narrow: Array) -> Array:
        """Sum over batch and windows of narrow cell times window: (O, I/groups, *taps)."""
        if self._in_one_part(len(wide)):
            whole: Array = self._rows(narrow) @ self._columns(wide).swapaxes(2, 3)
            whole = whole[0] if len(whole) == 1 else whole.sum(axis=0)
            return whole.reshape(self.kernel_shape).astype(wide.dtype, copy=False)
        result = zeros(self.kernel_shape, wide)
        total = self.channels.grouped_kernel(result)
        for images, part, block in self._parts(len(wide)):
            products = part._rows(narrow[images, :, block]) @ part._columns(wide[images]).swapaxes(2, 3)
            total += products.sum(axis=0)
        return result

    def multiply_adds(self, batch: int) -> int:
        """Products of one pass over `batch` images, those with padding included."""
        pairs = self.channels.outputs * self.channels.inputs_per_group
        return batch * pairs * self.windows.multiply_adds()

    def meetings_of_narrow(self, cell: Index) -> Iterator[ChannelMeeting]:
        """The products that make up one narrow cell."""
        n, o, *output = cell
        for i, c in enumerate(self.channels.seen_by(o)):
            for meeting in self.windows.meetings(output=tuple(output)):
                yield self._meeting(n, c, o, i, meeting)

    def meetings_of_wide(self, cell: Index) -> Iterator[ChannelMeeting]:
        """The products that one wide cell takes part in."""
        n, c, *source = cell
        for o in self.channels.reached_from(c):
            i = self.channels.seen_by(o).index(c)
            for meeting in self.windows.meetings(source=tuple(source)):
                yield self._meeting(n, c, o, i, meeting)

    def meetings_of_kernel(self, cell: Index, batch: int) -> Iterator[ChannelMeeting]:
        """The products that one kernel cell takes part in, over the whole batch."""
        o, i, *tap = cell
        c = self.channels.seen_by(o)[i]
        for n in range(batch):
            for meeting in self.windows.meetings(tap=tuple(tap)):
                yield self._meeting(n, c, o, i, meeting)

    def _meeting(self, n: int, c: int, o: int, i: int, meeting: Meeting) -> ChannelMeeting:
        return ChannelMeeting((n, c, *meeting.cell), meeting.inside, (o, i, *meeting.tap), (n, o, *meeting.output))

    def _columns(self, wide: Array) -> Array:
        """Im2col: (N, I, *sizes) -> (N, groups, I/groups * taps, outputs)."""
        columns = self.windows.columns(wide)
        return columns.reshape(len(wide), self.channels.groups, -1, math.prod(self.windows.outputs))

    def _rows(self, narrow: Array) -> Array:
        """(N, O, *outputs) -> (N, groups, O/groups, outputs)."""
        return narrow.reshape(len(narrow), self.channels.groups, self.channels.outputs_per_group, -1)

    def _in_one_part(self, batch: int) -> bool:
        return batch * self.channels.inputs * self.windows.multiply_adds() <= PIECE

    def _parts(self, batch: int) -> Iterator[tuple[slice, Correlation, slice]]:
        """A few images at a time, and of one with very many windows a few rows of windows."""
        if self._in_one_part(batch):
            yield slice(0, batch), self, slice(0, self.windows.outputs[0])
            return
        cells = self.channels.inputs * self.windows.multiply_adds()
        blocks = list(in_rows(self.windows.outputs[0], cells))
        for images in in_pieces(batch, cells):
            for block in blocks:
                whole = len(blocks) == 1
                windows = self.windows if whole else self.windows.rows(block.start, block.stop)
                yield images, Correlation(windows, self.channels), block


def inside(meetings: Iterable[ChannelMeeting]) -> Iterator[ChannelMeeting]:
    """Those of the products that are not with padding."""
    return (meeting for meeting in meetings if meeting.inside)
