"""An answer of another shape: refused, with what its numbers are if they are known."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from cnngrad.exercise.solution import Solution
from cnngrad.homework.case import Case
from cnngrad.homework.compare import right_cells
from cnngrad.homework.verdict import Judged
from cnngrad.homework.work import Purse
from cnngrad.wording import shaped


def misshapen(case: Case, solution: Solution[Any], purse: Purse) -> Judged:
    """The refusal: both shapes, and whether the numbers are right in another order, or those of a known mistake."""
    says = f"{shaped(case.answer.shape)}, but {case.name} {shaped(case.truth.shape)}"
    if hint := _hint(case, solution):
        return case.judged("refused", message=f"{says}: {hint}")
    found = case.lineup(solution, purse).diagnosis(pairs=False)
    if found.mistakes:
        return case.judged("refused", message=f"{says}: {found.mistakes[0].says}", mistakes=found.mistakes)
    return case.judged("refused", message=says)


def _hint(case: Case, solution: Solution[Any]) -> str:
    """Whether the right numbers are there, with their axes in another order or in another shape."""
    answer, shape = case.answer, case.truth.shape
    for axes in permutations(range(len(answer.shape))):
        moved = answer.moved(axes)
        if moved.shape == shape and right_cells(moved, case.name, solution).all():
            order = "transposed" if len(axes) == 2 else f"with its axes in the order {_order(axes)}"
            return f"it is {order}, and the numbers are right"
    if answer.cells.size == case.truth.size and right_cells(answer.reshaped(shape), case.name, solution).all():
        return "the numbers are right, in another shape"
    return "it looks transposed" if len(shape) == 2 and answer.shape[::-1] == shape else ""


def _order(axes: tuple[int, ...]) -> str:
    return ",".join(str(axes.index(axis)) for axis in range(len(axes)))
