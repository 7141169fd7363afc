"""How easily an answer of no recipe is explained: what was tried, against the digits that were written.

Two digits meet one of fifty sentences about a cell by luck. So an explanation counts only where the answer says more
than the explanations that were tried for it.
"""

from __future__ import annotations

from math import comb, exp, log

import numpy as np

from cnngrad.homework.written import NOISE, Answer, Written, figures
from cnngrad.numbers.kinds import Array, floats

MOST = 1 / 200
"""Explanations of one kind that an answer of no recipe may be expected to meet."""
REACH = 2.0
"""Answers of no recipe lie between plus and minus this many times the largest true value."""
SHORT = 4
"""Significant digits of a single number from which on more than single mistakes are tried."""


def short(answer: Answer) -> bool:
    """Whether the answer is a single number of so few digits that nearly anything explains it."""
    if not isinstance(answer, Written) or answer.cells.size != 1:
        return False
    (cell,) = answer.cells.flat
    return cell is not None and cell.unit > 0 and figures(cell.text) < SHORT


def telling(answer: Answer, truth: Array, tried: float, cells: Array | None = None) -> bool:
    """Whether an explanation that was found says something: an answer of no recipe would hardly meet any of so many
    that were `tried`. They say what is in `cells` (those that are written, by default)."""
    return tried == 0 or log(tried) + _log_chance(answer, truth, cells) <= log(MOST)


def ways(size: int, tried: list[int]) -> float:
    """In how many ways slips explain an answer of `size` cells, so many of them tried in each of the wrong ones."""
    return comb(size, len(tried)) * exp(sum(log(max(count, 1)) for count in tried))


def _log_chance(answer: Answer, truth: Array, cells: Array | None) -> float:
    """The logarithm of the chance to write these cells without a recipe: each is one of as many numbers as its
    decimals leave between the ends."""
    if not isinstance(answer, Written):
        return -np.inf
    numbers = np.abs(floats(truth))
    width = 2 * REACH * float(numbers[np.isfinite(numbers)].max(initial=0.0))
    told = ~answer.missing if cells is None else cells & ~answer.missing
    units = np.maximum(answer.units, NOISE * width)[told]
    return -float(np.log1p(width / np.where(units > 0, units, 1.0)).sum())
