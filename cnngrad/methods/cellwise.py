"""Gather and scatter: the same products, one by one, added up cell by cell or position by position."""

from __future__ import annotations

import numpy as np

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.windows.correlation import Correlation, inside


@dataclass(frozen=True)
class Gather(Correlation):
    """Each cell of the result as its own sum over the windows that touch it."""

    def narrow(self, wide: Array, kernel: Array) -> Array:
        """Each output cell: the sum over its window."""
        result = zeros((len(wide), self.channels.outputs, *self.windows.outputs), wide)
        for cell in np.ndindex(result.shape):
            meetings = self.meetings_of_narrow(cell)
            result[cell] = sum((wide[t.wide] * kernel[t.kernel] for t in inside(meetings)), result[cell])
        return result

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """Each input cell: the sum over the windows that read it."""
        result = zeros((len(narrow), self.channels.inputs, *self.windows.sizes), narrow)
        for cell in np.ndindex(result.shape):
            meetings = self.meetings_of_wide(cell)
            result[cell] = sum((narrow[t.narrow] * kernel[t.kernel] for t in meetings), result[cell])
        return result

    def kernel(self, wide: Array, narrow: Array) -> Array:
        """Each weight: the sum over all places where it is used."""
        result = zeros(self.kernel_shape, wide)
        for cell in np.ndindex(result.shape):
            meetings = self.meetings_of_kernel(cell, len(wide))
            result[cell] = sum((narrow[t.narrow] * wide[t.wide] for t in inside(meetings)), result[cell])
        return result

    def pooled(self, planes: Array, weights: Array) -> Array:
        """Each window's weighted sum."""
        result = zeros(weights.shape[: -self.windows.rank], planes)
        for n, c, *output in np.ndindex(result.shape):
            for m in self.windows.meetings(output=tuple(output)):
                if m.inside:
                    result[n, c, *output] += planes[n, c, *m.cell] * weights[n, c, *output, *m.tap]
        return result

    def shared(self, upstream: Array, weights: Array) -> Array:
        """Each input cell: its share of every window that holds it."""
        result = zeros((*upstream.shape[:2], *self.windows.sizes), upstream)
        for n, c, *source in np.ndindex(result.shape):
            for m in self.windows.meetings(source=tuple(source)):
                result[n, c, *source] += upstream[n, c, *m.output] * weights[n, c, *m.output, *m.tap]
        return result


@dataclass(frozen=True)
class Scatter(Correlation):
    """Every output position adds its contribution into its window (Coursera, conv_backward)."""

    def narrow(self, wide: Array, kernel: Array) -> Array:
        """Each input cell adds itself, times a weight, to every window that holds it."""
        result = zeros((len(wide), self.channels.outputs, *self.windows.outputs), wide)
        for cell in np.ndindex(wide.shape):
            for t in self.meetings_of_wide(cell):
                result[t.narrow] += wide[cell] * kernel[t.kernel]
        return result

    def wide(self, narrow: Array, kernel: Array) -> Array:
        """dA[window] += W * dZ[position]."""
        result = zeros((len(narrow), self.channels.inputs, *self.windows.sizes), narrow)
        for cell in np.ndindex(narrow.shape):
            for t in inside(self.meetings_of_narrow(cell)):
                result[t.wide] += narrow[cell] * kernel[t.kernel]
        return result

    def kernel(self, wide: Array, narrow: Array) -> Array:
        """dW += window * dZ[position]."""
        result = zeros(self.kernel_shape, wide)
        for cell in np.ndindex(narrow.shape):
            for t in inside(self.meetings_of_narrow(cell)):
                result[t.kernel] += narrow[cell] * wide[t.wide]
        return result

    def pooled(self, planes: Array, weights: Array) -> Array:
        """Each input cell adds its share to every window that holds it."""
        result = zeros(weights.shape[: -self.windows.rank], planes)
        for n, c, *source in np.ndindex(planes.shape):
            for m in self.windows.meetings(source=tuple(source)):
                result[n, c, *m.output] += planes[n, c, *source] * weights[n, c, *m.output, *m.tap]
        return result

    def shared(self, upstream: Array, weights: Array) -> Array:
        """dA[window] += weights * dZ[position]."""
        result = zeros((*upstream.shape[:2], *self.windows.sizes), upstream)
        for n, c, *output in np.ndindex(upstream.shape):
            for m in self.windows.meetings(output=tuple(output)):
                if m.inside:
                    result[n, c, *m.cell] += upstream[n, c, *output] * weights[n, c, *output, *m.tap]
        return result
