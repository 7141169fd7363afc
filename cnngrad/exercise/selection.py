"""Which cells a trace shows: every one, or the first few of each quantity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.numbers.kinds import Array

FIRST = 2
"""Cells of each quantity in a brief trace."""
TRIED = 64
"""How many cells are tried for one that is not merely zero times something."""
READABLE = 10_000
"""Terms of one cell that a brief trace still lists."""


def full_traces(
    derivation: Derivation[Any], results: Mapping[str, Array], quantities: Iterable[str]
) -> Iterator[CellTrace]:
    """Every cell of those of these quantities that have terms."""
    for name in quantities:
        if name in derivation.traceable:
            yield from _traces(derivation, name, results[name])


def refuse_terms(derivation: Derivation[Any], quantities: Iterable[str], limit: int) -> None:
    """Refuse a full trace of more than `limit` terms before one of them is made."""
    needed = sum(derivation.all_terms(name) for name in quantities if name in derivation.traceable)
    if needed > limit:
        raise CnngradError(
            f"--trace full: more than {limit:,} terms; write them with -o FILE, take --trace brief, "
            f"or raise the limit with --limit terms={needed}"
        )


def brief_traces(
    derivation: Derivation[Any], results: Mapping[str, Array], quantities: Iterable[str]
) -> Iterator[CellTrace]:
    """The first cells of each quantity that show something other than zeros, or else the first."""
    for quantity in (name for name in quantities if name in derivation.traceable):
        terms = derivation.most_terms(quantity)
        if terms > READABLE:
            continue
        count = max(FIRST, min(TRIED, READABLE // max(terms, 1)))
        tried = list(islice(_traces(derivation, quantity, results[quantity]), count))
        telling = [trace for trace in tried if not all(term.vanishes for term in trace.terms)]
        yield from (telling or tried)[:FIRST]


def _traces(derivation: Derivation[Any], quantity: str, array: Array) -> Iterator[CellTrace]:
    for index in np.ndindex(array.shape):
        yield derivation.trace(Cell(quantity, index))
