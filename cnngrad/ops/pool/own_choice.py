"""dA of a pooling layer as it follows from the winners, or the mask, that a student wrote down."""

from __future__ import annotations

import numpy as np

from cnngrad.exercise.layer import WindowLayer
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.windows.windows import Windows


def by_winners(layer: WindowLayer, A: Array, dZ: Array, winners: Array) -> Array | None:
    """Every window's upstream gradient at its winner; None where a winner is no cell of the plane."""
    planes = layer.layout.canonical(A)
    upstream = layer.layout.canonical(dZ).reshape(*planes.shape[:2], -1)
    given = layer.layout.canonical(winners).reshape(upstream.shape)
    found = zeros((*planes.shape[:2], int(np.prod(planes.shape[2:]))), planes)
    if not np.isin(given, range(-1, found.shape[-1])).all():
        return None
    n, c, window = np.nonzero(given >= 0)
    np.add.at(found, (n, c, given[n, c, window].astype(int)), upstream[n, c, window])
    return layer.layout.restore(found.reshape(planes.shape))


def by_mask(layer: WindowLayer, dZ: Array, mask: Array) -> Array | None:
    """The mask times the upstream gradient of each window; None where windows overlap."""
    if layer.windows.most_meetings() > 1:
        return None
    return np.asarray(mask * layer.layout.restore(to_every_cell(layer.windows, layer.layout.canonical(dZ))))


def to_every_cell(windows: Windows, each: Array) -> Array:
    """`each` (N, C, *outputs), whole, to every cell of its window (N, C, *sizes)."""
    spread = each.reshape(*each.shape, *(1,) * windows.rank)
    return windows.fold(np.where(windows.inside(), spread, spread * 0))
