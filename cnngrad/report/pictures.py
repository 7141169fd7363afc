"""Pictures of windows: which cells took part in a number, and which cell won each pooling window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import CellTrace
from cnngrad.numbers.kinds import Array
from cnngrad.report.blocks import Grid, Sign
from cnngrad.report.grids import WHOLE, Index, Style, plane_axes, plane_title

PLANES = 4
"""Planes of one quantity that are drawn."""
DRAWN = 12
"""Rows and columns of a large array that are drawn around the cells that took part."""


def part_pictures(derivation: Derivation[Any], trace: CellTrace, style: Style) -> list[Grid]:
    """A grid for each quantity in the terms of a cell, and one for the cell itself, with the parts marked.

    A grid whose terms reach into the padding is drawn with the padding around it.
    """
    parts: dict[str, set[Index]] = {}
    padding: set[Index] = set()
    for factor in (factor for term in trace.terms for factor in term.factors):
        if factor.padding:
            padding.add(factor.cell.index)
        elif factor.cell.quantity:
            parts.setdefault(factor.cell.quantity, set()).add(factor.cell.index)
    if all(derivation.values[quantity].ndim == 0 for quantity in (trace.cell.quantity, *parts)):
        return []
    padded = _padded_quantity(trace)
    if padding:
        parts.setdefault(padded, set())
    grids = []
    for quantity in sorted(parts, key=[*derivation.values].index):
        grids += _grids(quantity, derivation, parts[quantity], padding if quantity == padded else set(), style)
    return grids + _grids(trace.cell.quantity, derivation, {trace.cell.index}, set(), style)


def _padded_quantity(trace: CellTrace) -> str:
    """The plane that the padding belongs to: what Z is read from, or dZ where the padding is at the output."""
    owner, dot, quantity = trace.cell.quantity.rpartition(".")
    quantities = {factor.cell.quantity for term in trace.terms for factor in term.factors}
    beside = {f.cell.quantity for term in trace.terms if any(g.padding for g in term.factors) for f in term.factors}
    dZ, A = f"{owner}{dot}dZ", f"{owner}{dot}A"
    if quantity == "dW":
        return A if dZ in beside else dZ
    return dZ if dZ in quantities else A


@dataclass(frozen=True)
class _Picture:
    """One plane of an array with its marked cells; `fixed` are the indices of the other axes."""

    array: Array
    row: int | None
    column: int | None
    fixed: dict[int, int]
    parts: set[Index]
    padding: set[Index]

    def places(self, axis: int | None) -> list[int]:
        """The indices of an axis that are drawn, padding included."""
        if axis is None:
            return [0]
        touched = [index[axis] for index in self.parts | self.padding]
        outside = [index[axis] for index in self.padding]
        first, last = min([0, *outside]), max([self.array.shape[axis] - 1, *outside])
        if self.array.size > WHOLE:
            first = max(first, min(touched) - 1)
            last = min(last, max(touched) + 1, first + DRAWN)
        return list(range(first, last + 1))

    def index(self, i: int, j: int) -> Index:
        """The index of the cell at row i and column j."""
        places = {self.row: i, self.column: j}
        return tuple(places[axis] if axis in places else self.fixed[axis] for axis in range(self.array.ndim))

    def cell(self, i: int, j: int, style: Style) -> tuple[str, Sign | None]:
        """The text of a cell, and its sign."""
        index = self.index(i, j)
        if all(0 <= place < size for place, size in zip(index, self.array.shape, strict=True)):
            return style.number(self.array[index]), "part" if index in self.parts else None
        return "0", "pad-part" if index in self.padding else "padding"


def _grids(
    quantity: str, derivation: Derivation[Any], parts: set[Index], padding: set[Index], style: Style
) -> list[Grid]:
    """The planes of a quantity that hold any of the marked cells."""
    array = derivation.values[quantity]
    row, column = plane_axes(derivation.letters(quantity))
    others = [axis for axis in range(array.ndim) if axis not in (row, column)]
    planes = sorted({tuple(index[axis] for axis in others) for index in parts | padding})
    return [
        _drawn(quantity, _Picture(array, row, column, dict(zip(others, place, strict=True)), here, outside), style)
        for place in planes[:PLANES]
        for here, outside in [(_on(place, others, parts), _on(place, others, padding))]
    ]


def _on(place: Index, others: list[int], indices: Iterable[Index]) -> set[Index]:
    """Those of `indices` that lie on the plane `place`."""
    return {index for index in indices if tuple(index[axis] for axis in others) == place}


def _drawn(quantity: str, picture: _Picture, style: Style) -> Grid:
    rows, columns = picture.places(picture.row), picture.places(picture.column)
    drawn = [[picture.cell(i, j, style) for j in columns] for i in rows]
    signs = {(r, c): sign for r, line in enumerate(drawn) for c, (_, sign) in enumerate(line) if sign}
    return Grid(
        quantity,
        plane_title(quantity, picture.fixed, picture.array, style, first=False),
        [[text for text, _ in line] for line in drawn],
        [str(i + style.base) for i in rows] if picture.row is not None else (),
        [str(j + style.base) for j in columns] if picture.column is not None else (),
        signs,
    )
