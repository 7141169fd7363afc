"""What a check finds: one verdict per answer, with the mistakes and slips that explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnngrad.calculus.laws import Law
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.solution import Solution
from cnngrad.homework.slips import Slip
from cnngrad.homework.written import Answer
from cnngrad.numbers.kinds import Array
from cnngrad.windows.windows import Index

VERDICTS = ("right", "unclear", "rounded", "carried", "wrong", "refused")
"""From the best to the worst."""


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
    the numbers break. `truth` has the shape of the quantity in the user's layout."""

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
    tried: Tried = field(default_factory=Tried)
    nearest: tuple[Mistake, int] | None = None
    """a mistake that gives most of the cells, and how many"""

    @property
    def cells(self) -> int:
        return 0 if self.truth is None else self.truth.size

    @property
    def cells_right(self) -> int:
        if self.verdict == "refused":
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
    """The verdicts on all answers to an exercise; `source` is where the answers are."""

    solution: Solution[Any]
    answers: Mapping[str, Judged]
    source: str = ""

    @property
    def verdict(self) -> str:
        """The worst one."""
        return max((judged.verdict for judged in self.answers.values()), key=VERDICTS.index)

    @property
    def passed(self) -> bool:
        return self.verdict == "right"
