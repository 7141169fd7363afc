"""What goes wrong with a pooling layer, and what its numbers need for that to show in a network."""

from __future__ import annotations

from math import inf

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.homework.visibility import View
from cnngrad.homework.work import Purse
from cnngrad.numbers.kinds import Array
from cnngrad.ops.pool import mistakes_da, mistakes_z
from cnngrad.ops.pool.layer import Pool

ROWS = (*mistakes_z.ROWS, *mistakes_da.ROWS)
CHOICES = ("ties-column-major", "mask-by-value", "ties-last", "ties-split", "ties-all")
"""Mistakes about the choice among the cells of a window, the rarest to show first."""


def missing_kinks(layer: Pool, parameters: Arrays, A: Array, Z: Array, purse: Purse) -> int:
    """Windows with several largest cells on which the rules differ; a gradient in the first window; one in the last
    cell, where a window has it. Only windows with a positive maximum pass a gradient, because relu follows."""
    if not np.any(layer.ties_at(A)):
        return len(CHOICES)
    view = View(LayerExercise(layer, A, dZ=(Z > 0).astype(A.dtype)), ("dA",))
    keys = sorted((key for key in view.mistakes if key[0] in CHOICES), key=lambda key: CHOICES.index(key[0]))
    if view.collisions(keys[:1], among=False, most=0, purse=purse):
        return len(CHOICES)
    ends = Z.flat[0] > 0, view.truth[0].flat[-1] != 0 or not _has_last_cell(layer)
    return view.collisions(keys, among=True, most=inf, purse=purse) + sum(not end for end in ends)


def _has_last_cell(layer: Pool) -> bool:
    """Whether a window has the last cell of the input: none has where the sizes do not divide."""
    return all(np.any(axis.table == axis.size - 1) for axis in layer.windows.axes)
