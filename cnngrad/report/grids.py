"""Arrays as grids, one per plane; and pictures of windows, with marks on the cells that took part in a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import CellTrace
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.report.blocks import Grid, Sign
from cnngrad.report.marked import DRAWN, PLANES, Marked, marked
from cnngrad.report.planes import WHOLE, Drawn, Plane, Style, kept_places, more_planes, plane_axes, planes_of
from cnngrad.windows.windows import Index
from cnngrad.wording import times

MANY = 8
"""Planes of a small array that are drawn each by itself; more of them are the rows of one grid."""


def grids_of(
    symbol: str,
    array: Array,
    letters: str,
    style: Style,
    *,
    title: str = "",
    only: str = "",
    at: Index | None = None,
    text_of: Callable[[Index], str | None] = lambda _: None,
    sign_of: Callable[[Index], Sign | None] = lambda _: None,
) -> list[Grid]:
    """One grid per plane of `array`, titled `A[:,:,0]`; of a large array the first alone, or that of the cell `at`;
    of a small one with many planes a row for each.

    `text_of` may replace the text of a cell, `sign_of` mark it. `only` is the name that shows all planes.
    """
    planes = planes_of(array, letters, style, at)
    kept = [kept_places(size, style.elide and array.size > WHOLE) for size in array.shape]
    rows, columns = (kept[axis] if axis is not None else [0] for axis in plane_axes(letters))

    def drawn(index: Index) -> Drawn:
        return text_of(index) or style.number(array[index]), sign_of(index)

    if len(planes) > MANY and style.elide and style.first:
        return [_planes_in_rows(symbol, title or symbol, planes, style, drawn)]
    titles = (plane.title(title or symbol, style, first=not n) for n, plane in enumerate(planes))
    grids = [plane.grid(symbol, says, rows, columns, style, drawn) for plane, says in zip(planes, titles, strict=True)]
    return [*grids[:-1], *(replace(last, note=more_planes(array, planes, style, only)) for last in grids[-1:])]


def _planes_in_rows(
    symbol: str, title: str, planes: Sequence[Plane], style: Style, cell: Callable[[Index], Drawn]
) -> Grid:
    """A row for each plane; columns are the places in it."""
    array, own = planes[0].array, [axis for axis in (planes[0].row, planes[0].column) if axis is not None]
    shape = tuple(array.shape[axis] for axis in own)
    places = [(0,) * (2 - len(own)) + index for index in np.ndindex(shape)]
    drawn = [[cell(plane.index(i, j)) for i, j in places] for plane in planes]
    return Grid(
        symbol,
        f"{title}  {len(planes)} planes of {times(array.shape)}, each {times(shape)} and in a row",
        [[text for text, _ in row] for row in drawn],
        [plane.name(symbol, style) for plane in planes],
        [",".join(str(place + style.base) for place in index) for index in np.ndindex(shape)],
        {(r, c): sign for r, row in enumerate(drawn) for c, (_, sign) in enumerate(row) if sign},
    )


# --- which cells took part


def part_pictures(derivation: Derivation[Any], trace: CellTrace, style: Style) -> list[Grid]:
    """A grid for each quantity in the terms of a cell, and one for the cell itself, with the parts marked.

    A grid whose terms reach into the padding is drawn with the padding around it.
    """
    found = marked(derivation, trace)
    parts, padding = found.parts, found.padding
    if all(derivation.explained[quantity].ndim == 0 for quantity in (trace.cell.quantity, *parts)):
        return []
    padded = _padded_quantity(trace, found)
    if padding:
        parts.setdefault(padded, set())
    grids = []
    for quantity in sorted(parts, key=[*derivation.explained].index):
        grids += _grids(quantity, derivation, parts[quantity], padding if quantity == padded else set(), style)
    own = _grids(trace.cell.quantity, derivation, {trace.cell.index}, set(), style)
    return grids if trace.cell.quantity in parts else grids + own


def _padded_quantity(trace: CellTrace, found: Marked) -> str:
    """The plane that the padding belongs to: what Z is read from, or dZ where the padding is at the output."""
    owner, dot, quantity = trace.cell.quantity.rpartition(".")
    dZ, A = f"{owner}{dot}dZ", f"{owner}{dot}A"
    if quantity == "dW":
        return A if dZ in found.beside_padding else dZ
    return dZ if dZ in found.parts else A


@dataclass(frozen=True)
class _Picture:
    """One plane of an array with its marked cells."""

    plane: Plane
    parts: set[Index]
    padding: set[Index]

    def places(self, axis: int | None) -> list[int]:
        """The indices of an axis that are drawn, padding included."""
        if axis is None:
            return [0]
        touched = [index[axis] for index in self.parts | self.padding]
        outside = [index[axis] for index in self.padding]
        array = self.plane.array
        first, last = min([0, *outside]), max([array.shape[axis] - 1, *outside])
        if array.size > WHOLE:
            first = max(first, min(touched) - 1)
            last = min(last, max(touched) + 1, first + DRAWN)
        return list(range(first, last + 1))

    def cell(self, index: Index, style: Style) -> Drawn:
        array = self.plane.array
        if all(0 <= place < size for place, size in zip(index, array.shape, strict=True)):
            return style.number(array[index]), "part" if index in self.parts else None
        return "0", "pad-part" if index in self.padding else "padding"

    def grid(self, quantity: str, style: Style) -> Grid:
        rows, columns = self.places(self.plane.row), self.places(self.plane.column)
        title = self.plane.name(quantity, style)
        return self.plane.grid(quantity, title, rows, columns, style, lambda index: self.cell(index, style))


def _grids(
    quantity: str, derivation: Derivation[Any], parts: set[Index], padding: set[Index], style: Style
) -> list[Grid]:
    """The planes of a quantity that hold any of the marked cells."""
    array, letters = derivation.explained[quantity], derivation.letters(quantity)
    planes = {plane.place: plane for plane in (Plane.through(array, letters, cell) for cell in parts | padding)}
    shown = [planes[place] for place in sorted(planes)[:PLANES]]
    pictures = (_Picture(each, set(filter(each.holds, parts)), set(filter(each.holds, padding))) for each in shown)
    return [picture.grid(quantity, style) for picture in pictures]
