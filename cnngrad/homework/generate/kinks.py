"""Where the numbers of a network are too smooth: without a tie, a zero or a negative number some mistakes cannot show.

To look for these is much quicker than to run the network for every mistake, so a search looks for them first.
"""

from __future__ import annotations

from math import inf

import numpy as np

from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.mistake import rotated
from cnngrad.homework.panel import Panel
from cnngrad.homework.work import Purse
from cnngrad.numbers.kinds import Array
from cnngrad.ops.activation.layer import Activation
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.network.network import NetworkExercise
from cnngrad.ops.pool.layer import Pool

CHOICES = ("ties-column-major", "mask-by-value", "ties-last", "ties-split", "ties-all")
"""Mistakes about the choice among the cells of a window, the rarest to show first."""


def missing_kinks(exercise: Exercise, purse: Purse) -> int:
    """How many kinks the layers of a network miss; none where it is no network. `purse` pays for looking."""
    if not isinstance(exercise, NetworkExercise):
        return 0
    missing = 0
    for layer in exercise.layers:
        fitted, A = layer.layer, exercise.tape.values[layer.sources[0]]
        if isinstance(fitted, Conv):
            missing += np.array_equal(layer.parameters["W"], rotated(layer.parameters["W"], 2))
        elif isinstance(fitted, Pool):
            missing += _of_pool(fitted, A, exercise.tape.values[layer.name], purse)
        elif isinstance(fitted, Activation) and fitted.function == "relu":
            missing += sum(not np.any(kink) for kink in (A == 0, A < 0))
    return missing


def _of_pool(pool: Pool, A: Array, Z: Array, purse: Purse) -> int:
    """Windows with several largest cells on which the rules differ, and a gradient in the first window and in the last
    cell (where a window has it), where only windows with a positive maximum pass one (relu follows)."""
    if not np.any(pool.ties_at(A)):
        return len(CHOICES)
    panel = Panel(LayerExercise(pool, A, dZ=(Z > 0).astype(A.dtype)), ("dA",))
    keys = sorted((key for key in panel.mistakes if key[0] in CHOICES), key=lambda key: CHOICES.index(key[0]))
    if panel.collisions(keys[:1], among=False, most=0, purse=purse):
        return len(CHOICES)
    ends = Z.flat[0] > 0, panel.truth[0].flat[-1] != 0 or not _has_last_cell(pool)
    return panel.collisions(keys, among=True, most=inf, purse=purse) + sum(not end for end in ends)


def _has_last_cell(pool: Pool) -> bool:
    """Whether a window has the last cell of the input: none has where the sizes do not divide."""
    return all(np.any(axis.table == axis.size - 1) for axis in pool.windows.axes)
