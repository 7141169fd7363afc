"""The verdict on every answer: right, rounded, carried over, wrong and why, unclear, refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.exercise.solution import Solution
from cnngrad.homework.answer_files import Refused
from cnngrad.homework.answers import Answer, Written
from cnngrad.homework.case import Case, lifted
from cnngrad.homework.compare import decimals_to_tell, nearly
from cnngrad.homework.diagnose import HARMLESS, Diagnosis, Lineup, broken_law
from cnngrad.homework.misshapen import misshapen
from cnngrad.homework.own import Own
from cnngrad.homework.slips import Slip, misread, slips_of
from cnngrad.homework.verdict import Judged
from cnngrad.homework.work import Purse
from cnngrad.numbers.kinds import Array, floats
from cnngrad.wording import counted, listed


@dataclass(frozen=True)
class Judge:
    """Judges the answers to one exercise, each with the others at hand."""

    solution: Solution[Any]
    answers: Mapping[str, Answer | Refused]

    @cached_property
    def verdicts(self) -> dict[str, Judged]:
        """The verdict on every answer, in the order they were given."""
        with np.errstate(all="ignore"):  # answers may be of any size
            return {name: self._judged(name, answer) for name, answer in self.answers.items()}

    def _judged(self, name: str, answer: Answer | Refused) -> Judged:
        truth = self.solution.quantities[name]
        if isinstance(answer, Refused):
            return Judged(name, "refused", truth=truth, message=answer.message)
        answer = lifted(answer, truth.shape)
        if answer.shape != truth.shape:
            return misshapen(Case(name, answer, truth), self.solution, Purse(self._share))
        case = Case.of(name, answer, self.solution)
        if case.wrong:
            return self._wrong(case)
        if case.missing:
            return case.judged("wrong", message=_missing(len(case.missing), case.truth.size))
        return self._right(case)

    def _right(self, case: Case, message: str = "") -> Judged:
        """Right, unless a known mistake gives the same digits."""
        lineup = self._lineup(case)
        needed = [
            decimals_to_tell(case.truth, result, case.answer.decimals)
            for suspect, results in (lineup.singles if isinstance(case.answer, Written) else ())
            if suspect.mistake.id not in HARMLESS
            for result in results
            if lineup.fits(result) and not (message and self._under_some_rule(case.name, Written.exactly(result)))
        ]
        if not needed:
            return case.judged("right", message=message)
        says = f"with so few decimals a known mistake has the same digits; give {max(needed)} decimals"
        return case.judged("unclear", decimals=max(needed), message=says)

    def _wrong(self, case: Case) -> Judged:
        if not case.missing and self._under_some_rule(case.name, case.answer):
            return self._right(replace(case, wrong=()), "right under one of the rules for ties")
        given = self._own.follows_from(case) or ()
        carried = case.judged("carried", given=given, message=f"follows rightly from your own {listed(given)}")
        if self._own.wrong & set(given):
            return carried
        single = self._lineup(case).diagnosis(pairs=False)
        harmless = all(mistake.id in HARMLESS for mistake in single.mistakes)
        if harmless and not case.missing and nearly(case.answer, case.truth):
            says = "the method is right, but a number was rounded too early"
            return case.judged("rounded", message=says, mistakes=single.mistakes)
        if given:
            return carried
        if harmless and (given := self._own.follows_from(case, rounded=True) or ()):
            says = f"follows from your own {listed(given)}, but a number was rounded too early"
            return case.judged("rounded", given=given, message=says)
        return self._explained(case, single)

    def _explained(self, case: Case, single: Diagnosis) -> Judged:
        law = broken_law(self.solution.exercise, case.name, self.solution.quantities, case.answer)
        if single.mistakes:
            return case.judged("wrong", mistakes=single.mistakes, tried=single.tried, law=law)
        slips = self._slips(case, self.solution)
        double = self._lineup(case).diagnosis()
        found = case.judged("wrong", pairs=double.pairs, slips=slips, tried=double.tried, law=law)
        found = replace(found, nearest=None if found.explained else double.nearest)
        return found if found.explained else self._explained_by_own(case, found)

    def _explained_by_own(self, case: Case, judged: Judged) -> Judged:
        """A mistake or a slip after the student's own earlier answers."""
        for names, world in self._own.worlds(case):
            mistakes = case.lineup(world, self._lineup(case).purse).diagnosis(pairs=False).mistakes
            slips = () if mistakes else self._slips(case, world)
            if mistakes or slips:
                says = f"counted from your own {listed(names)}"
                return replace(judged, mistakes=mistakes, slips=slips, given=names, message=says)
        return judged

    def _slips(self, case: Case, solution: Solution[Any]) -> tuple[Slip, ...]:
        """One value misread everywhere, or what happened in each cell."""
        answer, values = case.answer, solution.quantities[case.name]
        if not isinstance(answer, Written) or values.dtype.kind not in "fO" or not _finite(values):
            return ()
        wrong = list(Case.of(case.name, answer, solution).wrong)
        if not wrong:
            return ()
        everywhere = misread(solution.derivation, case.name, answer, values, wrong, self.solution.base)
        if everywhere and len(wrong) > 1:
            return tuple(everywhere)
        return (*everywhere, *slips_of(solution.derivation, case.name, answer, values, wrong, self.solution.base))

    def _under_some_rule(self, name: str, answer: Answer) -> bool:
        exercise = self.solution.exercise
        accepts = exercise.record.part("accepts")
        return accepts is not None and bool(accepts(exercise, name, answer))

    def _lineup(self, case: Case) -> Lineup:
        """The mistakes behind an answer: every answer has the same share of the work that may be done."""
        return self._lineups.setdefault(case.name, case.lineup(self.solution, Purse(self._share)))

    @property
    def _share(self) -> int:
        return self.solution.limits.audit_work // max(len(self.answers), 1)

    @cached_property
    def _lineups(self) -> dict[str, Lineup]:
        return {}

    @cached_property
    def _own(self) -> Own:
        return Own(self.solution, self.answers, Purse(self.solution.limits.audit_work))


def _finite(values: Array) -> bool:
    """Whether every number has terms: not where a window has no cell, or the student's own numbers overflow."""
    return bool(np.isfinite(floats(values)).all())


def _missing(missing: int, cells: int) -> str:
    if missing == cells:
        return "nothing is filled in"
    return f"{counted(missing, 'cell is', 'cells are')} missing; what is there is right"
