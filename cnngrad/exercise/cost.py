"""What it costs to make a mistake, and what may be spent on mistakes."""

from __future__ import annotations

from collections.abc import Mapping

from cnngrad.exercise.exercise import Exercise
from cnngrad.numbers.kinds import EXACT, FLOAT, SYMBOLIC
from cnngrad.records import dataclass

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
class Budget:
    """What may still be spent on mistakes."""

    left: int

    def spend(self, cost: int) -> bool:
        """Spend so much; False, and nothing spent, where less is left."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


def run_cost(exercise: Exercise) -> int:
    """Multiply-adds that one mistake in the exercise costs."""
    cost = exercise.record.part("run_cost")
    if cost is not None:
        return int(cost(exercise))
    cells = sum(array.size for array in exercise.given.values()) + exercise.laid_out()
    return LEAST + TIMES[exercise.kind.name] * (exercise.multiply_adds() // QUICKER + 2 * cells)
