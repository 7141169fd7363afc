"""Which planes of an array are shown, what their rows and columns are, and how numbers and indices are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np

from cnngrad.errors import option
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import show
from cnngrad.records import dataclass
from cnngrad.report.blocks import Grid, Sign
from cnngrad.windows.windows import Index
from cnngrad.wording import counted, times

WHOLE = 2_000
"""Cells of an array that is printed whole; a larger one loses its middle, and the shape is said."""
SMALL = 100
"""Cells of an array of several planes that is printed with all of them; of a larger one the first plane is."""
EDGE = 4
ELIDED = "..."


@dataclass(frozen=True)
class Style:
    """How numbers and indices are written; `elide` shortens large arrays, `first` shows one of their planes."""

    precision: int | None = None
    base: int = 0
    elide: bool = True
    first: bool = True

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

    def name(self, symbol: str, style: Style) -> str:
        """`A[:,:,0]`; the symbol alone where the plane is the whole array."""
        inside = (str(self.fixed[i] + style.base) if i in self.fixed else ":" for i in range(self.array.ndim))
        return f"{symbol}[{','.join(inside)}]" if self.fixed else symbol

    def title(self, name: str, style: Style, *, first: bool) -> str:
        """`A[:,:,0] input  4x4 of 4x4x3`: the first says what it is, and the shape of the whole."""
        symbol, blank, says = name.partition(" ")
        shape = tuple(size for axis, size in enumerate(self.array.shape) if axis not in self.fixed)
        whole = f" of {times(self.array.shape)}" if first and self.fixed else ""
        title = f"{self.name(symbol, style)}{blank}{says}" if first else self.name(symbol, style)
        return f"{title}  {times(shape)}{whole}" if self.array.ndim else title

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


def planes_of(array: Array, letters: str, style: Style, at: Index | None = None) -> list[Plane]:
    """The planes that are shown: all of a small array, otherwise the first, or that of the cell `at`."""
    own = plane_axes(letters)
    if style.elide and style.first and array.size > SMALL:
        return [Plane.through(array, letters, at or (0,) * array.ndim)]
    kept = (kept_places(size, style.elide and array.size > WHOLE) for size in array.shape)
    shown = ([0] if axis in own else [i for i in places if i is not None] for axis, places in enumerate(kept))
    return [Plane.through(array, letters, cell) for cell in product(*shown)]


def more_planes(array: Array, planes: Sequence[Plane], style: Style, only: str) -> str:
    """How many planes are left out, and what shows them; nothing where none is."""
    left = math.prod(array.shape[axis] for axis in planes[0].fixed) - len(planes) if planes else 0
    if not left:
        return ""
    every = option("only", only) if only and style.first else whole_elsewhere()
    return f"and {counted(left, 'more plane')}: {every}"


def means(arrays: Mapping[str, Array], style: Style) -> str:
    """The mean of each array, as courses compare them, where not all planes of one are shown; formulas have none."""
    shortened = style.first and style.elide and any(each.ndim > 2 and each.size > SMALL for each in arrays.values())
    if not shortened or any(isinstance(cell, Formula) for each in arrays.values() for cell in each.flat[:1]):
        return ""
    with np.errstate(all="ignore"):
        found = [f"{name} {style.number(each.sum() / each.size)}" for name, each in arrays.items()]
    return f"{'means' if len(found) > 1 else 'mean'}: {', '.join(found)}"


def whole_elsewhere() -> str:
    """Where a reader finds what is left out of a page."""
    return option("output", "FILE", "{} or another format gives all") or "to_dict() gives all"


def kept_cells(shape: Index, *, elide: bool) -> int:
    """How many cells of an array of this shape are shown."""
    shorter = elide and math.prod(shape) > WHOLE
    return math.prod(min(size, 2 * EDGE + (size <= 2 * EDGE + 1)) if shorter else size for size in shape)


def kept_places(size: int, elide: bool) -> list[int | None]:
    """The indices of an axis of this size that are shown; None for its middle."""
    if not elide or size <= 2 * EDGE + 1:
        return list(range(size))
    return [*range(EDGE), None, *range(size - EDGE, size)]


def _labels(places: Places, style: Style) -> list[str]:
    return [ELIDED if place is None else str(place + style.base) for place in places]
