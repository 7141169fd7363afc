"""Answers of zeros alone: what gives them in every exercise of the form, and what only here, because of its zeros."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import attempt_of
from cnngrad.exercise.cost import Budget, run_cost
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.mistake import Mistake, candidates
from cnngrad.homework.visibility import random_numbers
from cnngrad.homework.written import Answer, Written
from cnngrad.numbers.kinds import SYMBOLIC, Array, floats

TRIES = range(1, 9)
"""Seeds of the other exercises of the form."""
TELLING = 4
"""How many of these whose right numbers are not all 0 are looked at: so many that what gives zeros in half of them is
not taken for what always does."""
LUCK = "all numbers are 0 in this exercise, and many wrong computations give zeros here too"


def all_zero(answer: Answer) -> bool:
    """Whether every number is written as zero."""
    return isinstance(answer, Written) and bool(np.all(answer.values == 0)) and answer.cells.size > 0


def by_luck(exercise: Exercise, quantity: str, truth: Array, budget: Budget) -> bool:
    """Whether a quantity is zero everywhere in this exercise, but not in others of its form."""
    if not truth.size or truth.dtype.kind not in "fO" or exercise.kind is SYMBOLIC or np.any(floats(truth)):
        return False
    return any(True for _ in _telling(exercise, quantity, budget))


def always_zero(
    exercise: Exercise, quantity: str, mistakes: tuple[Mistake, ...], budget: Budget
) -> tuple[Mistake, ...]:
    """Those of the mistakes that give zeros whatever the numbers are."""
    kept = {mistake.key: mistake for mistake in mistakes}
    for other in islice(_telling(exercise, quantity, budget), TELLING) if kept else ():
        for each in candidates(other, quantity):
            if each.mistake.key in kept and budget.spend(run_cost(other)):
                results = each.results()
                if results and not any(not np.any(floats(result)) for result in results):
                    kept.pop(each.mistake.key)
    return tuple(kept.values())


def _telling(exercise: Exercise, quantity: str, budget: Budget) -> Iterator[Exercise]:
    """The exercises of the same form in which the quantity is not zero everywhere: where it is, much else is too."""
    others = _others(exercise, budget)
    return (other for other in others if np.any(floats(attempt_of(other, quantity).result())))


def _others(exercise: Exercise, budget: Budget) -> Iterator[Exercise]:
    """Exercises of the same form; none where other numbers have no value, or cannot be paid for."""
    for seed in TRIES if exercise.kind is not SYMBOLIC else ():
        if not budget.spend(run_cost(exercise)):
            return
        try:
            other = random_numbers(exercise, seed)
            other.solve()
        except CnngradError:
            continue
        yield other
