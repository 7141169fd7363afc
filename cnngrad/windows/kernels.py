"""The products of a window layer over whole arrays, in blocks that stay in the cache, and the choice of the way.

There are two ways between the two sides of the windows, and both are readings of the same tables:

- *slide*: the windows of one side are laid out as columns; their product with the kernel is the other side, and their
  product with the other side the gradient of the kernel;
- *scatter*: the product of one side with the kernel is what every tap adds to the cell that it reads.

With stride 1 and zeros as padding the cells of the input read the outputs in windows of their own (`Windows.turned`):
either side can be laid out then, or scattered to. Wide is (N, I, *sizes), narrow (N, O, *outputs), the kernel
(O, I/groups, *taps).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, reduce
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.windows.channels import Channels
from cnngrad.windows.memory import lent
from cnngrad.windows.padding import last
from cnngrad.windows.turned import Turned, turned
from cnngrad.windows.windows import Windows

BYTES = 2**22
"""Bytes of columns in a block. (8,64,56,k3,64) took 137, 125, 120 and 140 ms with 2**20, 2**21, 2**22 and 2**23."""
LEAST = 512
"""Windows in a block at least, however many cells that is: a matrix product of 64 x 576 by 112, 448 and 900 columns
had 31, 48 and 51 GFLOP/s."""
COPY, ADD = 1.0, 2.5
"""What a cell costs that is laid out, and one that is added to its place: 0.3 to 1.5 ns and 1.7 to 4 ns."""
APART = 1.5
"""How much more columns cost that a stride draws apart. With it (8,16,32,k5,32,s2) scatters (14 ms and not 21), and
depthwise (8,64,56,k3,s2) and (8,64,56,k1,128,s2) slide (37 and not 45, 22 and not 40)."""


Place = tuple[slice, slice, slice]


class Block(NamedTuple):
    """Some images and groups of channels, and some rows of windows with these windows."""

    images: slice
    groups: slice
    rows: slice
    windows: Windows


@dataclass(frozen=True)
class Kernels:
    """The windows of a layer and its channels; `way`, "slide" or "scatter", is taken where it is possible."""

    windows: Windows
    channels: Channels
    way: str = ""

    def narrow(self, wide: Array, kernel: Array) -> Array:
        """Sum of window times kernel: (N, I, *sizes) -> (N, O, *outputs)."""
        turned = self._turned(wide)
        if turned and not self.slides(self.laid_out, _laid_out(turned)):
            parts = (side.kernels.scatter(wide[side.cells], side.matrices(kernel)) for side in turned)
            return reduce(np.add, parts)
        return self.slide(wide, self.channels.grouped_kernel(kernel))[0]

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """Each narrow cell times the kernel, added into its window: (N, O, *outputs) -> (N, I, *sizes)."""
        turned = self._turned(narrow)
        if turned and self.slides(_laid_out(turned), self.laid_out):
            return self._slide_turned(turned, narrow, kernel)[0]
        return self.scatter(narrow, self.channels.grouped_kernel(kernel))

    def kernel(self, wide: Array, narrow: Array) -> Array:
        """Sum over batch and windows of narrow cell times window: (O, I/groups, *taps)."""
        turned = self._turned(wide)
        if turned and _laid_out(turned) < self.laid_out:
            return self._slide_turned(turned, narrow, facing=wide)[1]
        return self.slide(wide, facing=narrow)[1].reshape(self.kernel_shape)

    def wide_and_kernel(self, wide: Array, narrow: Array, kernel: Array) -> tuple[Array, Array]:
        """`wide` of narrow and kernel, and `kernel` of wide and narrow, from the same columns if possible."""
        turned = self._turned(narrow)
        if turned and self.slides(_laid_out(turned), self.laid_out):
            return self._slide_turned(turned, narrow, kernel, wide)
        return self.wide(narrow, kernel), self.kernel(wide, narrow)

    def narrow_and_kernel(self, wide: Array, narrow: Array, kernel: Array) -> tuple[Array, Array]:
        """`narrow` of wide and kernel, and `kernel` of wide and narrow, from the same columns if possible."""
        turned = self._turned(wide)
        if turned and not self.slides(self.laid_out, _laid_out(turned)):
            return self.narrow(wide, kernel), self.kernel(wide, narrow)
        result, total = self.slide(wide, self.channels.grouped_kernel(kernel), narrow)
        return result, total.reshape(self.kernel_shape)

    # --- the choice

    def slides(self, laid_out: float, added: float) -> bool:
        """Whether laying so many cells out is cheaper than adding so many."""
        return self.way == "slide" if self.way else laid_out * COPY <= added * ADD

    @cached_property
    def laid_out(self) -> int:
        """Cells of the columns of one image; none where the planes are columns as they stand."""
        return 0 if self.windows.as_they_stand else self.channels.inputs * self.windows.multiply_adds()

    def _turned(self, like: Array) -> list[_Side]:
        """The same products with the sides exchanged, if that is possible. Formulas keep the order of their terms."""
        return [] if like.dtype == object else self._sides

    @cached_property
    def _sides(self) -> list[_Side]:
        channels = self.channels.exchanged()
        return [_Side(Kernels(each.windows, channels, self.way), each) for each in turned(self.windows)]

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """(O, I/groups, *taps)."""
        return (self.channels.outputs, self.channels.inputs_per_group, *self.windows.taps)

    # --- the two ways

    def slide(self, wide: Array, matrices: Array | None = None, facing: Array | None = None) -> tuple[Array, Array]:
        """The narrow side (N, O, *outputs), of `matrices` (groups, O/groups, I/groups * taps) and the windows of the
        wide side; and the sum of the products of these windows with the narrow side `facing`, in the shape of
        `matrices`. Either is empty where it is not asked for."""
        channels, outputs = self.channels, self.windows.outputs
        result = np.empty((len(wide) if matrices is not None else 0, channels.outputs, *outputs), wide.dtype)
        total = zeros((channels.groups, channels.outputs_per_group, math.prod(self.kernel_shape[1:])), wide)

        def work(block: Block) -> Array | None:
            planes, place = wide[self._wide_place(block)], self._narrow_place(block)
            with _columns(block, planes, channels.inputs_per_group) as columns:
                return products(block, place, columns)

        def products(block: Block, place: Place, laid_out: Array) -> Array | None:
            if matrices is not None:
                target = result[place].reshape(*laid_out.shape[:2], channels.outputs_per_group, -1)
                np.matmul(matrices[block.groups], laid_out, out=target, casting="unsafe")
            if facing is None:
                return None
            rows = facing[place].reshape(*laid_out.shape[:2], channels.outputs_per_group, -1)
            return np.asarray((rows @ laid_out.swapaxes(2, 3)).sum(axis=0))

        for block in chain(*self.blocks(len(wide), wide.itemsize)):
            part = work(block)
            if part is not None:
                total[block.groups] += part
        return result, total

    def _slide_turned(
        self, turned: list[_Side], narrow: Array, kernel: Array | None = None, facing: Array | None = None
    ) -> tuple[Array, Array]:
        """`wide` of narrow and kernel, and `kernel` of `facing` and narrow, from the columns of the narrow side."""
        result = zeros((len(narrow) if kernel is not None else 0, self.channels.inputs, *self.windows.sizes), narrow)
        total = zeros(self.kernel_shape, narrow)
        for side in turned:
            matrices = None if kernel is None else side.matrices(kernel)
            part, sums = side.kernels.slide(narrow, matrices, None if facing is None else facing[side.cells])
            if kernel is not None and part.shape == result.shape:
                result = part
            elif kernel is not None:
                result[side.cells] = part
            total[side.taps] = side.restored(sums)
        return result, total

    def scatter(self, narrow: Array, matrices: Array) -> Array:
        """The wide side (N, I, *sizes): what every tap gets of the narrow side, times `matrices` (groups, O/groups,
        I/groups * taps), added up."""
        channels = self.channels
        result = np.empty((len(narrow), channels.inputs, *self.windows.sizes), narrow.dtype)
        transposed = matrices.swapaxes(1, 2)

        def work(blocks: list[Block]) -> None:
            place = self._wide_place(blocks[0])
            lead = result[place].shape[:2]
            with lent(math.prod(lead) * self.windows.reached(), narrow.dtype) as room:
                padded = self.windows.positions(lead, narrow, room)
                for block in blocks:
                    add(block, lead, padded)
                self.windows.unpad_into(result[place], padded)

        def add(block: Block, lead: tuple[int, ...], padded: Array) -> None:
            shape = (lead[0], -1, channels.outputs_per_group, math.prod(block.windows.outputs))
            rows = narrow[self._narrow_place(block)].reshape(shape)
            with lent(math.prod(lead) * block.windows.multiply_adds(), narrow.dtype) as memory:
                columns = memory.reshape(*rows.shape[:2], -1, rows.shape[-1])
                np.matmul(transposed[block.groups], rows, out=columns, casting="unsafe")
                self.windows.gather(padded, block.windows.windowed(memory.reshape(*lead, -1)), block.rows.start)

        for blocks in self.blocks(len(narrow), narrow.itemsize):
            work(blocks)
        return result

    # --- the blocks

    def blocks(self, batch: int, cell: int) -> Iterator[list[Block]]:
        """Whole images if they are small enough, or else whole groups of one image, or else some rows of windows; those
        of the same planes together. A cell takes `cell` bytes."""
        groups, rows, most = self.channels.groups, self.windows.outputs[0], BYTES // cell
        windows = math.prod(self.windows.outputs) // rows
        row = self.channels.inputs_per_group * math.prod(self.windows.taps) * windows
        images, some = most // (row * rows * groups), most // (row * rows)
        several = rows if some else max(most // row, -(-LEAST // windows))
        parts = [(part, self.windows.stretch(part)) for part in _slices(rows, several)]
        for image in _slices(batch, max(images, 1)):
            for group in _slices(groups, groups if images else max(some, 1)):
                yield [Block(image, group, part, stretch) for part, stretch in parts]

    def _wide_place(self, block: Block) -> tuple[slice, slice]:
        return block.images, _times(block.groups, self.channels.inputs_per_group)

    def _narrow_place(self, block: Block) -> Place:
        return block.images, _times(block.groups, self.channels.outputs_per_group), block.rows


@dataclass(frozen=True)
class _Side:
    """The products of some cells of the wide side, with some of the taps, where the narrow side is slid over."""

    kernels: Kernels
    part: Turned

    @property
    def cells(self) -> Any:
        return last(self.part.cells)

    @property
    def taps(self) -> Any:
        return last(self.part.taps)

    def matrices(self, kernel: Array) -> Array:
        """The kernel of these products, one matrix per group: (groups, I/groups, O/groups * taps)."""
        taps: Array = kernel[self.taps]
        rows = taps.reshape(self.kernels.channels.groups, *self._matrix, -1).swapaxes(1, 2)
        return rows.reshape(*rows.shape[:2], -1)

    def restored(self, matrices: Array) -> Array:
        """The cells of the kernel (O, I/groups, *taps) from such matrices."""
        rows = matrices.reshape(self.kernels.channels.groups, *self._matrix[::-1], -1).swapaxes(1, 2)
        return rows.reshape(-1, rows.shape[2], *self.kernels.windows.taps)

    @property
    def _matrix(self) -> tuple[int, int]:
        return self.kernels.channels.inputs_per_group, self.kernels.channels.outputs_per_group


def _laid_out(turned: list[_Side]) -> float:
    """Cells of the columns of one image, as many more as taking the planes apart costs."""
    return sum(side.kernels.laid_out for side in turned) * (APART if len(turned) > 1 else 1.0)


@contextmanager
def _columns(block: Block, planes: Array, per_group: int) -> Iterator[Array]:
    """The windows of planes (n, C, *sizes) as columns (n, groups, C/groups * taps, windows)."""
    windows, (images, channels) = block.windows, planes.shape[:2]
    shape = (images, channels // per_group, per_group * math.prod(windows.taps), math.prod(windows.outputs))
    if windows.as_they_stand:
        yield planes.reshape(shape)
        return
    padded = images * channels * windows.reached() if windows.reaches_out else 0
    with lent(math.prod(shape), planes.dtype) as columns, lent(padded, planes.dtype) as room:
        windows.lay_out(planes, columns, room)
        yield columns.reshape(shape)


def _slices(total: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, total)) for start in range(0, total, step)]


def _times(places: slice, each: int) -> slice:
    return slice(places.start * each, places.stop * each)
