"""The whole answer multiplied or divided by a number that belongs elsewhere: named where no other mistake is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.exercise.attempt import Attempt, attempt_of
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.mistake import Mistake
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, kind_of
from cnngrad.numbers.printing import show

FACTOR = "constant-factor"
"""The id of the mistake."""
SMALL = (2, 3, 4)
"""Factors that are tried before those that the exercise has a name for."""
UPDATE = "update"


@dataclass(frozen=True, kw_only=True)
class Scaled(Attempt):
    """The right numbers, each `by` so many times as far from `start`."""

    right: Array
    by: Any
    start: Any = 0

    def computed(self) -> Array:
        return np.asarray(self.start + (self.right - self.start) * self.by)


def constant_factor(exercise: Exercise, quantity: str) -> Mistake | None:
    """The mistake of a gradient or a new value, one variant for each factor; None for what is neither."""
    role = exercise.role(quantity)
    if role != UPDATE and not quantity.rpartition(".")[2].startswith("d"):
        return None
    return Mistake(
        FACTOR,
        exercise.op,
        (role,),
        lambda attempt: (scaled for scaled, _ in _variants(exercise, quantity, attempt.result())),
        "the whole answer is multiplied, or divided, by a number that does not belong there",
        "Which factor is in the formula, and how often is it there?",
        "a gradient that is not zero",
    )


def by_factor(exercise: Exercise, quantity: str) -> Iterator[tuple[Mistake, Array]]:
    """The same mistake with each factor by itself, which it names, and the numbers that it gives."""
    if row := constant_factor(exercise, quantity):
        right = attempt_of(exercise, quantity).result()
        for scaled, says in _variants(exercise, quantity, right):
            yield replace(row, says=says), scaled.result()


def _variants(exercise: Exercise, quantity: str, right: Array) -> Iterator[tuple[Scaled, str]]:
    """The answer multiplied or divided by each factor; then the step from the old value to the new one."""
    starts: list[tuple[Any, str]] = [(0, "the whole answer")]
    if exercise.role(quantity) == UPDATE:
        starts.append((exercise.given[quantity], "the step"))
    for start, what in starts:
        for number, words in _factors(exercise, quantity, right):
            for by, how in ((number, "multiplied"), (1 / number, "divided")):
                yield Scaled(quantity=quantity, right=right, by=by, start=start), f"{what} is {how} by {words}"


def _factors(exercise: Exercise, quantity: str, like: Array) -> Iterator[tuple[Any, str]]:
    """The numbers that are tried, each once, with what they are."""
    named = {f"{show(number)}, the {words}": number for words, number in exercise.factors(quantity).items()}
    seen: set[Fraction] = {Fraction(1), Fraction(0)}
    for words, number in ({str(n): n for n in SMALL} | named).items():
        if not isinstance(number, Formula) and (exact := Fraction(number)) not in seen:
            seen.add(exact)
            yield kind_of(like).number(exact), words
