"""Rotate: the backward pass as two more correlations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.windows.correlation import Channels, Correlation
from cnngrad.windows.windows import Windows, last


@dataclass(frozen=True)
class Rotate(Correlation):
    """The backward pass as two more correlations (Dumoulin and Visin, A guide to convolution
    arithmetic, section 4): nothing is scattered, everything slides."""

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """Full correlation of the stretched delta with the kernel turned by 180 degrees."""
        full = Correlation(self.full_windows(), self._exchanged_channels())
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

    def _exchanged_channels(self) -> Channels:
        return Channels(self.channels.outputs, self.channels.inputs, self.channels.groups)

    def _turn_flipped(self, kernel: Array) -> Array:
        """`flip_kernel` turns the kernel once more along its axes."""
        flipped = tuple(2 + i for i, axis in enumerate(self.windows.axes) if axis.flip)
        return np.asarray(np.flip(kernel, axis=flipped))
