"""Windows over so few cells that a call of numpy costs more than what it does: the same tables, as flat indices.

They are worth while for a layer that is used again and again; for one product the tables cost more than they save.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.windows.axis import NONE, Integers
from cnngrad.windows.windows import Windows

FEW = 2**12
"""Cells, of an array or of windows that are laid out, up to which a layer is small."""


@dataclass(frozen=True)
class SmallWindows(Windows):
    """Windows whose cells are taken, and added back, by one table of all of them."""

    def unfold(self, planes: Array, fill: Any = 0) -> Array:
        return self.windowed(self._taken(planes, fill))

    def fold(self, windowed: Array) -> Array:
        lead = windowed.shape[: -2 * self.rank]
        return self.collect(self._exchanged(windowed).reshape(*lead, -1))

    def columns(self, planes: Array) -> Array:
        return self._taken(planes, 0)

    def _taken(self, planes: Array, fill: Any) -> Array:
        flat = planes.reshape(*planes.shape[: -self.rank], -1)
        if self._reads_padding:  # NONE, as an index, is the last cell
            padding = np.full((*flat.shape[:-1], 1), fill, dtype=flat.dtype)
            flat = np.concatenate((flat, padding), axis=-1)
        return flat.take(self._cells, axis=-1)

    def collect(self, columns: Array) -> Array:
        if columns.dtype != np.float64 or self._repeats_cells:
            return super().fold(self.windowed(columns))
        lead, cells = columns.shape[:-1], math.prod(self.sizes)
        planes, room = math.prod(lead), cells + 1
        places = self._places if planes == 1 else np.add.outer(np.arange(planes) * room, self._places).ravel()
        added = np.bincount(places, columns.ravel(), planes * room).reshape(planes, room)
        return added[:, :cells].reshape(*lead, *self.sizes)

    @cached_property
    def _cells(self) -> Integers:
        """The cell under each tap of each window (taps * outputs), NONE on padding."""
        return self.cells().reshape(math.prod(self.outputs), -1).T.ravel()

    @cached_property
    def _reads_padding(self) -> bool:
        return bool((self._cells == NONE).any())

    @cached_property
    def _repeats_cells(self) -> bool:
        """Whether padding holds cells of the input, which are added up before they come to these."""
        return any(axis.mode != "zeros" for axis in self.axes)

    @cached_property
    def _places(self) -> Integers:
        """`_cells`, where padding is one more cell at the end."""
        return np.where(self._cells == NONE, math.prod(self.sizes), self._cells)
