"""The whole answer multiplied or divided by a number that belongs elsewhere: named where no other mistake is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.exercise.attempt import Attempt
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.op import Op
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, kind_of
from cnngrad.numbers.printing import show
from cnngrad.records import dataclass

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
    if not _may_be_scaled(role := exercise.role(quantity)):
        return None
    row = _row(exercise.op, role)
    return replace(row, variants=lambda attempt: scaled(exercise, quantity, attempt.result()).values())


def known_rows(record: Op) -> list[Mistake]:
    """Every row of an op, that of a factor last."""
    found: list[Mistake] = list(record.part("ROWS") or ())
    roles = dict.fromkeys(name for row in found for name in row.quantities if _may_be_scaled(name))
    return [*found, _row(record.name, *roles)] if roles else found


def by_factor(exercise: Exercise, quantity: str, right: Array) -> Iterator[tuple[Mistake, Array]]:
    """The same mistake with each factor by itself, which it names, and the numbers that it gives."""
    if row := constant_factor(exercise, quantity):
        for says, attempt in scaled(exercise, quantity, right).items():
            yield replace(row, says=says), attempt.result()


def scaled(exercise: Exercise, quantity: str, right: Array) -> dict[str, Scaled]:
    """The right numbers times each factor, by what is said of it: the answer multiplied or divided; then the step from
    the old value to the new one."""
    starts: list[tuple[Any, str]] = [(0, "the whole answer")]
    if exercise.role(quantity) == UPDATE:
        starts.append((exercise.given[quantity], "the step"))
    return {
        f"{what} is {how} by {words}": Scaled(quantity=quantity, right=right, by=by, start=start)
        for start, what in starts
        for number, words in _factors(exercise, quantity, right)
        for by, how in ((number, "multiplied"), (1 / number, "divided"))
    }


def _may_be_scaled(role: str) -> bool:
    """Whether it is that of a gradient or of a new value."""
    return role in (UPDATE, "gradient") or role.startswith("d")


def _row(op: str, *roles: str) -> Mistake:
    return Mistake(
        FACTOR,
        op,
        roles,
        lambda _: (),
        "the whole answer is multiplied, or divided, by a number that does not belong there",
        "Which factor is in the formula, and how often is it there?",
        "a gradient that is not zero",
    )


def _factors(exercise: Exercise, quantity: str, like: Array) -> Iterator[tuple[Any, str]]:
    """The numbers that are tried, each once, with what they are."""
    named = {f"{show(number)}, the {words}": number for words, number in exercise.factors(quantity).items()}
    seen: set[Fraction] = {Fraction(1), Fraction(0)}
    for words, number in ({str(n): n for n in SMALL} | named).items():
        if not isinstance(number, Formula) and (exact := Fraction(number)) not in seen:
            seen.add(exact)
            yield kind_of(like).number(exact), words
