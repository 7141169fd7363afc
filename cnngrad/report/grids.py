"""Arrays as grids: which two axes are rows and columns, one grid per plane, long axes elided; and pictures of windows,
where grids have marks on the cells that took part in a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from cnngrad.errors import option
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import Cell, CellTrace, Term
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import show
from cnngrad.report.blocks import Grid, Sign
from cnngrad.windows.windows import Index
from cnngrad.wording import times

WHOLE = 2_000
"""Cells of an array that is printed whole; a larger one loses its middle, and the shape is said."""
EDGE = 4
ELIDED = "..."
PLANES = 4
"""Planes of one quantity that are drawn."""
DRAWN = 12
"""Rows and columns of a large array that are drawn around the cells that took part."""


@dataclass(frozen=True)
class Style:
    """How numbers and indices are written."""

    precision: int | None = None
    base: int = 0
    elide: bool = True

    def number(self, value: object) -> str:
        return show(value, self.precision)

    def name(self, cell: Cell) -> str:
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


@dataclass(frozen=True)
class Plane:
    """A plane of an array: `row` and `column` are its axes (None where there is a single line), `fixed` has the index
    along every other axis."""

    array: Array
    row: int | None
    column: int | None
    fixed: dict[int, int]

    @classmethod
    def through(cls, array: Array, letters: str, index: Index) -> Plane:
        """The plane of `array` that holds this cell; its axes are called by `letters`."""
        own = plane_axes(letters)
        return cls(array, *own, {axis: place for axis, place in enumerate(index) if axis not in own})

    @property
    def place(self) -> Index:
        """What tells it from the other planes of the array."""
        return tuple(self.fixed.values())

    def holds(self, index: Index) -> bool:
        """Whether a cell is on this plane."""
        return all(index[axis] == place for axis, place in self.fixed.items())

    def index(self, i: int, j: int) -> Index:
        """The index of the cell at row i and column j."""
        axes = range(self.array.ndim)
        return tuple(i if axis == self.row else j if axis == self.column else self.fixed[axis] for axis in axes)

    def title(self, name: str, style: Style, *, first: bool) -> str:
        """`A[:,:,0] input  4x4x3`: the first says what it is and the shape of the whole, the others are short."""
        rank = self.array.ndim
        if self.fixed:
            inside = ",".join(str(self.fixed[i] + style.base) if i in self.fixed else ":" for i in range(rank))
            symbol, blank, says = name.partition(" ")
            name = f"{symbol}[{inside}]{blank if first else ''}{says if first else ''}"
        return f"{name}  {times(self.array.shape)}" if first and rank else name

    def grid(
        self, symbol: str, title: str, rows: Places, columns: Places, style: Style, cell: Callable[[Index], Drawn]
    ) -> Grid:
        """These rows and columns as a grid; `cell` says how the cell of an index is drawn."""
        elided: Drawn = (ELIDED, None)
        drawn = [[elided if i is None or j is None else cell(self.index(i, j)) for j in columns] for i in rows]
        return Grid(
            symbol,
            title,
            [[text for text, _ in line] for line in drawn],
            _labels(rows, style) if self.row is not None else (),
            _labels(columns, style) if self.column is not None else (),
            {(r, c): sign for r, line in enumerate(drawn) for c, (_, sign) in enumerate(line) if sign},
        )


Places = Sequence[int | None]
"""Rows or columns that are drawn; None is for those that are left out."""
Drawn = tuple[str, Sign | None]
"""The text of a cell, and its mark."""


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
    own = plane_axes(letters)
    elide = style.elide and array.size > WHOLE
    kept = [_kept(size, elide) for size in array.shape]
    rows, columns = (kept[axis] if axis is not None else [0] for axis in own)
    cells = product(*([0] if axis in own else [i for i in places if i is not None] for axis, places in enumerate(kept)))
    planes = [Plane.through(array, letters, cell) for cell in cells]

    def drawn(index: Index) -> Drawn:
        return text_of(index) or style.number(array[index]), sign_of(index)

    titles = (plane.title(title or symbol, style, first=not n) for n, plane in enumerate(planes))
    return [plane.grid(symbol, says, rows, columns, style, drawn) for plane, says in zip(planes, titles, strict=True)]


def whole_elsewhere() -> str:
    """Where a reader finds what is left out of a page."""
    return option("output", "FILE", "{} or another format gives all") or "to_dict() gives all"


def kept_cells(shape: Index, *, elide: bool) -> int:
    """How many cells of an array of this shape are shown."""
    shorter = elide and math.prod(shape) > WHOLE
    return math.prod(min(size, 2 * EDGE + (size <= 2 * EDGE + 1)) if shorter else size for size in shape)


def _kept(size: int, elide: bool) -> list[int | None]:
    if not elide or size <= 2 * EDGE + 1:
        return list(range(size))
    return [*range(EDGE), None, *range(size - EDGE, size)]


def _labels(places: Places, style: Style) -> list[str]:
    return [ELIDED if place is None else str(place + style.base) for place in places]


# --- which cells took part


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
    dZ, A = f"{owner}{dot}dZ", f"{owner}{dot}A"
    padded = [term for term in trace.terms if any(factor.padding for factor in term.factors)]
    if quantity == "dW":
        return A if dZ in _quantities(padded) else dZ
    return dZ if dZ in _quantities(trace.terms) else A


def _quantities(terms: Iterable[Term]) -> set[str]:
    return {factor.cell.quantity for term in terms for factor in term.factors}


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
        title = self.plane.title(quantity, style, first=False)
        return self.plane.grid(quantity, title, rows, columns, style, lambda index: self.cell(index, style))


def _grids(
    quantity: str, derivation: Derivation[Any], parts: set[Index], padding: set[Index], style: Style
) -> list[Grid]:
    """The planes of a quantity that hold any of the marked cells."""
    array, letters = derivation.values[quantity], derivation.letters(quantity)
    planes = {plane.place: plane for plane in (Plane.through(array, letters, cell) for cell in parts | padding)}
    shown = [planes[place] for place in sorted(planes)[:PLANES]]
    pictures = (_Picture(each, set(filter(each.holds, parts)), set(filter(each.holds, padding))) for each in shown)
    return [picture.grid(quantity, style) for picture in pictures]
