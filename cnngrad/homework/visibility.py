"""Which mistakes show in the numbers of an exercise, and which of them cannot be told apart.

What is looked at together is one comparison: each quantity of a layer by itself, all gradients of a graph or a
recurrent network, because there one mistake spoils them all. Whether a mistake can be made at all, and whether two
are always the same numbers, depends on the form of an exercise: random numbers in the same form tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import TapeAttempt, attempt_of
from cnngrad.exercise.cost import Budget, run_cost
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.factors import FACTOR, constant_factor, scaled
from cnngrad.exercise.mistake import Candidate, Mistake, candidates
from cnngrad.homework.kinds import Kinds, Signature, equal
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import EXACT, SYMBOLIC, Array, floats, kind_of
from cnngrad.records import dataclass

RANDOM = 3
"""Exercises of the same form that decide what applies, and which mistakes are always the same numbers."""
SMALL = 3
"""The largest random number: so small that ties, zeros and signs occur."""
Key = tuple[str, str]
"""A mistake about what is compared, `Mistake.key`."""

CELLS = "cells"
"""What is compared where nothing else is said."""
SEEN_BY: dict[str, Callable[[Array], Array]] = {
    CELLS: lambda array: array,
    "mean": lambda array: np.asarray(_sum(array) / max(array.size, 1)),
    "sum": lambda array: np.asarray(_sum(array)),
    "shape": lambda array: np.array(array.shape),
}
"""What a grader who compares by a criterion sees of an array."""


def _sum(array: Array) -> Any:
    """The sum of all cells; infinite where a window without a real cell is among them, which no formula can hold."""
    infinite = [cell for cell in array.flat if isinstance(cell, float) and math.isinf(cell)]
    return sum(infinite) if infinite else array.sum()


@dataclass(frozen=True)
class Comparison:
    """Some quantities of an exercise that a grader compares with the right ones, by a criterion."""

    exercise: Exercise
    names: tuple[str, ...]
    criterion: str = CELLS

    @cached_property
    def truth(self) -> Signature:
        with np.errstate(all="ignore"):
            return tuple(map(self._seen, self._right))

    @cached_property
    def mistakes(self) -> dict[Key, Mistake]:
        """Every known mistake about these quantities; the one that is named where no other gives the numbers last."""
        rows = {key: each[0][1].mistake for key, each in self._by_key.items()}
        return rows | {row.key: row for row in self._scalable.values()}

    @property
    def runs(self) -> int:
        """How many runs of the exercise all mistakes about all these quantities take; a factor takes none."""
        return sum(map(len, self._by_key.values()))

    def signature(self, key: Key) -> Signature:
        """The numbers of a mistake; the right ones where it changes nothing."""
        if key[0] == FACTOR:
            return dict(self.signatures()).get(key, self.truth)
        signature = list(self.truth)
        with np.errstate(all="ignore"):
            for place, result in self._results(self._by_key.get(key, [])):
                signature[place] = self._seen(result)
        return tuple(signature)

    def _results(self, found: list[tuple[int, Candidate]]) -> Iterator[tuple[int, Array]]:
        """What the candidates for one mistake give, with the place of each."""
        attempts = [each.attempt for _, each in found if isinstance(each.attempt, TapeAttempt) and each.attempt.one_run]
        if attempts and len(attempts) == len(found) and len({each.mistake for _, each in found}) == 1:
            results = found[0][1].mistake.of_one_run(attempts)
            yield from zip((place for place, _ in found), results, strict=False)
            return
        for place, candidate in found:
            result = candidate.usual()
            if result is not None:
                yield place, result

    def signatures(self, keys: Iterable[Key] | None = None) -> Iterator[tuple[Key, Signature]]:
        """All mistakes (or some) with their numbers; last a factor that gives others than these, where there is one."""
        found = [self.truth]
        for key in sorted(self.mistakes if keys is None else keys, key=lambda key: key[0] == FACTOR):
            numbers = self._scaled(found) if key[0] == FACTOR else self.signature(key)
            if numbers:
                found.append(numbers)
                yield key, numbers

    def numbered(self, keys: Iterable[Key] | None = None) -> Iterator[tuple[Key, int]]:
        """All mistakes (or some) with a number each: 0 where the numbers are right, else the same for mistakes that
        cannot be told apart."""
        kinds = Kinds()
        kinds.number(self.truth)
        for key, signature in self.signatures(keys):
            yield key, kinds.number(signature)

    @cached_property
    def numbers(self) -> dict[Key, int]:
        """The number of each mistake."""
        return dict(self.numbered())

    def confused(self, keys: Collection[Key]) -> tuple[list[Key], list[list[Key]]]:
        """Those of the mistakes that give the right numbers, and the groups of others that give the same ones."""
        together: dict[int, list[Key]] = {}
        for key in self.mistakes:
            if key in keys and key in self.numbers:
                together.setdefault(self.numbers[key], []).append(key)
        invisible = together.pop(0, [])
        return invisible, [group for group in together.values() if len(group) > 1]

    def invisible(self, keys: Collection[Key]) -> int:
        """How many of the mistakes give the right numbers."""
        known = (key for key in self.mistakes if key in keys)
        return sum(equal(signature, self.truth) for _, signature in self.signatures(known))

    def collisions(self, keys: Iterable[Key], *, among: bool, most: float, budget: Budget) -> int:
        """How many of the mistakes give the right numbers, or (`among`) those of another; counted up to `most`.

        `budget` pays for every run of a mistake: one for each quantity that it may spoil.
        """
        cost, count, seen = run_cost(self.exercise), 0, {0}
        for key, number in self.numbered(keys):
            budget.left -= cost * len(self._by_key.get(key, []))
            count += number in seen
            if count > most:
                break
            if among:
                seen.add(number)
        return count

    @cached_property
    def _by_key(self) -> dict[Key, list[tuple[int, Candidate]]]:
        """The candidates for each mistake, with the place in `names` of the quantity that each would spoil."""
        found: dict[Key, list[tuple[int, Candidate]]] = {}
        for place, name in enumerate(self.names):
            for candidate in candidates(self.exercise, name):
                found.setdefault(candidate.mistake.key, []).append((place, candidate))
        return found

    @cached_property
    def _right(self) -> tuple[Array, ...]:
        return tuple(attempt_of(self.exercise, name).result() for name in self.names)

    @cached_property
    def _scalable(self) -> dict[int, Mistake]:
        """The row of a factor, by the place in `names` of each quantity that may have one."""
        rows = (constant_factor(self.exercise, name) for name in self.names)
        return {place: row for place, row in enumerate(rows) if row is not None}

    def _scaled(self, others: Collection[Signature]) -> Signature | None:
        """The right numbers times the first factor that gives none of the others; the right ones where no factor
        changes them."""
        if all(equal(each, self.truth) for each in self._by_factor()):
            return self.truth
        free = (each for each in self._by_factor() if not any(equal(each, other) for other in others))
        return next(free, None)

    def _by_factor(self) -> Iterator[Signature]:
        """The right numbers times each of the factors that all of the quantities have."""
        ways = {place: scaled(self.exercise, self.names[place], self._right[place]) for place in self._scalable}
        first, *rest = ways.values()
        for factor in first:
            if all(factor in way for way in rest):
                with np.errstate(all="ignore"):
                    wrong = {place: self._seen(way[factor].result()) for place, way in ways.items()}
                yield tuple(wrong.get(place, right) for place, right in enumerate(self.truth))

    def _seen(self, array: Array) -> Array:
        numbers = array if array.dtype == object else array.astype(float)
        return SEEN_BY[self.criterion](numbers)


def allow_runs(exercise: Exercise, found: Iterable[Comparison], times: int, limits: Limits, command: str) -> int:
    """What it costs to run every mistake on so many exercises of one form, where the limits allow it."""
    runs = times * sum(each.runs for each in found)
    work = runs * run_cost(exercise)
    says = f"{command}: {runs:,} runs of the exercise, for all mistakes, count as {work:,} multiply-adds"
    limits.allow("audit_work", work, says)
    return work


@dataclass(frozen=True)
class Form:
    """What holds for every exercise of one form: `numbers` has each mistake with its number in several exercises of
    that form (see `Comparison.numbered`)."""

    numbers: Mapping[Key, tuple[int, ...]]

    @classmethod
    def of_each(cls, exercise: Exercise, compared: Mapping[str, Comparison], tries: int = RANDOM) -> dict[str, Form]:
        """That of each comparison of the exercise, found by trying it with other numbers, the same ones for all."""
        others = [*_with_random_numbers(exercise, tries)]
        return {name: cls._of(each, others) for name, each in compared.items()}

    @classmethod
    def _of(cls, compared: Comparison, others: Iterable[Exercise]) -> Form:
        tried = [other for exercise in others if _finite(other := Comparison(exercise, compared.names))]
        here = compared if compared.criterion == CELLS else Comparison(compared.exercise, compared.names)
        found = [each.numbers for each in (*tried, here)]
        keys = dict.fromkeys(key for numbers in found for key in numbers)
        return cls({key: tuple(numbers.get(key, 0) for numbers in found) for key in keys})

    @property
    def applicable(self) -> frozenset[Key]:
        """The mistakes that can be made: they give other numbers somewhere."""
        return frozenset(key for key, numbers in self.numbers.items() if any(numbers))

    @property
    def representatives(self) -> list[Key]:
        """The mistakes that can be made, one of those that are always the same numbers."""
        found: dict[tuple[int, ...], Key] = {}
        for key in sorted(self.applicable):
            found.setdefault(self.numbers[key], key)
        return list(found.values())


def _with_random_numbers(exercise: Exercise, tries: int) -> Iterator[Exercise]:
    """The same with other numbers; formulas have none."""
    for seed in range(1, tries + 1) if exercise.kind is not SYMBOLIC else ():
        with suppress(CnngradError):
            yield random_numbers(exercise, seed)


def _finite(compared: Comparison) -> bool:
    """Whether the right numbers are numbers: there may be none (a logarithm of a negative one)."""
    with suppress(CnngradError):
        return all(np.all(np.isfinite(floats(part))) for part in compared.truth)
    return False


def random_numbers(exercise: Exercise, seed: int) -> Exercise:
    """The same exercise with random small numbers; a bias that is zero everywhere stays zero."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, array in exercise.arrays().items():
        if kind_of(array) is SYMBOLIC or (name.rpartition(".")[2] in ("b", "h0") and not np.any(array)):
            continue
        found[name] = like(rng.integers(-SMALL, SMALL + 1, array.shape), array)
    # numpy gives half of a single fraction as a fraction, not as an array
    found = {name: np.asarray(array / 2) if exercise.saturates(name) else array for name, array in found.items()}
    return exercise.with_arrays(found)


def with_cell(array: Array, index: tuple[Any, ...], whole: Any) -> Array:
    """The array with a whole number in one of its cells."""
    changed = array.copy()
    changed[index] = like(np.asarray(whole), array)[()]
    return changed


def like(whole: Any, array: Array) -> Array:
    """Whole numbers as numbers of the kind of `array`."""
    if array.dtype != object:
        return np.asarray(whole, dtype=array.dtype)
    cells = np.empty(np.size(whole), dtype=object)
    cells[:] = [EXACT.read(str(int(number))) for number in np.ravel(whole)]
    return cells.reshape(np.shape(whole))
