"""Arrays as grids: which two axes are rows and columns, one grid per plane, long axes elided."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

from cnngrad.exercise.cells import Cell
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import show
from cnngrad.report.blocks import Grid, Sign
from cnngrad.wording import times

WHOLE = 2_000
"""Cells of an array that is printed whole; a larger one loses its middle, and the shape is said."""
EDGE = 4
ELIDED = "..."
Index = tuple[int, ...]


@dataclass(frozen=True)
class Style:
    """How numbers and indices are written."""

    precision: int | None = None
    base: int = 0
    elide: bool = True

    def number(self, value: object) -> str:
        """One number."""
        return show(value, self.precision)

    def name(self, cell: Cell) -> str:
        """One cell's name."""
        return cell.name(self.base)


def plane_axes(letters: str) -> tuple[int | None, int | None]:
    """Which axes are the rows and the columns of a grid: the last two spatial ones.

    One spatial axis takes the channels as rows; a list of numbers is one row.
    """
    spatial = [i for i, letter in enumerate(letters) if letter in "DHWL"]
    if len(spatial) >= 2:
        return spatial[-2], spatial[-1]
    if spatial:
        channels = [i for i, letter in enumerate(letters) if letter in "CI"]
        return (channels[0] if channels else None), spatial[0]
    return None, (max(range(len(letters)), default=None))


def grids_of(
    symbol: str,
    array: Array,
    letters: str,
    style: Style,
    *,
    title: str = "",
    text_of: Callable[[Index], str | None] = lambda _: None,
    sign_of: Callable[[Index], Sign | None] = lambda _: None,
) -> list[Grid]:
    """One grid per plane of `array`, titled `A[:,:,0]`; `text_of` may replace the text of a cell, `sign_of` mark it."""
    row, column = plane_axes(letters)
    others = [axis for axis in range(array.ndim) if axis not in (row, column)]
    elide = style.elide and array.size > WHOLE
    kept = [_kept(size, elide) for size in array.shape]
    rows: list[int | None] = kept[row] if row is not None else [0]
    columns: list[int | None] = kept[column] if column is not None else [0]
    grids: list[Grid] = []
    for place in product(*(kept[axis] for axis in others)):
        if None in place:
            continue
        fixed = dict(zip(others, place, strict=True))
        indices = [[_index(fixed, row, i, column, j, array.ndim) for j in columns] for i in rows]
        grids.append(
            Grid(
                symbol,
                plane_title(title or symbol, fixed, array, style, first=not grids),
                [[_text(index, array, text_of, style) for index in line] for line in indices],
                _labels(rows, style) if row is not None else (),
                _labels(columns, style) if column is not None else (),
                _signs(indices, sign_of),
            )
        )
    return grids


def kept_cells(shape: tuple[int, ...], *, elide: bool) -> int:
    """How many cells of an array of this shape are shown."""
    shorter = elide and math.prod(shape) > WHOLE
    return math.prod(min(size, 2 * EDGE + (size <= 2 * EDGE + 1)) if shorter else size for size in shape)


def _signs(indices: list[list[Index | None]], sign_of: Callable[[Index], Sign | None]) -> dict[tuple[int, int], Sign]:
    places = ((r, c, index) for r, line in enumerate(indices) for c, index in enumerate(line) if index is not None)
    return {(r, c): sign for r, c, index in places if (sign := sign_of(index))}


def _kept(size: int, elide: bool) -> list[int | None]:
    if not elide or size <= 2 * EDGE + 1:
        return list(range(size))
    return [*range(EDGE), None, *range(size - EDGE, size)]


def _labels(places: list[int | None], style: Style) -> list[str]:
    return [ELIDED if place is None else str(place + style.base) for place in places]


def plane_title(name: str, fixed: Mapping[int, int | None], array: Array, style: Style, *, first: bool) -> str:
    """`A[:,:,0] input  4x4x3`: the first says what it is and the shape of the whole, the others are short."""
    if fixed:
        inside = ",".join(str((fixed[i] or 0) + style.base) if i in fixed else ":" for i in range(array.ndim))
        symbol, blank, says = name.partition(" ")
        name = f"{symbol}[{inside}]{blank if first else ''}{says if first else ''}"
    return f"{name}  {times(array.shape)}" if first and array.ndim else name


def _index(
    fixed: Mapping[int, int | None], row: int | None, i: int | None, column: int | None, j: int | None, rank: int
) -> Index | None:
    """The index of the cell at grid place (i, j); nothing where an axis is elided."""
    if i is None or j is None:
        return None
    where = {**fixed, **({row: i} if row is not None else {}), **({column: j} if column is not None else {})}
    return tuple(where[axis] or 0 for axis in range(rank))


def _text(index: Index | None, array: Array, text_of: Callable[[Index], str | None], style: Style) -> str:
    if index is None:
        return ELIDED
    return text_of(index) or style.number(array[index])
