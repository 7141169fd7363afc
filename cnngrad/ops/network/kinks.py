"""Where the numbers of a network are too smooth: without a tie, a zero or a negative number some mistakes cannot show.

To count these is much quicker than to run the network for every mistake.
"""

from __future__ import annotations

from cnngrad.homework.work import Purse
from cnngrad.ops.network.network import NetworkExercise


def layers_missing_kinks(exercise: NetworkExercise, purse: Purse) -> int:
    """How many kinks the layers miss; `purse` pays for looking."""
    values, missing = exercise.tape.values, 0
    for layer in exercise.layers:
        count = layer.layer.record.part("missing_kinks")
        if count is not None:
            before, after = values[layer.sources[0]], values[layer.name]
            missing += count(layer.layer, layer.parameters, before, after, purse)
    return missing
