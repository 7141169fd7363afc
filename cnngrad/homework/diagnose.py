"""Which mistake gives exactly these numbers: singles first, then pairs; or which law the numbers break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice, takewhile
from typing import Any

import numpy as np

from cnngrad.calculus.laws import TOLERANCE, Law
from cnngrad.exercise.attempt import same
from cnngrad.exercise.cost import Budget, run_cost
from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.factors import by_factor
from cnngrad.exercise.mistake import Candidate, Mistake
from cnngrad.exercise.solution import MOST_KEPT, Solution
from cnngrad.homework.compare import Case, lifted
from cnngrad.homework.luck import short, telling
from cnngrad.homework.pairs import pair_numbers, pairs_of
from cnngrad.homework.parts import wrong_part
from cnngrad.homework.verdict import Tried
from cnngrad.homework.written import Answer, Written
from cnngrad.homework.zeros import all_zero, always_zero
from cnngrad.numbers.kinds import FLOAT, Array, floats, nearest
from cnngrad.records import dataclass

MOSTLY = 0.75
"""Share of the cells that a mistake must give to be called the nearest one."""
SHOWN = 3
"""Pairs that are named."""
HARMLESS = ("rounded-early",)
"""Mistakes that leave a right answer right."""


Pair = tuple[Mistake, Mistake]
Pairs = tuple[Pair, ...]


@dataclass(frozen=True)
class Diagnosis:
    """The mistakes (or pairs of them) whose numbers are the student's."""

    mistakes: tuple[Mistake, ...] = ()
    pairs: Pairs = ()
    tried: Tried = Tried()
    nearest: tuple[Mistake, int] | None = None


@dataclass(frozen=True)
class Candidates:
    """Every mistake that may explain one answer, with the numbers that it gives here."""

    case: Case
    solution: Solution[Any]
    """the exercise, which may be computed from the student's own numbers"""
    budget: Budget
    """what it pays for is tried"""

    @cached_property
    def singles(self) -> list[tuple[Candidate, list[Array]]]:
        """Every candidate that can be paid for, with its wrong numbers; none where it does not apply."""
        found = self.solution.wrong(self.case.name, self.answer.decimals)
        with np.errstate(all="ignore"):
            paid = takewhile(lambda _: self.budget.spend(self._cost), found)
            return [(each.candidate, each.results) for each in paid]

    @property
    def answer(self) -> Answer:
        return self.case.answer

    @property
    def truth(self) -> Array:
        return self.solution.quantities[self.case.name]

    @cached_property
    def _cost(self) -> int:
        return run_cost(self.solution.exercise)

    def fits(self, result: Array) -> bool:
        """Whether these are the student's numbers, also of another shape than the right one; axes of length 1 do not
        matter then, and arrays without a cell are one."""
        if not result.size:
            return not self.answer.cells.size
        same_shape = self.answer.shape == self.truth.shape
        answer = self.answer if same_shape else lifted(self.answer, result.shape)
        return answer.shape == result.shape and bool(answer.agrees(result).all())

    def single(self) -> Diagnosis:
        """The single mistakes that fit."""
        matching = _distinct(each.mistake for each, results in self.singles if any(map(self.fits, results)))
        if matching and all_zero(self.answer):
            matching = always_zero(self.solution.exercise, self.case.name, matching, self.budget)
        return Diagnosis(matching, (), self._tried)

    def otherwise(self) -> Diagnosis:
        """Where no single row fits: the whole answer times a factor, or a mistake in one part of it alone. Zeros
        everywhere would fit by luck."""
        if all_zero(self.answer):
            return Diagnosis((), (), self._tried)
        factors = [*self._factors]
        matching = tuple(islice((mistake for mistake, result in factors if self.fits(result)), 1))
        if not matching and self.case.wrong and self.answer.shape == self.truth.shape:
            rows = [(each.mistake, results) for each, results in self.singles if results]
            scaled = [(mistake, [result]) for mistake, result in factors]
            matching = wrong_part(self.case, self.solution, rows)
            matching = matching or wrong_part(self.case, self.solution, [*rows, *scaled])[:1]
        return Diagnosis(matching, (), self._tried)

    def double(self) -> Diagnosis:
        """The pairs that fit, where they are not so many that one fits by luck; or the mistake that is nearest."""
        if short(self.answer) or all_zero(self.answer):
            return Diagnosis((), (), self._tried)
        with np.errstate(all="ignore"):
            found, count = self._pairs([each for each, results in self.singles if results])
        wrong = np.zeros(self.answer.shape, dtype=bool)
        wrong[tuple(np.transpose(self.case.wrong))] = True
        found = found if telling(self.answer, self.truth, count, wrong) else ()
        tried = replace(self._tried, pairs=count)
        return Diagnosis((), found, tried, None if found else self._nearest(self.singles))

    @property
    def _tried(self) -> Tried:
        applicable = sum(bool(results) for _, results in self.singles)
        return Tried(applicable, 0, len(self.singles) - applicable)

    @cached_property
    def _factors(self) -> list[tuple[Mistake, Array]]:
        """The right answer times each factor, where there is a right answer to start from."""
        if not self.budget.spend(self._cost):
            return []
        with np.errstate(all="ignore"):
            found = [*by_factor(self.solution.exercise, self.case.name, self.truth)]
        return [(mistake, result) for mistake, result in found if not same(result, self.truth)]

    def _nearest(self, singles: list[tuple[Candidate, list[Array]]]) -> tuple[Mistake, int] | None:
        """The mistake that gives most of the cells, if it gives far more of them than the truth does."""
        size, missing = self.answer.cells.size, int(self.answer.missing.sum())
        counts = [
            (int(self.answer.agrees(result).sum()) - missing, -place)
            for place, (_, results) in enumerate(singles)
            for result in results
            if result.shape == self.answer.shape
        ]
        most, place = max(counts, default=(0, 0))
        right = int(self.answer.agrees(self.truth).sum()) - missing
        return (singles[-place][0].mistake, most) if most >= MOSTLY * size and most > right + size // 4 else None

    def _pairs(self, applicable: list[Candidate]) -> tuple[Pairs, int]:
        """The pairs that fit, no more than are shown, and how many were tried."""
        small = self.solution.exercise.kind is FLOAT and self.truth.size <= MOST_KEPT
        if small and isinstance(self.answer, Written):
            fitting, count = self._of_known(applicable, self.answer)
        else:
            fitting, count = self._of_each(applicable)
        found: dict[frozenset[str], tuple[Mistake, Mistake]] = {}
        for one, other in fitting:
            found.setdefault(frozenset((one.id, other.id)), (one, other))
        return tuple(found.values())[:SHOWN], count

    def _of_known(self, applicable: list[Candidate], answer: Written) -> tuple[Iterable[Pair], int]:
        """All pairs at once, whose numbers are kept for the next answer."""
        paid = self.budget.left // self._cost
        numbers = pair_numbers(self.solution, self.case.name, answer.decimals, applicable, paid)
        count = min(len(numbers.pairs), paid)
        self.budget.spend(count * self._cost)
        return numbers.fitting(answer, count), count

    def _of_each(self, applicable: list[Candidate]) -> tuple[Iterable[Pair], int]:
        """Pair by pair; none is computed where enough are found, or where its ids are found."""
        found: dict[frozenset[str], Pair] = {}
        count = 0
        for one, other in pairs_of(applicable):
            if not self.budget.spend(self._cost):
                break
            count += 1
            ids = frozenset((one.id, other.mistake.id))
            if len(found) < SHOWN and ids not in found and any(map(self.fits, other.results())):
                found[ids] = (one, other.mistake)
        return found.values(), count


