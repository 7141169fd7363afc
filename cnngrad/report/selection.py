"""Which cells a trace shows: every one, or the first few of each quantity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.explain.cells import Cell
from cnngrad.explain.reading import Reading
from cnngrad.explain.terms import CellTrace
from cnngrad.numbers.kinds import Array

FIRST = 2
"""Cells of each quantity in a brief trace."""
TRIED = 64
"""How many cells are tried for one that is not merely zero times something."""
READABLE = 10_000
"""Terms of one cell that a brief trace still lists."""


def full_traces(reading: Reading[Any], results: Mapping[str, Array], limit: int) -> Iterator[CellTrace]:
    """Every cell of every quantity that has terms; more than `limit` terms are refused on the way."""
    terms = 0
    for quantity in reading.traceable:
        for trace in _traces(reading, quantity, results[quantity]):
            terms += len(trace.terms)
            if terms > limit:
                raise CnngradError(
                    f"--trace full: more than {limit:,} terms; write them with -o FILE, take --trace brief, "
                    f"or raise the limit with --limit terms={10 * limit}"
                )
            yield trace


def brief_traces(reading: Reading[Any], results: Mapping[str, Array]) -> Iterator[CellTrace]:
    """The first cells of each quantity that show something other than zeros, or else the first."""
    for quantity in reading.first:
        terms = reading.most_terms(quantity)
        if terms > READABLE:
            continue
        count = max(FIRST, min(TRIED, READABLE // max(terms, 1)))
        tried = list(islice(_traces(reading, quantity, results[quantity]), count))
        telling = [trace for trace in tried if not all(term.vanishes for term in trace.terms)]
        yield from (telling or tried)[:FIRST]


def _traces(reading: Reading[Any], quantity: str, array: Array) -> Iterator[CellTrace]:
    for index in np.ndindex(array.shape):
        yield reading.trace(Cell(quantity, index))
