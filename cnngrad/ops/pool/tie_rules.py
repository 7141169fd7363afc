"""Which of the largest cells of a window takes its gradient: a rule is a row; or the cell that a student chose.

A tap is one of the cells of a window; `tied` (taps, N, C, *outputs) says which taps hold the largest cell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.layer import WindowLayer
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.windows.windows import Windows

Tied = NDArray[np.bool_]


@dataclass(frozen=True)
class TieRule:
    """The tied taps that take the gradient of their window: one of them, where a rule says what a `later` cell must be,
    compared with the best one before it, to take its place; else all of them. With `split` they share it. `says`
    follows the name."""

    says: str
    later: np.ufunc | None = None
    split: bool = False

    def takes(self, tied: Tied) -> Tied:
        """Of the tied taps of each window those that take the gradient."""
        if self.later is None:
            return tied
        best, chosen = tied[0], np.zeros(tied.shape[1:], np.min_scalar_type(len(tied)))
        for tap in range(1, len(tied)):
            chosen = np.maximum(chosen, self.later(tied[tap], best) * chosen.dtype.type(tap))
            best = best | tied[tap]
        taps = np.arange(len(tied), dtype=chosen.dtype).reshape(-1, *(1,) * chosen.ndim)
        return np.asarray(tied & (taps == chosen))

    @property
    def single(self) -> bool:
        """Whether one tap takes the whole gradient."""
        return self.later is not None

    @property
    def repeats(self) -> bool:
        """Whether the gradient of a window may arrive more than once."""
        return not self.single and not self.split


ANY = "any"
"""Any rule will do: `first` is computed, and a check accepts every other way to choose among the largest cells."""
RULES = {
    "first": TieRule(
        "the first of the largest cells in row-major order takes the gradient (PyTorch, TensorFlow)", np.greater
    ),
    "last": TieRule("the last of the largest cells in row-major order takes the gradient", np.greater_equal),
    "all": TieRule("every one of the largest cells takes the whole gradient (Coursera's mask x == max(x))"),
    "split": TieRule("the largest cells share the gradient equally (torch.amax)", split=True),
    ANY: TieRule(
        "every way to choose among the largest cells is right; the first in row-major order is shown", np.greater
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
