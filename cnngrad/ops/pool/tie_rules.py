"""Which of the largest cells of a window takes its gradient: a rule is a row; or the cell that a student chose.

A tap is one of the cells of a window; `tied` (taps, N, C, *outputs) says which taps hold the largest cell.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.layer import WindowLayer
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.windows.windows import Windows

Tied = NDArray[np.bool_]


def first_of(tied: Tied) -> Tied:
    """Of the tied taps of each window the first alone, in row-major order."""
    kept, seen = np.empty_like(tied), tied[0]
    kept[0] = seen
    for tap in range(1, len(tied)):
        np.greater(tied[tap], seen, out=kept[tap])  # tied, and none before it
        if tap + 1 < len(tied):
            seen = seen | tied[tap]
    return kept


def last_of(tied: Tied) -> Tied:
    """Of the tied taps of each window the last alone."""
    return first_of(tied[::-1])[::-1]


def all_of(tied: Tied) -> Tied:
    """All of the tied taps."""
    return tied


@dataclass(frozen=True)
class TieRule:
    """The tied taps that take the gradient of their window; with `split` they share it. `says` follows the name."""

    takes: Callable[[Tied], Tied]
    says: str
    split: bool = False

    @property
    def single(self) -> bool:
        """Whether one tap takes the whole gradient."""
        return self.takes is not all_of

    @property
    def repeats(self) -> bool:
        """Whether the gradient of a window may arrive more than once."""
        return not self.single and not self.split


ANY = "any"
"""Any rule will do: `first` is computed, and a check accepts every other way to choose among the largest cells."""
RULES = {
    "first": TieRule(
        first_of, "the first of the largest cells in row-major order takes the gradient (PyTorch, TensorFlow)"
    ),
    "last": TieRule(last_of, "the last of the largest cells in row-major order takes the gradient"),
    "all": TieRule(all_of, "every one of the largest cells takes the whole gradient (Coursera's mask x == max(x))"),
    "split": TieRule(all_of, "the largest cells share the gradient equally (torch.amax)", split=True),
    ANY: TieRule(
        first_of, "every way to choose among the largest cells is right; the first in row-major order is shown"
    ),
}
TIES = tuple(rule for rule in RULES if rule != ANY)
"""The rules that choose."""


def by_winners(layer: WindowLayer, A: Array, dZ: Array, winners: Array) -> Array | None:
    """dA where every window's upstream gradient goes to the winner that a student names by its flat index in the plane
    (the shape of Z; -1 for none); None where a winner is no cell of the plane."""
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
    """dA as a student's mask, in the shape of A, times each window's upstream gradient; None where windows overlap."""
    if layer.windows.most_meetings() > 1:
        return None
    return np.asarray(mask * layer.layout.restore(to_every_cell(layer.windows, layer.layout.canonical(dZ))))


def to_every_cell(windows: Windows, each: Array) -> Array:
    """`each` (N, C, *outputs), whole, to every cell of its window (N, C, *sizes)."""
    spread = each.reshape(*each.shape, *(1,) * windows.rank)
    return windows.fold(np.where(windows.inside(), spread, spread * 0))
