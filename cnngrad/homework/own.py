"""The student's own numbers, and what follows from them: an error that is carried over is not made twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.mistake import same
from cnngrad.exercise.solution import Solution
from cnngrad.homework.answer_files import Refused
from cnngrad.homework.answers import Answer
from cnngrad.homework.case import Case, lifted
from cnngrad.homework.compare import nearly, right_cells
from cnngrad.homework.work import Purse, price
from cnngrad.limits import DEFAULT
from cnngrad.numbers.kinds import Array

KEPT = 4
"""Exercises counted from a student's own numbers that are kept."""


@dataclass(frozen=True)
class Own:
    """All answers of one student, beside the truth."""

    solution: Solution[Any]
    answers: Mapping[str, Answer | Refused]
    purse: Purse = field(default_factory=lambda: Purse(DEFAULT.audit_work))
    """what finding out which of the answers matter, and what went wrong after them, may cost"""

    @cached_property
    def values(self) -> dict[str, Array]:
        """The answers as numbers, those that are whole and of the right shape."""
        found = {}
        for name, answer in self._whole.items():
            found[name] = answer.filled(self.solution.quantities[name])
        return found

    def follows_from(self, case: Case, *, rounded: bool = False) -> tuple[str, ...] | None:
        """The student's other answers from which this one follows, rightly or (`rounded`) but for rounding too
        early; nothing where it does not."""
        for names in self._sets(case.name):
            values = self._counted(case.name, names)
            if values is None or values.shape != case.truth.shape or same(values, case.truth):
                continue
            fits = nearly(case.answer, values) if rounded else case.answer.agrees(values).all()
            if fits and not case.missing:
                return self._that_matter(case, names)
        return None

    def worlds(self, case: Case) -> Iterator[tuple[tuple[str, ...], Solution[Any]]]:
        """The exercise counted from the student's other answers, where that changes this quantity."""
        for names in self._sets(case.name):
            world = self._world(names) if self._pays() else None
            values = None if world is None else self._counted(case.name, names)
            if world is not None and values is not None and not same(values, case.truth):
                yield self._that_matter(case, names), world

    @cached_property
    def _whole(self) -> dict[str, Answer]:
        found = {}
        for name, answer in self.answers.items():
            shape = self.solution.quantities[name].shape
            if isinstance(answer, Answer):
                answer = lifted(answer, shape)
                if answer.shape == shape and not answer.missing.any():
                    found[name] = answer
        return found

    @cached_property
    def wrong(self) -> set[str]:
        """Those of them that are wrong."""
        return {name for name, answer in self._whole.items() if not right_cells(answer, name, self.solution).all()}

    def _sets(self, name: str) -> list[tuple[str, ...]]:
        """The student's other answers: all of them (rounded as they are), and the wrong ones alone."""
        others = tuple(other for other in self._whole if other != name)
        wrong = tuple(other for other in others if other in self.wrong)
        return [names for names in dict.fromkeys((others, wrong)) if names]

    def _that_matter(self, case: Case, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the answers that change this quantity by themselves."""
        return tuple(name for name in names if case.name in self._changed_by(name)) or names

    def _changed_by(self, name: str) -> frozenset[str]:
        """The answered quantities that one answer changes by itself: one run tells it for all of them."""
        if name not in self._changes:
            others = [other for other in self._whole if other != name] if self._pays() else []
            self._changes[name] = frozenset(other for other in others if self._changed(other, name))
        return self._changes[name]

    def _changed(self, other: str, name: str) -> bool:
        values = self._counted(other, (name,))
        return values is not None and not same(values, self.solution.quantities[other])

    def _counted(self, name: str, names: tuple[str, ...]) -> Array | None:
        """A quantity counted from the student's own numbers; nothing where they leave it as it is."""
        try:
            with np.errstate(all="ignore"):
                if world := self._world(names):
                    return world.quantities[name]
                own = {other: self.values[other] for other in names}
                found: Array | None = self.solution.exercise.follows(name, own)
                return found
        except CnngradError:  # the student's own numbers lead where a function has no value
            return None

    def _world(self, names: tuple[str, ...]) -> Solution[Any] | None:
        """The exercise counted from some of the answers; the last few are kept, for they are asked for again."""
        if names not in self._recent:
            while len(self._recent) >= KEPT:
                del self._recent[next(iter(self._recent))]
            world = self.solution.exercise.recomputed({name: self.values[name] for name in names})
            self._recent[names] = None if world is None else self.solution.other(world)
        return self._recent[names]

    def _pays(self) -> bool:
        return self.purse.pays(price(self.solution.exercise))

    @cached_property
    def _changes(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _recent(self) -> dict[tuple[str, ...], Solution[Any] | None]:
        return {}
