"""Every two mistakes, one after the other, with the numbers that they give: those of a small exercise in one matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.exercise.mistake import Candidate, Mistake
from cnngrad.exercise.solution import Solution
from cnngrad.homework.written import Written
from cnngrad.numbers.kinds import Array, floats
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

MOST_PAIRS = 3_000
"""Pairs that are computed for one answer."""
MOST_RERUNS = 300
"""The same where each pair runs a whole tape again."""
Pair = tuple[Mistake, Candidate]
"""A mistake, and a second one in the attempt that it leaves."""


def pairs_of(applicable: Sequence[Candidate]) -> Iterator[Pair]:
    """Every second mistake after every first; those that run a whole tape come last."""
    most = MOST_RERUNS if all(map(_on_tape, applicable)) else MOST_PAIRS
    return islice(_second(applicable), most)


def _second(applicable: Sequence[Candidate]) -> Iterator[Pair]:
    for one in sorted(applicable, key=_on_tape):
        yield from ((one.mistake, other) for other in one.followed_by(applicable))


def _on_tape(candidate: Candidate) -> bool:
    return candidate.attempt.on_tape


@dataclass(frozen=True)
class PairNumbers:
    """The numbers of some pairs in float64; `whole` says whether there are no more.

    `rows` has one row of cells for each result of the right shape, `of` the pair of each row, `largest` the size of
    its largest finite number.
    """

    pairs: tuple[tuple[Mistake, Mistake], ...]
    whole: bool
    rows: NDArray[np.float64]
    of: NDArray[np.intp]
    largest: NDArray[np.float64]

    @classmethod
    def made(cls, applicable: Sequence[Candidate], shape: Index, most: int) -> PairNumbers:
        """Those of the first `most` pairs."""
        pairs: list[tuple[Mistake, Mistake]] = []
        found: list[Array] = []
        of: list[int] = []
        left = pairs_of(applicable)
        for one, other in islice(left, most):
            results = [floats(result).reshape(-1) for result in other.results() if result.shape == shape]
            found += results
            of += [len(pairs)] * len(results)
            pairs.append((one, other.mistake))
        rows = np.array(found, dtype=np.float64).reshape(len(found), prod(shape))
        largest = np.where(np.isfinite(rows), np.abs(rows), 0.0).max(axis=1, initial=0.0)
        return cls(tuple(pairs), next(left, None) is None, rows, np.array(of, dtype=np.intp), largest)

    def fitting(self, answer: Written, count: int) -> Iterator[tuple[Mistake, Mistake]]:
        """Those of the first `count` pairs whose numbers the answer agrees with, as `Written.agrees` has it."""
        open_ = np.maximum(answer.units / 2, answer.prints).reshape(-1)
        near = np.abs(answer.values.reshape(-1) - self.rows) <= open_ + answer.noise * self.largest[:, None]
        fits = (near | answer.missing.reshape(-1)).all(axis=1)
        return (self.pairs[pair] for pair in dict.fromkeys(self.of[fits].tolist()) if pair < count)


def pair_numbers(
    solution: Solution[Any], name: str, decimals: int, applicable: Sequence[Candidate], most: int
) -> PairNumbers:
    """The numbers of the first `most` pairs, or of more; those of all pairs are kept for the next answer."""
    key = ("pairs", name, solution.decimals_told(decimals), len(applicable))
    shape = solution.quantities[name].shape
    return solution.kept.of(
        key,
        lambda: PairNumbers.made(applicable, shape, most),
        lambda made: made.rows.size if made.whole else None,
    )
