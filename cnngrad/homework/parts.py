"""One filter, channel or image of an answer: what is wrong there alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnngrad.exercise.layer import SPATIAL
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.solution import Solution
from cnngrad.homework.compare import Case
from cnngrad.homework.luck import telling
from cnngrad.homework.written import Written
from cnngrad.numbers.kinds import Array, floats
from cnngrad.records import dataclass

WORDS = {"N": "example", "C": "channel", "O": "filter", "I": "input channel", "U": "neuron"}
"""What one place along an axis is called, by the axis' letter."""


@dataclass(frozen=True)
class Part:
    """The cells of a quantity at one place of one axis."""

    axis: int
    place: int
    word: str

    def of(self, array: Array) -> Array:
        return np.asarray(np.take(array, self.place, self.axis))

    def named(self, mistake: Mistake, name: str, base: int) -> Mistake:
        """The mistake, made in this part alone."""
        symbol = name.rpartition(".")[2].removeprefix("d")
        index = ",".join([":"] * self.axis + [str(self.place + base)])
        says = f"in {self.word} {self.place + base} alone: {mistake.says}"
        return replace(mistake, where=f"{symbol}[{index}]", says=says)


Found = tuple[Mistake, list[Array]]
"""A mistake, and its wrong numbers."""


def wrong_part(case: Case, solution: Solution[Any], found: Iterable[Found]) -> tuple[Mistake, ...]:
    """The mistakes that give one part of the answer while all other parts are right."""
    rows, shape = list(found), case.truth.shape
    letters = solution.exercise.axis_letters(case.name)
    tried = sum(shape[axis] for axis, _ in _named_axes(letters)) * sum(len(results) for _, results in rows)
    if not telling(case.answer, case.truth, tried):
        return ()
    named = [
        part.named(mistake, case.name, solution.base)
        for part in _parts(case, letters)
        for mistake, results in rows
        if any(_fits(case, part, result) for result in results)
    ]
    return tuple({mistake.name: mistake for mistake in reversed(named)}.values())[::-1]


def _parts(case: Case, letters: str) -> Iterator[Part]:
    """The parts that hold every wrong cell."""
    for axis, word in _named_axes(letters):
        place = case.wrong[0][axis]
        if case.truth.shape[axis] > 1 and all(index[axis] == place for index in case.wrong):
            yield Part(axis, place, word)


def _named_axes(letters: str) -> list[tuple[int, str]]:
    words = WORDS | ({"N": "image"} if SPATIAL & {*letters} else {})
    return [(axis, words[letter]) for axis, letter in enumerate(letters) if letter in words]


def _fits(case: Case, part: Part, result: Array) -> bool:
    """Whether the part has these numbers; zeros alone are not taken for small numbers that were rounded."""
    answer = case.answer
    if result.shape != case.truth.shape:
        return False
    if isinstance(answer, Written) and not part.of(answer.values).any():
        return not part.of(floats(result)).any()
    return bool(part.of(answer.agrees(result)).all())
