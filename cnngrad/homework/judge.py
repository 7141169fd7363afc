"""The verdict on every answer: right, rounded, carried over, wrong and why, unclear, refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import same
from cnngrad.exercise.cost import Budget
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.solution import Solution
from cnngrad.homework.answers import Refused
from cnngrad.homework.carried import OwnNumbers
from cnngrad.homework.compare import Case, decimals_to_tell, exact_cells, lifted, nearly, right_elsewhere
from cnngrad.homework.diagnose import HARMLESS, Candidates, Diagnosis, broken_law
from cnngrad.homework.luck import short
from cnngrad.homework.misread import misread
from cnngrad.homework.slips import Slip, added_wrongly, slips_of
from cnngrad.homework.verdict import Judged
from cnngrad.homework.written import Answer, Written
from cnngrad.homework.zeros import LUCK, all_zero, by_luck
from cnngrad.numbers.exact import within
from cnngrad.numbers.kinds import Array, floats
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index
from cnngrad.wording import counted, listed, shaped

BLANK = "nothing is filled in"
TOO_MUCH = "which mistake it is was not found out: that is more work than the limits allow"
NAMED = 3
"""Mistakes that are named where an answer is unclear."""


@np.errstate(all="ignore")  # answers may be of any size
def judged(solution: Solution[Any], given: Mapping[str, Answer | Refused]) -> dict[str, Judged]:
    """The verdict on every answer to one exercise, each with the others at hand, in the order they were given."""
    shapes, work = {name: solution.quantities[name].shape for name in given}, solution.limits.audit_work
    answers = {name: lifted(each, shapes[name]) for name, each in given.items() if isinstance(each, Answer)}
    whole = {name: each for name, each in answers.items() if each.shape == shapes[name] and not each.missing.any()}
    own = OwnNumbers(solution, whole, Budget(work))
    share = work // max(len(given), 1)
    return {name: _judged(name, answers.get(name, each), own, Budget(share)) for name, each in given.items()}


def _judged(name: str, answer: Answer | Refused, own: OwnNumbers, budget: Budget) -> Judged:
    solution, truth = own.solution, own.solution.quantities[name]
    if isinstance(answer, Refused):
        return Judged(name, "refused", truth=truth, message=answer.message)
    if answer.shape != truth.shape and answer.cells.size and answer.missing.all():
        return Judged(name, "missing", truth=truth, message=BLANK)
    try:
        if answer.shape != truth.shape:
            return _of_another_shape(Case(name, answer, truth), solution, budget)
        return _Rules(solution, Case.of(name, answer, solution), own, budget).judged()
    except CnngradError:  # a mistake is not worth more work than the limits allow; the verdict does not need it
        return _without_names(name, answer, solution)


def _without_names(name: str, answer: Answer, solution: Solution[Any]) -> Judged:
    """The verdict alone: right or wrong."""
    truth = solution.quantities[name]
    if answer.shape != truth.shape:
        return Case(name, answer, truth).judged("refused", message=f"{shaped(answer.shape)}, but {_is(name, truth)}")
    with within(solution.limits, counted=False):
        case = Case.of(name, answer, solution)
    right = not case.wrong and not case.missing
    return case.judged("right" if right else "wrong", message="" if right else TOO_MUCH)


def _is(name: str, truth: Array) -> str:
    return f"{name} {shaped(truth.shape)}"


def _of_another_shape(case: Case, solution: Solution[Any], budget: Budget) -> Judged:
    """The refusal: both shapes, and whether the numbers are right in another order, or those of a known mistake."""
    given = shaped(case.answer.shape) if case.answer.cells.size else "is empty"
    says = f"{given}, but {_is(case.name, case.truth)}"
    if hint := right_elsewhere(case, solution):
        return case.judged("refused", message=f"{says}: {hint}")
    found = Candidates(case, solution, budget).single().mistakes
    if not found and case.truth.ndim == 2 and case.answer.shape[::-1] == case.truth.shape:
        says = f"{says}: it looks transposed"
    return case.judged("refused", message=says, mistakes=found)


@dataclass(frozen=True)
class _Rules:
    """One answer of the right shape, and the rules by which it is judged; `budget` is what may be spent on it."""

    solution: Solution[Any]
    case: Case
    own: OwnNumbers
    budget: Budget

    def judged(self) -> Judged:
        """The verdict of the first rule that holds; in the end the answer is wrong."""
        case = self.case
        if case.missing and case.answer.missing.all():
            return Judged(case.name, "missing", truth=case.truth, message=BLANK)
        if not case.wrong:
            return case.judged("wrong", message=_missing(case)) if case.missing else self._right()
        rules = (
            self._right_by_a_tie_rule,
            self._carried,
            self._rounded,
            self._carried_and_rounded,
        )
        return next((found for rule in rules if (found := rule())), None) or self._wrong()

    # --- the rules, in order

    def _right(self, message: str = "") -> Judged:
        """Right, unless a known mistake gives the same digits."""
        case = replace(self.case, wrong=())
        alike = [*self._decimals_to_tell(accepted=bool(message))]
        if not alike:
            lucky = by_luck(self.solution.exercise, case.name, case.truth, self.budget)
            return case.judged("right", message=message or (LUCK if lucky else ""))
        needed = max(decimals for _, decimals in alike)
        names = ", ".join([*dict.fromkeys(name for name, _ in alike)][:NAMED])
        says = f"with so few decimals a known mistake ({names}) has the same digits; give {counted(needed, 'decimal')}"
        return case.judged("unclear", decimals=needed, message=says)

    def _decimals_to_tell(self, *, accepted: bool) -> Iterator[tuple[str, int]]:
        """Each known mistake that has the same digits, where any are rounded, and how many decimals tell it from the
        truth; `accepted`: what is right under another rule is no mistake."""
        answer, truth = self.case.answer, self.case.truth
        if not isinstance(answer, Written):
            return
        rounded = ~exact_cells(answer, self.case.name, self.solution)
        for candidate, results in self.candidates.singles if rounded.any() else ():
            for result in results if candidate.mistake.id not in HARMLESS else ():
                if not self.candidates.fits(result) or same(result[rounded], truth[rounded]):
                    continue
                if not (accepted and self._accepted(Written.exactly(result))):
                    yield candidate.mistake.name, decimals_to_tell(truth, result, answer.decimals)

    def _right_by_a_tie_rule(self) -> Judged | None:
        if self.case.missing or not self._accepted(self.case.answer):
            return None
        return self._right("right under one of the rules for ties")

    def _carried(self) -> Judged | None:
        """Right from the student's own numbers; where none of them is wrong, it is right."""
        if not self.given:
            return None
        if not self.own.wrong & set(self.given):
            return replace(self.case, wrong=()).judged("right")
        return self.case.judged(
            "carried", given=self.given, message=f"follows rightly from your own {listed(self.given)}"
        )

    def _rounded(self) -> Judged | None:
        if not self.harmless or self.case.missing or not nearly(self.case.answer, self.case.truth):
            return None
        says = "the method is right, but a number was rounded too early"
        return self.case.judged("rounded", message=says, mistakes=self.single.mistakes)

    def _carried_and_rounded(self) -> Judged | None:
        given = self.own.follows_from(self.case, rounded=True) if self.harmless else ()
        says = f"follows from your own {listed(given)}, but a number was rounded too early"
        return self.case.judged("rounded", given=given, message=says) if given else None

    def _wrong(self) -> Judged:
        """Wrong, with what explains it: one mistake, slips or two mistakes, or either after the student's own
        earlier answers."""
        case = self.case
        law = broken_law(self.solution.exercise, case.name, self.solution.quantities, case.answer)
        found = self.single if self.single.mistakes else self.candidates.otherwise()
        if found.mistakes:
            return case.judged("wrong", mistakes=found.mistakes, tried=found.tried, law=law)
        slip = _added_wrongly(case, self.solution)
        found = found if slip else self.candidates.double()
        slips = () if found.pairs else _slips(case, self.solution)
        wrong = case.judged("wrong", pairs=found.pairs, slips=slips, tried=found.tried, law=law)
        return wrong if wrong.explained else self._after_own_answers(replace(wrong, nearest=found.nearest))

    def _after_own_answers(self, found: Judged) -> Judged:
        """Explained by a mistake or a slip after the student's own earlier answers, where one does."""
        for names, solution in self.own.solutions(self.case):
            candidates = Candidates(Case.of(self.case.name, self.case.answer, solution), solution, self.budget)
            mistakes = candidates.single().mistakes or candidates.otherwise().mistakes
            slips = () if mistakes else _slips(self.case, solution)
            if mistakes or slips:
                says = f"computed from your own {listed(names)}"
                return replace(found, mistakes=mistakes, slips=slips, given=names, message=says)
        return found

    # --- what the rules ask for

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The student's other answers from which this one follows."""
        return self.own.follows_from(self.case)

    @cached_property
    def candidates(self) -> Candidates:
        return Candidates(self.case, self.solution, self.budget)

    @cached_property
    def single(self) -> Diagnosis:
        """The single mistakes that explain the answer."""
        return self.candidates.single()

    @property
    def harmless(self) -> bool:
        """Whether they leave a right answer right, as far as there are any."""
        return all(mistake.id in HARMLESS for mistake in self.single.mistakes)

    def _accepted(self, answer: Answer) -> bool:
        """Whether the answer is right under another rule of the op."""
        accepts = self.solution.exercise.record.part("accepts")
        return accepts is not None and bool(accepts(self.solution.exercise, self.case.name, answer))


