"""Rotate: the backward pass as two more correlations. Matrix: im2col, col2im, and the whole layer as one matrix of tied
weights; and the matrices that are shown."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.windows.axis import NONE
from cnngrad.windows.channels import Channels
from cnngrad.windows.correlation import Correlation, inside
from cnngrad.windows.padding import last
from cnngrad.windows.windows import Index, Windows


@dataclass(frozen=True)
class Rotate(Correlation):
    """The backward pass as two more correlations (Dumoulin and Visin, A guide to convolution
    arithmetic, section 4): nothing is scattered, everything slides."""

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """Full correlation of the stretched delta with the kernel turned by 180 degrees."""
        channels = Channels(self.channels.outputs, self.channels.inputs, self.channels.groups)
        full = Correlation(self.full_windows(), channels)
        return self.windows.unpad(full.narrow(self.stretched(narrow), self.turned(kernel)))

    def kernel(self, wide: Array, narrow: Array) -> Array:
        """Correlation of the padded input with the delta as its kernel; images act as channels."""
        grouped = self.channels.grouped(self.windows.pad(wide)), self.channels.grouped(narrow)
        windows = Windows(tuple(axis.exchanged() for axis in self.windows.axes))
        parts = []
        for group in range(self.channels.groups):
            images, filters = (planes[:, group].swapaxes(0, 1) for planes in grouped)
            slide = Correlation(windows, Channels(images.shape[1], len(filters)))
            parts.append(slide.narrow(images, filters).swapaxes(0, 1))
        return self._turn_flipped(np.concatenate(parts))

    def stretched(self, narrow: Array) -> Array:
        """The delta with stride - 1 zeros between its cells."""
        result = zeros((*narrow.shape[:2], *self.full_windows().sizes), narrow)
        result[last(slice(None, None, axis.stride) for axis in self.windows.axes)] = narrow
        return result

    def turned(self, kernel: Array) -> Array:
        """The kernel turned by 180 degrees, its two channel axes exchanged: (I, O/groups, *taps)."""
        rows = kernel.reshape(self.channels.groups, -1, *kernel.shape[1:]).swapaxes(1, 2)
        exchanged = rows.reshape(-1, *rows.shape[2:])
        whole = np.flip(exchanged, axis=tuple(range(2, exchanged.ndim)))
        return self._turn_flipped(whole)

    def full_windows(self) -> Windows:
        """Windows of the full correlation: every position that the original windows cover."""
        return Windows(tuple(axis.full() for axis in self.windows.axes))

    def places(self, output: Index, tap: Index) -> tuple[Index, Index]:
        """Where the delta of a window is in `stretched` with its border, and where a tap is in `turned`."""
        axes = self.windows.axes
        delta = tuple(axis.spread_place(o) for o, axis in zip(output, axes, strict=True))
        return delta, tuple(k if axis.flip else axis.opposite(k) for k, axis in zip(tap, axes, strict=True))

    def pooled(self, planes: Array, weights: Array) -> Array:
        """Forward nothing is rotated: each window's weighted sum."""
        rank = self.windows.rank
        return np.asarray((self.windows.unfold(planes) * weights).sum(axis=tuple(range(-rank, 0))))

    def shared(self, upstream: Array, weights: Array) -> Array:
        """One weighted delta per tap, each in full correlation with that tap alone, added up."""
        full, rank = self.full_windows(), self.windows.rank
        delta = upstream[last((None,) * rank)] * weights
        padded = zeros((*upstream.shape[:2], *(a.reached for a in self.windows.axes)), upstream)
        for tap in product(*map(range, self.windows.taps)):
            opposite = tuple(axis.opposite(k) for axis, k in zip(self.windows.axes, tap, strict=True))
            padded += full.unfold(self.stretched(delta[last(tap)]))[last(opposite)]
        return self.windows.unpad(padded)

    def _turn_flipped(self, kernel: Array) -> Array:
        """`flip_kernel` turns the kernel once more along its axes."""
        flipped = tuple(2 + i for i, axis in enumerate(self.windows.axes) if axis.flip)
        return np.asarray(np.flip(kernel, axis=flipped))


