"""One answer beside the truth: what every step of a verdict looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnngrad.exercise.solution import Solution
from cnngrad.homework.answers import Answer
from cnngrad.homework.compare import right_cells
from cnngrad.homework.diagnose import Lineup
from cnngrad.homework.verdict import Judged
from cnngrad.homework.work import Purse
from cnngrad.numbers.kinds import Array
from cnngrad.windows.windows import Index


@dataclass(frozen=True)
class Case:
    """An answer to the quantity `name`, the true numbers, and the cells that are wrong or open."""

    name: str
    answer: Answer
    truth: Array
    wrong: tuple[Index, ...] = ()
    missing: tuple[Index, ...] = ()

    @classmethod
    def of(cls, name: str, answer: Answer, solution: Solution[Any]) -> Case:
        """The answer compared cell by cell; its shape must be the true one."""
        right = right_cells(answer, name, solution)
        wrong, missing = _indices(~right & ~answer.missing), _indices(answer.missing & ~right)
        return cls(name, answer, solution.quantities[name], wrong, missing)

    def judged(self, verdict: str, **found: Any) -> Judged:
        """The verdict on this answer."""
        return Judged(self.name, verdict, self.answer, self.truth, self.wrong, self.missing, **found)

    def lineup(self, solution: Solution[Any], purse: Purse) -> Lineup:
        """The mistakes that may stand behind the answer, as many as `purse` pays for."""
        return Lineup(solution.exercise, self.name, self.answer, solution.quantities[self.name], purse)


def lifted(answer: Answer, shape: Index) -> Answer:
    """An answer whose shape differs by axes of length 1 alone, in the true shape."""
    short = tuple(size for size in shape if size > 1)
    return answer.reshaped(shape) if tuple(size for size in answer.shape if size > 1) == short else answer


def _indices(marked: Array) -> tuple[Index, ...]:
    return tuple(tuple(map(int, index)) for index in np.argwhere(marked))
