"""Mistakes in a graph: one run gives the numbers of all gradients."""

from __future__ import annotations

import numpy as np

from cnngrad.api.checking import assignment
from cnngrad.exercise.attempt import same
from cnngrad.exercise.factors import FACTOR
from cnngrad.homework.visibility import Comparison

GRAPH = {"op": "graph", "expression": "relu(x*y - x) + sigmoid(x/z)*y + max(y, z)", "values": {"x": 2, "y": 3, "z": -1}}


def test_the_numbers_of_one_run_are_those_of_a_run_for_each_quantity() -> None:
    exercise = assignment(GRAPH).solution.exercise
    (names,) = {names for names in exercise.judged_together().values() if "dx" in names}
    together = Comparison(exercise, names)
    alone = {name: Comparison(exercise, (name,)) for name in names}
    wrong = 0
    for key in (key for key in together.mistakes if key[0] != FACTOR):
        for name, found, truth in zip(names, together.signature(key), together.truth, strict=True):
            right = alone[name].signature(key)[0] if key in alone[name].mistakes else truth
            assert np.array_equal(found, right, equal_nan=True), (key, name)
            wrong += not same(found, truth)
    assert wrong > 2 * len(names)
