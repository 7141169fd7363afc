"""Which cells took part in a number, and which places of the padding: what its pictures are drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnngrad.exercise.terms import CellTrace, Term
from cnngrad.records import dataclass
from cnngrad.report.planes import WHOLE, plane_axes
from cnngrad.windows.axis import Integers
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.exercise.columns import Column
    from cnngrad.exercise.derivation import Derivation
    from cnngrad.exercise.listed import ColumnTerms

PLANES = 4
"""Planes of one quantity that are drawn."""
DRAWN = 12
"""Rows and columns of a large array that are drawn around the cells that took part."""


@dataclass(frozen=True)
class Marked:
    """The cells of each quantity, the places of the padding, and the quantities in terms that reach it."""

    parts: dict[str, set[Index]]
    padding: set[Index]
    beside_padding: set[str]


def marked(derivation: Derivation[Any], trace: CellTrace) -> Marked:
    """Those in the terms of a cell; of very many, those that a picture can show."""
    if not isinstance(trace.terms, tuple):
        return _of_columns(derivation, trace.terms)
    parts: dict[str, set[Index]] = {}
    padding: set[Index] = set()
    for factor in (factor for term in trace.terms for factor in term.factors):
        if factor.padding:
            padding.add(factor.cell.index)
        elif factor.cell.quantity:
            parts.setdefault(factor.cell.quantity, set()).add(factor.cell.index)
    padded = [term for term in trace.terms if any(factor.padding for factor in term.factors)]
    return Marked(parts, padding, _quantities(padded))


def _quantities(terms: Iterable[Term]) -> set[str]:
    return {factor.cell.quantity for term in terms for factor in term.factors}


def _of_columns(derivation: Derivation[Any], terms: ColumnTerms) -> Marked:
    found = Marked({}, set(), set())
    for part in terms.columns.parts:
        padded = np.zeros(int(part.ends[-1]), dtype=bool)
        for column in part.columns:
            padded |= column.numbers < 0
        for column in part.columns:
            quantity = column.factors.quantity
            if padded.any() and (column.numbers[padded] >= 0).any():
                found.beside_padding.add(quantity)
            letters = derivation.letters(quantity)
            if len(inside := column.numbers[column.numbers >= 0]):
                cells = _cells(inside, column.factors.array.shape, (0,) * column.factors.array.ndim)
                found.parts.setdefault(quantity, set()).update(_drawn(cells, column, letters))
            if len(outside := -1 - column.numbers[column.numbers < 0]):
                box = column.factors.outside
                found.padding.update(_drawn(_cells(outside, box.shape, box.first), column, letters))
    return found


def _cells(numbers: Integers, shape: Index, first: Index) -> list[Integers]:
    """The index of each of these, once: an array for each axis."""
    if not shape:
        return []
    seen = np.zeros(prod(shape), dtype=bool)  # to sort them takes longer than all the rest
    seen[numbers] = True
    axes = np.unravel_index(np.flatnonzero(seen), shape)
    return [places + start for places, start in zip(axes, first, strict=True)]


def _drawn(index: list[Integers], column: Column, letters: str) -> Iterable[Index]:
    """Of the cells in a large array those of the planes that are drawn: what is near the first of each, and one at
    each end, from which the picture takes its size."""
    if column.factors.array.size > WHOLE:
        own = [axis for axis in plane_axes(letters) if axis is not None]
        kept = np.concatenate([_near(cells, [index[axis] for axis in own]) for cells in _planes(index, own)])
        index = [places[kept] for places in index]
    return zip(*(places.tolist() for places in index), strict=True) if index else [()]


def _planes(index: list[Integers], own: list[int]) -> list[Integers]:
    """Which of the cells are in each of the first planes; `own` are the axes of a plane."""
    planes = np.zeros(len(index[0]), dtype=np.int64)
    for places in (places for axis, places in enumerate(index) if axis not in own):
        planes = planes * (int(np.ptp(places)) + 1) + places - places.min()
    found, last = list[Integers](), np.iinfo(np.int64).max
    while len(found) < PLANES and (first := planes.min()) < last:
        found.append(np.flatnonzero(planes == first))
        planes[found[-1]] = last
    return found


def _near(cells: Integers, along: list[Integers]) -> Integers:
    """Those of the cells of a plane that its picture shows or takes its size from."""
    places = [each[cells] for each in along]
    near = np.logical_and.reduce([each <= each.min() + DRAWN for each in places])
    ends = [int(find(each)) for each in places for find in (np.argmin, np.argmax)]
    return cells[np.union1d(np.flatnonzero(near), ends)]