def _missing(case: Case) -> str:
    return f"{counted(len(case.missing), 'cell is', 'cells are')} missing; what is there is right"


def _slips(case: Case, solution: Solution[Any]) -> tuple[Slip, ...]:
    """One value misread everywhere, or what happened in each cell; none where a cell has no terms, because its window
    is empty or the student's own numbers overflow."""
    looked_at = _looked_at(case, solution)
    if looked_at is None:
        return ()
    derivation, name, answer, values, wrong = looked_at
    everywhere = misread(solution, name, answer, wrong)
    if everywhere and len(wrong) > 1:
        return tuple(everywhere)
    single = slips_of(derivation, name, answer, values, wrong)
    first = [slip for slip in single if slip.id == "addition-slip"]
    return (*first, *everywhere, *(slip for slip in single if slip not in first))


def _added_wrongly(case: Case, solution: Solution[Any]) -> bool:
    looked_at = _looked_at(case, solution)
    return looked_at is not None and added_wrongly(*looked_at)


def _looked_at(case: Case, solution: Solution[Any]) -> tuple[Derivation[Any], str, Written, Array, list[Index]] | None:
    """What is looked at for slips; None where there are none to find, and where all is 0: much gives that by luck."""
    answer, values = case.answer, solution.quantities[case.name]
    if not isinstance(answer, Written) or short(answer) or all_zero(answer) or values.dtype.kind not in "fO":
        return None
    if not np.isfinite(floats(values)).all():
        return None
    wrong = [*Case.of(case.name, answer, solution).wrong]
    return (solution.derivation, case.name, answer, values, wrong) if wrong else None
