"""What follows from a student's own numbers: an error that is carried over is not made twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import Budget, run_cost, same
from cnngrad.exercise.solution import Solution
from cnngrad.homework.compare import Case, nearly, right_cells
from cnngrad.homework.written import Answer
from cnngrad.numbers.kinds import Array

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
    def wrong(self) -> set[str]:
        return {name for name, answer in self.answers.items() if not right_cells(answer, name, self.solution).all()}

    def follows_from(self, case: Case, *, rounded: bool = False) -> Names:
        """The student's other answers from which this one follows, rightly or (`rounded`) but for rounding too
        early; none where it does not."""
        for names in self._others(case.name) if not case.missing else ():
            values = self._computed(case.name, names)
            if values is None or values.shape != case.truth.shape or same(values, case.truth):
                continue
            if nearly(case.answer, values) if rounded else case.answer.agrees(values).all():
                return self._relevant(case.name, names)
        return ()

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
                if solution := self._solution(names):
                    return solution.quantities[name]
                found: Array | None = self.solution.exercise.follows(name, self._given(names))
                return found
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
