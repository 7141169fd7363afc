"""Which cells a trace shows: every one, or the first few of each quantity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from cnngrad.explain.cells import Cell
from cnngrad.explain.reading import Reading
from cnngrad.explain.terms import CellTrace
from cnngrad.numbers.kinds import Array

FIRST = 2
"""Cells of each quantity in a brief trace."""
LOOKED_AT = 64
"""How many cells are tried for one that is not merely zero times something."""


def full_traces(reading: Reading, results: Mapping[str, Array]) -> Iterator[CellTrace]:
    """Every cell of every quantity that has terms."""
    for quantity in reading.traceable:
        yield from _traces(reading, quantity, results[quantity])


def brief_traces(reading: Reading, results: Mapping[str, Array]) -> Iterator[CellTrace]:
    """The first cells of each quantity, before them those that show something other than zeros."""
    for quantity in reading.traceable:
        tried = list(islice(_traces(reading, quantity, results[quantity]), LOOKED_AT))
        telling = [trace for trace in tried if not all(term.vanishes for term in trace.terms)]
        yield from (telling or tried)[:FIRST]


def _traces(reading: Reading, quantity: str, array: Array) -> Iterator[CellTrace]:
    for index in np.ndindex(array.shape):
        yield reading.trace(Cell(quantity, index))
