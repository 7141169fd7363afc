"""Which terms of a cell are shown, and what is said of the others: their number, their sum, and why they are 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnngrad.exercise.terms import Term
from cnngrad.records import dataclass

SHOWN = 12
"""Terms of one cell in a brief trace; what is left out is said and counted in."""


@dataclass(frozen=True)
class Rest:
    """The terms that are not shown: how many are not 0, with their sum, and how many are; `padding` of these have a
    factor in the padding, and `bias` says whether the bias is among them."""

    alive: int = 0
    total: Any = 0
    zeros: int = 0
    padding: int = 0
    bias: bool = False


def chosen(terms: Sequence[Term], most: int | None) -> tuple[list[Term], Rest]:
    """The terms to show, at most so many of those that are not 0 (all of them for None), and the others."""
    if most is None:
        return list(terms), Rest()
    if not isinstance(terms, tuple | list):
        from cnngrad.exercise.listed import ColumnTerms  # few cells have so many terms

        if isinstance(terms, ColumnTerms):
            return _of_columns(terms, most)
    alive = [term for term in terms if not term.vanishes]
    shown = alive[:most] or ([term for term in terms if not _of_padding(term)] or list(terms))[:SHOWN]
    kept = set(map(id, shown))
    zeros = [term for term in terms if term.vanishes and id(term) not in kept]
    bias = any(len(term.factors) == 1 and _is_bias(term.factors[0].cell.quantity) for term in zeros)
    total = sum(term.product for term in alive[most:])
    return shown, Rest(len(alive[most:]), total, len(zeros), sum(map(_of_padding, zeros)), bias)


def _of_columns(terms: Any, most: int) -> tuple[list[Term], Rest]:
    """The same, but only the terms that are shown become objects."""
    alive, padding = ~terms.vanishing, terms.of_padding
    living = np.flatnonzero(alive)
    places = living[:most]
    if not len(places):
        outside = np.flatnonzero(~padding)
        places = (outside if len(outside) else np.arange(len(terms)))[:SHOWN]
    left = ~alive
    left[places] = False
    added = terms.products[living[most:]]
    # Added up one by one from the left, as Python's sum did before 3.12: its digits are those that are printed.
    total = np.add.accumulate(added)[-1] if len(added) else 0
    return [terms[int(place)] for place in places], Rest(
        len(added), total, int(left.sum()), int((left & padding).sum()), _bias_in(terms, left)
    )


def _bias_in(terms: Any, left: Any) -> bool:
    start = 0
    for part in terms.columns.parts:
        end = start + int(part.ends[-1])
        if len(part.columns) == 1 and _is_bias(part.columns[0].factors.quantity) and left[start:end].any():
            return True
        start = end
    return False


def _is_bias(quantity: str) -> bool:
    return quantity.rpartition(".")[2] == "b"


def _of_padding(term: Term) -> bool:
    return any(factor.padding for factor in term.factors)
