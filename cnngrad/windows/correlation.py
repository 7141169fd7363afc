"""Windows over channels: the three products of a window layer, as matrix products over whole arrays, and cell by cell.

The *wide* side is the one that windows slide over, the *narrow* side has one cell per window. A
convolution goes from wide to narrow; a transposed one from narrow to wide, with nothing else new.
Wide is (N, I, *sizes), narrow (N, O, *outputs), the kernel (O, I/groups, *taps).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.windows.channels import Channels
from cnngrad.windows.kernels import Kernels
from cnngrad.windows.windows import Index, Meeting, Windows

SMALL = 2**14
"""Cells of columns up to which they are laid out in one piece."""


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
        if self._is_small(len(wide)):
            product: Array = self.channels.grouped_kernel(kernel) @ self._columns(wide)
            return product.reshape((len(wide), *self.narrow_shape)).astype(wide.dtype, copy=False)
        return self.kernels.narrow(wide, kernel)

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """Each narrow cell times the kernel, added into its window: the adjoint of `narrow`."""
        if self._is_small(len(narrow)):
            return self.windows.collect(self._spread_columns(narrow, kernel))
        return self.kernels.wide(narrow, kernel)

    def spread(self, narrow: Array, kernel: Array) -> Array:
        """Each narrow cell times the kernel, before it is added into its window (N, I, *outputs, *taps)."""
        return self.windows.windowed(self._spread_columns(narrow, kernel))

    def _spread_columns(self, narrow: Array, kernel: Array) -> Array:
        """The same tap by tap (N, I, taps * outputs)."""
        columns: Array = self.channels.grouped_kernel(kernel).swapaxes(1, 2) @ self._rows(narrow)
        return columns.reshape(len(narrow), self.channels.inputs, -1)

    def kernel(self, wide: Array, narrow: Array) -> Array:
        """Sum over batch and windows of narrow cell times window: (O, I/groups, *taps)."""
        if self._is_small(len(wide)):
            whole: Array = self._rows(narrow) @ self._columns(wide).swapaxes(2, 3)
            whole = whole[0] if len(whole) == 1 else whole.sum(axis=0)
            return whole.reshape(self.kernel_shape).astype(wide.dtype, copy=False)
        return self.kernels.kernel(wide, narrow)

    def wide_and_kernel(self, wide: Array, narrow: Array, kernel: Array) -> tuple[Array, Array]:
        """`wide` of narrow and kernel, and `kernel` of wide and narrow, in one pass where that is cheaper."""
        if self._is_small(len(wide)):
            return self.wide(narrow, kernel), self.kernel(wide, narrow)
        return self.kernels.wide_and_kernel(wide, narrow, kernel)

    def narrow_and_kernel(self, wide: Array, narrow: Array, kernel: Array) -> tuple[Array, Array]:
        """`narrow` of wide and kernel, and `kernel` of wide and narrow, in one pass where that is cheaper."""
        if self._is_small(len(wide)):
            return self.narrow(wide, kernel), self.kernel(wide, narrow)
        return self.kernels.narrow_and_kernel(wide, narrow, kernel)

    @cached_property
    def kernels(self) -> Kernels:
        """The same products in blocks."""
        return Kernels(self.windows, self.channels)

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

    def _is_small(self, batch: int) -> bool:
        """Whether one piece, without a choice of the way, is the cheapest."""
        return batch * self.channels.inputs * self.windows.multiply_adds() <= SMALL


def inside(meetings: Iterable[ChannelMeeting]) -> Iterator[ChannelMeeting]:
    """Those of the products that are not with padding."""
    return (meeting for meeting in meetings if meeting.inside)
