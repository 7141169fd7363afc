"""A random search for numbers on which mistakes show: change one number, keep what is not worse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
from numpy.random import Generator

from cnngrad.errors import CnngradError, option
from cnngrad.exercise.cost import Budget, run_cost
from cnngrad.exercise.exercise import Exercise
from cnngrad.homework.visibility import Comparison, Form, Key, allow_runs, like, with_cell
from cnngrad.limits import DEFAULT, Limits
from cnngrad.records import dataclass

RANDOM = 6
"""Exercises of the same form that decide which mistakes apply."""
RERUN = 3
"""The same where each mistake runs a whole network."""
DRAWS = 6_000
"""Exercises that are tried."""
PATIENCE, PATIENCE_PLANTED = 40, 1
"""Changes without progress, after which all numbers are drawn anew; the same where a new draw has most of what is
needed."""
PART = 0.4
"""The part of the work on mistakes that the search itself may take."""
UNSEEN = 1_000
"""What a kink that is missing costs: more than any number of mistakes."""
PLANTED = 12
"""Draws of all numbers until something can be planted into them."""
LARGE = 10
"""From here on numbers are large; in a network smaller ones are made so small that its outputs tie."""
FEW = 7
"""Different values in the input of max pooling: so few that they tie."""


@dataclass
class Search:
    """One search: the form of the exercise, what must be told apart, and the random numbers."""

    exercise: Exercise
    asked: Mapping[str, tuple[str, ...]]
    largest: int
    rng: Generator
    separate: str = "all"
    draws: int = DRAWS
    limits: Limits = DEFAULT
    plant: Callable[[dict[str, Any], Generator], bool] | None = None
    """puts into drawn numbers what they seldom have; False where not all of it is found"""
    drawn: int = 0
    """exercises that were looked at; the first one is not counted as a draw"""
    _keys: dict[str, list[Key]] = field(default_factory=dict, init=False)
    """the mistakes to tell apart, one of those that are always the same numbers"""

    def run(self) -> Exercise:
        """An exercise that separates what is asked; CnngradError names what no draw could separate."""
        start = self._drawn()
        if self.separate == "none":
            return start
        compared = {name: Comparison(start, names) for name, names in self.asked.items()}
        tries = RERUN if start.reruns else RANDOM
        allow_runs(start, compared.values(), tries + 1, self.limits, "generate")
        forms = Form.of_each(start, compared, tries)
        self._keys = {name: form.representatives for name, form in forms.items()}
        best, cost = self._climb(start)
        while cost and self._may_draw:
            other, lower = self._climb(self._drawn())
            if lower < cost:
                best, cost = other, lower
        if cost and (names := self._together(best)):
            raise CnngradError(self._failure(names))
        return best  # a kink may be missing, but no mistake needs it

    def _climb(self, start: Exercise) -> tuple[Exercise, float]:
        """The best exercise that changes of one number lead to, and its cost; what is not worse is kept, until
        patience ends."""
        best = current = start
        lowest, idle = self._cost(start), 0
        patience = PATIENCE if self.plant is None else PATIENCE_PLANTED
        while lowest and self._may_draw and idle < patience:
            other = self._changed(current)
            cost = self._cost(other, lowest)
            idle = 0 if cost < lowest else idle + 1
            if cost < lowest:
                best = other
            if cost <= lowest:
                current, lowest = other, cost
        return best, lowest

    @property
    def _may_draw(self) -> bool:
        return self.drawn <= self.draws and self._budget.left >= 0

    def _cost(self, exercise: Exercise, most: float = inf) -> float:
        """Mistakes that give the right numbers, and those that are one number with others; counted up to `most`."""
        self.drawn += 1
        self._budget.left -= self._run_cost
        if missing := self._missing_kinks(exercise):
            return missing * UNSEEN
        cost = 0.0
        try:
            for name, names in self.asked.items():
                keys, compared = self._keys[name], Comparison(exercise, names)
                cost += compared.collisions(keys, among=self.separate == "all", most=most - cost, budget=self._budget)
        except CnngradError:
            return inf
        return cost

    @cached_property
    def _run_cost(self) -> int:
        return run_cost(self.exercise)  # it depends on the form alone

    @cached_property
    def _budget(self) -> Budget:
        return Budget(int(self.limits.audit_work * PART))

    def _drawn(self) -> Exercise:
        given = self.exercise.arrays()
        for _ in range(PLANTED):
            arrays = {name: like(self._numbers(name, array.shape), array) for name, array in given.items()}
            if self.plant is None or self.plant(arrays, self.rng):
                break
        return self.exercise.with_arrays(arrays)

    def _changed(self, exercise: Exercise) -> Exercise:
        """One number drawn anew."""
        arrays = exercise.arrays()
        names = sorted(arrays)
        sizes = np.array([arrays[name].size for name in names], dtype=float)
        chances = sizes / sizes.sum() if self.rng.integers(2) else np.full(len(names), 1 / len(names))
        name = names[int(self.rng.choice(len(names), p=chances))]
        array = arrays[name]
        index = np.unravel_index(int(self.rng.integers(array.size)), array.shape)
        return exercise.with_arrays({name: with_cell(array, index, self._numbers(name, ()))})

    def _numbers(self, name: str, shape: tuple[int, ...]) -> Any:
        """Whole numbers; upstream gradients and kernels without zeros, inputs of max pooling with repetitions."""
        largest = self._largest(name)
        if self.exercise.op == "pool" and name == "A":
            values = np.linspace(-largest, largest, min(FEW, 2 * largest + 1)).round().astype(int)
            return self.rng.choice(values, shape)
        signs = 1 if self.exercise.reruns and name.endswith(".b") else self.rng.choice([-1, 1], shape)
        return signs * self.rng.integers(1, largest + 1, shape)

    def _missing_kinks(self, exercise: Exercise) -> int:
        """How many ties, zeros and negative numbers a network misses; none where it is no network."""
        count = exercise.record.part("layers_missing_kinks")
        return 0 if count is None else int(count(exercise, self._budget))

    def _largest(self, name: str) -> int:
        recurrent = self.exercise.saturates(name)
        kinked = self.exercise.reruns and self.largest < LARGE
        return min(self.largest, 2) if recurrent or kinked else self.largest

    def _together(self, exercise: Exercise) -> list[str]:
        """The mistakes that are not told apart, or not from what is right."""
        names: list[str] = []
        for quantity, together in self.asked.items():
            compared = Comparison(exercise, together)
            mistakes = compared.mistakes
            invisible, groups = compared.confused(self._keys[quantity])
            names += [f"{mistakes[key].name} from the right {quantity}" for key in invisible]
            if self.separate == "all":
                names += [" from ".join(mistakes[key].name for key in group) for group in groups]
        return names

    def _failure(self, names: list[str]) -> str:
        draws = min(self.drawn, self.draws)
        return (
            f"no exercise of this form was found in {draws:,} draws that tells apart {'; '.join(names)}; "
            f"take a larger one, more digits, or {option('separate', 'truth' if self.separate == 'all' else 'none')}"
        )