def _distinct(mistakes: Iterator[Mistake]) -> tuple[Mistake, ...]:
    """Each id once in each layer; the first says most."""
    found: dict[str, Mistake] = {}
    for mistake in mistakes:
        found.setdefault(mistake.name, mistake)
    return tuple(found.values())


def broken_law(exercise: Exercise, name: str, values: Mapping[str, Array], answer: Answer) -> Law | None:
    """The first law that does not hold with the student's numbers, beyond what their decimals leave open."""
    symbol = name.rpartition(".")[2]
    found = exercise.layer_of(name, values)
    if found is None or found[0].dZ is None or symbol not in found[1]:
        return None
    layer, values = found
    right = values[symbol]
    if answer.shape != right.shape or answer.missing.any():
        return None
    try:
        laws = layer.laws({**values, symbol: answer.filled(right)})
    except (KeyError, ValueError):
        return None
    slack = _slack(layer, symbol, answer)
    for law, true in zip(laws, layer.laws(values), strict=False):
        off = abs(_number(law.left) - _number(law.right))
        if not law.holds and off > slack + TOLERANCE * (abs(_number(true.left)) + 1):
            return law
    return None


def _number(value: Any) -> float:
    try:
        return nearest(value)
    except TypeError:  # a formula has no size: it breaks a law or it does not
        return 0.0


def _slack(exercise: LayerExercise[Any], symbol: str, answer: Answer) -> float:
    """How far a law's side may move with the decimals that were not written."""
    if not isinstance(answer, Written):
        return 0.0
    partner = exercise.given.get(symbol.removeprefix("d"))
    weights = np.ones(answer.shape) if partner is None else np.maximum(np.abs(floats(partner)), 1.0)
    return float((weights * answer.units / 2).sum())