@dataclass(frozen=True)
class Matrix(Correlation):
    """im2col: Z = W X, dW = dZ X', dA = col2im(W' dZ), from the list of cells under each tap."""

    def columns(self, wide: Array) -> Array:
        """X: (N, groups, I/groups * taps, windows), one column per window, zeros for padding."""
        cells = self._cells()
        flat = wide.reshape(*wide.shape[:2], -1)
        values = np.where(cells == NONE, zeros((), wide), flat[..., cells])
        return values.reshape(len(wide), self.channels.groups, -1, cells.shape[-1])

    def narrow(self, wide: Array, kernel: Array) -> Array:
        """Z = W X."""
        product = self.channels.grouped_kernel(kernel) @ self.columns(wide)
        return product.reshape(len(wide), self.channels.outputs, *self.windows.outputs)

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """col2im(W' dZ)."""
        return self._col2im(self.channels.grouped_kernel(kernel).swapaxes(1, 2) @ self.rows(narrow))

    def kernel(self, wide: Array, narrow: Array) -> Array:
        """dZ X', added up over the batch."""
        products = self.rows(narrow) @ self.columns(wide).swapaxes(2, 3)
        return np.asarray(products.sum(axis=0).reshape(self.kernel_shape))

    def rows(self, narrow: Array) -> Array:
        """dZ as matrices (N, groups, O/groups, windows)."""
        return narrow.reshape(len(narrow), self.channels.groups, self.channels.outputs_per_group, -1)

    def tied(self, kernel: Array) -> Array:
        """The layer as one big matrix of tied weights: (narrow cells, wide cells) of one image.

        Z = M A and dA = M' dZ for flattened arrays (Goodfellow et al., Deep Learning, 9.2).
        """
        matrix = zeros(self.tied_shape, kernel)
        wide = (self.channels.inputs, *self.windows.sizes)
        for row, cell in enumerate(np.ndindex(self.channels.outputs, *self.windows.outputs)):
            for t in inside(self.meetings_of_narrow((0, *cell))):
                matrix[row, np.ravel_multi_index(t.wide[1:], wide)] += kernel[t.kernel]
        return matrix

    @property
    def tied_shape(self) -> tuple[int, int]:
        """Narrow cells and wide cells of one image."""
        narrow = self.channels.outputs * math.prod(self.windows.outputs)
        return narrow, self.channels.inputs * math.prod(self.windows.sizes)

    def pooled(self, planes: Array, weights: Array) -> Array:
        """Z = P A, with one row of weights per window."""
        flat = planes.reshape(*planes.shape[:2], -1, 1)
        return np.asarray((self.selection(weights) @ flat).reshape(weights.shape[: -self.windows.rank]))

    def shared(self, upstream: Array, weights: Array) -> Array:
        """dA = P' dZ."""
        flat = upstream.reshape(*upstream.shape[:2], -1, 1)
        product = self.selection(weights).swapaxes(2, 3) @ flat
        return np.asarray(product.reshape(*upstream.shape[:2], *self.windows.sizes))

    def selection(self, weights: Array) -> Array:
        """P: the weights as a matrix (N, C, windows, input cells)."""
        cells = self._cells()
        flat = weights.reshape(*weights.shape[:2], cells.shape[-1], -1)
        matrix = zeros((*flat.shape[:3], int(np.prod(self.windows.sizes))), weights)
        for tap, window in np.argwhere(cells != NONE):
            matrix[..., window, cells[tap, window]] += flat[..., window, tap]
        return matrix

    def _cells(self) -> Array:
        """The flat input cell of each tap (taps x windows)."""
        cells = self.windows.cells()
        return cells.reshape(int(np.prod(self.windows.outputs)), -1).T

    def _col2im(self, columns: Array) -> Array:
        cells = self._cells()
        values = columns.reshape(len(columns), self.channels.inputs, *cells.shape)
        result = zeros((*values.shape[:2], int(np.prod(self.windows.sizes))), columns)
        for tap, window in np.argwhere(cells != NONE):
            result[..., cells[tap, window]] += values[..., tap, window]
        return result.reshape(*values.shape[:2], *self.windows.sizes)


# --- what is shown of the matrices of any method


@dataclass(frozen=True)
class Exhibit:
    """A named matrix that a method works with (two axes), for one image and one group, and a sentence on what it is;
    most cells of a `sparse` one are zero."""

    symbol: str
    title: str
    cells: Array
    sparse: bool = False


def plane(array: Array) -> Array:
    """The first plane of (N, C, *spatial) as a matrix; one spatial axis is one row."""
    return np.asarray(array[0, :1] if array.ndim == 3 else array.reshape(-1, *array.shape[-2:])[0])


def only_first(array: Array) -> str:
    """What a title says where `plane` leaves something out."""
    return "" if array.size == plane(array).size else " (the first of its planes)"
