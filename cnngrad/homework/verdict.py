"""What a check finds: one verdict per answer, with the mistakes and slips that explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from cnngrad.calculus.laws import Law
from cnngrad.errors import Problem
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.solution import Solution
from cnngrad.homework.slips import Slip
from cnngrad.homework.written import Answer
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

POINTS = {
    "right": 1.0,
    "unclear": 0.5,
    "rounded": 0.5,
    "carried": 1.0,
    "missing": 0.0,
    "wrong": 0.0,
    "refused": 0.0,
}
"""What an answer is worth: an error that is carried over costs once, where it was made."""
VERDICTS = tuple(POINTS)
"""From the best to the worst."""
MARKS = dict(zip(VERDICTS, "✓~≈→○✗!", strict=True))
"""What stands before each verdict, as a colour is never its only sign."""


@dataclass(frozen=True)
class Tried:
    """How many mistakes were computed: single ones and pairs that give other numbers than the truth, and how many
    known ones do not apply to the exercise."""

    singles: int = 0
    pairs: int = 0
    inapplicable: int = 0


@dataclass(frozen=True)
class Judged:
    """The verdict on one answer. `message` says more in a sentence; `given` names the student's own earlier answers
    that the later ones follow from; `decimals` is how many an unclear answer needs; `law` is the first law that
    the numbers break. `truth` has the shape of the quantity in the user's layout, and is missing where the exercise has
    no quantity of this name."""

    name: str
    verdict: str
    answer: Answer | None = None
    truth: Array | None = None
    wrong: tuple[Index, ...] = ()
    missing: tuple[Index, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    pairs: tuple[tuple[Mistake, Mistake], ...] = ()
    slips: tuple[Slip, ...] = ()
    given: tuple[str, ...] = ()
    law: Law | None = None
    decimals: int | None = None
    message: str = ""
    choice: str = ""
    """the letter that was chosen, where there is something to choose from"""
    tried: Tried = field(default_factory=Tried)
    nearest: tuple[Mistake, int] | None = None
    """a mistake that gives most of the cells, and how many"""

    @property
    def cells(self) -> int:
        return 0 if self.truth is None else self.truth.size

    @property
    def cells_right(self) -> int:
        if self.verdict in ("refused", "missing"):
            return 0
        return self.cells - len(self.wrong) - len(self.missing)

    @property
    def explained(self) -> bool:
        """Whether anything explains all of a wrong answer."""
        slipped = {slip.cell for slip in self.slips}
        misread = any(slip.id == "cell-misread" for slip in self.slips)
        return bool(self.mistakes or self.pairs or misread or (slipped and len(slipped) == len(self.wrong)))


@dataclass(frozen=True)
class Verdict:
    """The verdicts on all answers to an exercise, those that are asked for first; `source` is where the answers are.

    `asked` names what counts: what is asked for or, where nothing says so, what was answered (`explicit` is False
    then). `problems` say why no answer could be read.
    """

    solution: Solution[Any]
    answers: Mapping[str, Judged]
    source: str = ""
    asked: tuple[str, ...] = ()
    explicit: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def verdict(self) -> str:
        """The worst one of what is asked for, and of names that are none."""
        found = [judged.verdict for name, judged in self.answers.items() if self.is_asked(name) or judged.truth is None]
        return "refused" if self.problems else max(found, key=VERDICTS.index, default="right")

    @property
    def passed(self) -> bool:
        return self.verdict == "right"

    @property
    def points(self) -> float:
        """Of one for each quantity that is asked for."""
        return sum(POINTS[self.answers[name].verdict] for name in self.asked)

    def is_asked(self, name: str) -> bool:
        """Whether this quantity counts."""
        return name in self.asked
