"""Every mistake against one exercise: what shows, what does not, and what cannot be told apart.

A panel is what one looks at together: each quantity of a layer by itself, all gradients of a graph or a
recurrent network, because there one mistake spoils them all. A mistake applies where it gives other
numbers on some exercise of the same form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.mistake import Candidate, Mistake, attempt_of, candidates, same
from cnngrad.homework.vary import random_numbers
from cnngrad.homework.work import Purse, price
from cnngrad.numbers.kinds import SYMBOLIC, Array, floats

GENERIC = 3
"""Exercises of the same form that decide what applies, and which mistakes are always one number."""
Signature = tuple[Array, ...]
Key = tuple[str, str]
"""A mistake on a panel, `Mistake.key`."""
View = Callable[[Array], Array]

VIEWS: dict[str, View] = {
    "cells": lambda array: array,
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
class Panel:
    """Some quantities of an exercise, seen through a criterion."""

    exercise: Exercise
    names: tuple[str, ...]
    criterion: str = "cells"

    @cached_property
    def truth(self) -> Signature:
        """The right numbers, as the criterion sees them."""
        with np.errstate(all="ignore"):
            return tuple(self._seen(attempt_of(self.exercise, name).result()) for name in self.names)

    @cached_property
    def mistakes(self) -> dict[Key, Mistake]:
        """Every known mistake about these quantities."""
        return {key: each[0][1].mistake for key, each in self._by_key.items()}

    @property
    def suspected(self) -> int:
        """How many runs all mistakes about all these quantities take."""
        return sum(map(len, self._by_key.values()))

    def signatures(self, keys: Iterable[Key] | None = None) -> dict[Key, Signature]:
        """The numbers of every mistake (or of some), as the criterion sees them; the truth where it changes nothing."""
        wanted = None if keys is None else set(keys)
        chosen = {key: each for key, each in self._by_key.items() if wanted is None or key in wanted}
        return {key: self._signature(each) for key, each in chosen.items()}

    def collisions(self, keys: Iterable[Key], *, among: bool, most: float, purse: Purse | None = None) -> int:
        """How many of the mistakes give the right numbers, or (`among`) those of another; counted up to `most`.

        `purse` pays for every run of a mistake: one for each quantity that it may spoil.
        """
        each = 0 if purse is None else price(self.exercise)
        count, seen = 0, [self.truth]
        for key in keys:
            runs = self._by_key.get(key, [])
            if purse is not None:
                purse.left -= each * len(runs)
            signature = self._signature(runs)
            if any(equal(signature, other) for other in seen):
                count += 1
                if count > most:
                    break
            elif among:
                seen.append(signature)
        return count

    def _signature(self, found: list[tuple[int, Candidate]]) -> Signature:
        signature = list(self.truth)
        with np.errstate(all="ignore"):
            for place, candidate in found:
                result = candidate.usual()
                if result is not None:
                    signature[place] = self._seen(result)
        return tuple(signature)

    def invisible(self, keys: Iterable[Key]) -> list[Key]:
        """Those of the mistakes that give the right numbers."""
        return [key for key, signature in self.signatures(keys).items() if equal(signature, self.truth)]

    @cached_property
    def _by_key(self) -> dict[Key, list[tuple[int, Candidate]]]:
        """Who is suspected of each mistake, with the quantity that it would spoil."""
        found: dict[Key, list[tuple[int, Candidate]]] = {}
        for place, name in enumerate(self.names):
            for candidate in candidates(self.exercise, name):
                found.setdefault(candidate.mistake.key, []).append((place, candidate))
        return found

    def _seen(self, array: Array) -> Array:
        numbers = array if array.dtype == object else array.astype(float)
        return VIEWS[self.criterion](numbers)


def equal(one: Signature, other: Signature) -> bool:
    """Whether two mistakes (or a mistake and the truth) are the same numbers."""
    return all(map(same, one, other))


def groups(signatures: dict[Key, Signature]) -> list[list[Key]]:
    """The mistakes that are the same numbers, two at least in each group."""
    found: list[tuple[Signature, list[Key]]] = []
    for key, signature in signatures.items():
        home = next((keys for other, keys in found if equal(signature, other)), None)
        if home is None:
            found.append((signature, [key]))
        else:
            home.append(key)
    return [keys for _, keys in found if len(keys) > 1]


@dataclass(frozen=True)
class Form:
    """What holds for every exercise of one form: which mistakes apply, and which are always one number."""

    applicable: frozenset[Key]
    twins: frozenset[frozenset[Key]]

    @classmethod
    def of(cls, panel: Panel, tries: int = GENERIC) -> Form:
        """Found by trying the form with other numbers."""
        shown: set[Key] = set()
        apart: set[frozenset[Key]] = set()
        keys: set[Key] = set()
        for other in (*_generic(panel, tries), Panel(panel.exercise, panel.names)):
            signatures = other.signatures()
            keys |= set(signatures)
            shown |= {key for key, signature in signatures.items() if not equal(signature, other.truth)}
            together = {frozenset(pair) for group in groups(signatures) for pair in _pairs(group)}
            apart |= {frozenset(pair) for pair in _pairs(sorted(signatures))} - together
        applicable = frozenset(shown)
        twins = {frozenset(pair) for pair in _pairs(sorted(applicable))} - apart
        return cls(applicable, frozenset(twins))

    def representatives(self, keys: Iterable[Key]) -> list[Key]:
        """The mistakes with one of each set of twins."""
        kept: list[Key] = []
        for key in keys:
            if not any(frozenset((key, other)) in self.twins for other in kept):
                kept.append(key)
        return kept


def _generic(panel: Panel, tries: int) -> list[Panel]:
    """The panel with other numbers; none where other numbers have no value (a logarithm of a negative one)."""
    found: list[Panel] = []
    if panel.exercise.kind is SYMBOLIC:
        return found
    for seed in range(1, tries + 1):
        try:
            other = Panel(random_numbers(panel.exercise, seed), panel.names)
            _ = other.truth
            if all(np.all(np.isfinite(floats(part))) for part in other.truth):
                found.append(other)
        except CnngradError:
            continue
    return found


def _pairs(keys: Sequence[Key]) -> list[tuple[Key, Key]]:
    return [(one, other) for i, one in enumerate(keys) for other in keys[i + 1 :]]
