"""What it costs to make a mistake: a run of the exercise, in multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cnngrad.numbers.kinds import EXACT, FLOAT, SYMBOLIC
from cnngrad.ops.conv import ConvExercise
from cnngrad.ops.dense import DenseExercise
from cnngrad.ops.exercise import Exercise
from cnngrad.ops.graph import GraphExercise
from cnngrad.ops.network import NetworkExercise
from cnngrad.ops.pool import PoolExercise
from cnngrad.ops.rnn import RnnExercise

LEAST = 2_000
"""What a run of a layer counts at least: numpy is not quicker with few numbers."""
LAYER = 1_000
"""The same for a layer of a network, of which a mistake often runs a part again."""
QUICKER = 4
"""How many times quicker products of matrices are than cells that are laid out one by one."""
GATE = 500
"""The same for a gate of a graph."""
TIMES: Mapping[str, int] = {FLOAT.name: 1, EXACT.name: 25, SYMBOLIC.name: 100}
"""How many times longer one product takes, beside what numpy needs for the rest."""


@dataclass
class Purse:
    """What may still be spent on mistakes."""

    left: int

    def pays(self, price: int) -> bool:
        """Spend so much, if it is there."""
        if price > self.left:
            return False
        self.left -= price
        return True


def price(exercise: Exercise) -> int:
    """Multiply-adds that one mistake in the exercise costs."""
    if isinstance(exercise, NetworkExercise):
        return sum(LAYER + 3 * (price(layer.template) - LEAST) for layer in exercise.layers)
    times = TIMES[exercise.kind.name]
    if isinstance(exercise, GraphExercise):
        return GATE * times * len(exercise.calls)
    if isinstance(exercise, RnnExercise):
        return LEAST * exercise.steps + 3 * times * exercise.multiply_adds()
    return LEAST + times * (exercise.multiply_adds() // QUICKER + 2 * _cells(exercise))


def _cells(exercise: Exercise) -> int:
    """Cells that a layer lays out beside its products: the windows, the padded input and the output."""
    cells = sum(array.size for array in exercise.given.values()) + exercise.multiply_adds()
    if isinstance(exercise, ConvExercise):
        correlation, batch = exercise.conv.correlation, len(exercise.conv.layout.canonical(exercise.A))
        planes, windows = batch * correlation.channels.inputs, correlation.windows
        shared = exercise.multiply_adds() * (1 - 1 / correlation.channels.outputs_per_group)
        return cells - int(shared) + planes * windows.reached()
    if isinstance(exercise, DenseExercise):
        return cells - exercise.multiply_adds()
    if isinstance(exercise, PoolExercise):
        planes = exercise.A.size // max(math.prod(exercise.pool.windows.sizes), 1)
        return cells + planes * exercise.pool.windows.reached()
    return cells
