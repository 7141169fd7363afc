"""What follows from a student's own numbers: an error that is carried over is not made twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import same
from cnngrad.exercise.cost import Budget, run_cost
from cnngrad.exercise.solution import Solution
from cnngrad.homework.compare import Case, nearly, right_cells
from cnngrad.homework.freedom import Freedom, at_their_true_values, half_units
from cnngrad.homework.written import Answer
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass

KEPT = 4
"""Exercises computed from a student's own numbers that are kept."""
Names = tuple[str, ...]
"""Some of the quantities that a student answered."""


@dataclass(frozen=True)
class OwnNumbers:
    """The answers of one student that are whole and of the right shape; `budget` is what finding out which of them
    matter, and what went wrong after them, may cost."""

    solution: Solution[Any]
    answers: Mapping[str, Answer]
    budget: Budget
    _changes: dict[str, frozenset[str]] = field(default_factory=dict, init=False)
    _recent: dict[Names, Solution[Any] | None] = field(default_factory=dict, init=False)

    @cached_property
    def values(self) -> dict[str, Array]:
        return {name: answer.filled(self.solution.quantities[name]) for name, answer in self.answers.items()}

    @cached_property
    def right(self) -> dict[str, NDArray[np.bool_]]:
        """Which cells of each answer are right."""
        return {name: right_cells(answer, name, self.solution) for name, answer in self.answers.items()}

    @cached_property
    def wrong(self) -> set[str]:
        return {name for name, right in self.right.items() if not right.all()}

    @cached_property
    def halves(self) -> dict[str, Array]:
        """How far each cell may have been from what is written."""
        return {name: half_units(name, each, self.solution, self.right[name]) for name, each in self.answers.items()}

    def follows_from(self, case: Case, *, rounded: bool = False) -> Names:
        """The student's other answers from which this one follows, rightly or (`rounded`) but for rounding too
        early; none where it does not. Rightly is: from the numbers as they are written, or as they may have been
        before they were rounded."""
        found = {names: self._computed(case.name, names) for names in self._others(case.name)}
        for agree in (self._rounded_early,) if rounded else (self._as_written, self._before_rounding):
            for names, values in found.items() if not case.missing else ():
                if values is not None and values.shape == case.truth.shape and agree(case, names, values):
                    return self._relevant(case.name, names)
        return ()

    def _as_written(self, case: Case, names: Names, values: Array) -> bool:
        return not same(values, case.truth) and bool(case.answer.agrees(values).all())

    def _rounded_early(self, case: Case, names: Names, values: Array) -> bool:
        return not same(values, case.truth) and nearly(case.answer, values)

    def _before_rounding(self, case: Case, names: Names, values: Array) -> bool:
        """Whether the answer follows from the numbers before they were rounded: the right ones were the true ones."""
        own, truth = self._given(names), self.solution.quantities
        exact = dict(at_their_true_values(own, self.right, truth))
        computed = partial(self._from, case.name)
        if any(name in self.wrong for name in names) and self._pays():
            found = computed(exact)
            if found is not None and not same(found, case.truth) and case.answer.agrees(found).all():
                return True
        cost = run_cost(self.solution.exercise)
        halves = {name: self.halves[name] for name in names}
        return Freedom(own, halves, computed, self.budget, cost).leaves_open(case.answer, values)

    def solutions(self, case: Case) -> Iterator[tuple[Names, Solution[Any]]]:
        """The exercise computed from the student's other answers, where that changes this quantity."""
        for names in self._others(case.name):
            solution = self._solution(names) if self._pays() else None
            values = None if solution is None else self._computed(case.name, names)
            if solution is not None and values is not None and not same(values, case.truth):
                yield self._relevant(case.name, names), solution

    def _others(self, name: str) -> list[Names]:
        """The student's other answers: all of them (rounded as they are), and the wrong ones alone."""
        others = tuple(other for other in self.answers if other != name)
        wrong = tuple(other for other in others if other in self.wrong)
        return [names for names in dict.fromkeys((others, wrong)) if names]

    def _relevant(self, name: str, others: Names) -> Names:
        """Those of the answers that change a quantity by themselves; all where none does."""
        return tuple(other for other in others if name in self._changed_by(other)) or others

    def _changed_by(self, name: str) -> frozenset[str]:
        """The answered quantities that one answer changes by itself: one run tells it for all of them."""
        if name not in self._changes:
            others = [other for other in self.answers if other != name] if self._pays() else []
            values = {other: self._computed(other, (name,)) for other in others}
            truth = self.solution.quantities
            changed = (other for other, own in values.items() if own is not None and not same(own, truth[other]))
            self._changes[name] = frozenset(changed)
        return self._changes[name]

    def _computed(self, name: str, names: Names) -> Array | None:
        """A quantity as it follows from some of the student's numbers; None where they leave it as it is, and where
        they lead to a function that has no value there."""
        try:
            with np.errstate(all="ignore"):
                solution = self._solution(names)
                return solution.quantities[name] if solution else self._from(name, self._given(names))
        except CnngradError:
            return None

    def _from(self, name: str, own: Mapping[str, Array]) -> Array | None:
        """The same for any numbers."""
        exercise = self.solution.exercise
        try:
            with np.errstate(all="ignore"):
                changed = exercise.recomputed(own)
                return exercise.follows(name, own) if changed is None else np.asarray(changed.result(name))
        except CnngradError:
            return None

    def _solution(self, names: Names) -> Solution[Any] | None:
        """The exercise computed from some of the answers; the last few are kept, for they are asked for again."""
        if names not in self._recent:
            while len(self._recent) >= KEPT:
                del self._recent[next(iter(self._recent))]
            changed = self.solution.exercise.recomputed(self._given(names))
            self._recent[names] = None if changed is None else self.solution.other(changed)
        return self._recent[names]

    def _given(self, names: Names) -> dict[str, Array]:
        return {name: self.values[name] for name in names}

    def _pays(self) -> bool:
        return self.budget.spend(run_cost(self.solution.exercise))
