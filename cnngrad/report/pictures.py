"""Pictures of windows: which cells took part in a number, and which cell won each pooling window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnngrad.explain.cells import Cell
from cnngrad.explain.pool import PoolReading, Window
from cnngrad.explain.reading import Reading
from cnngrad.explain.terms import CellTrace, Factor
from cnngrad.numbers.kinds import Array
from cnngrad.report.blocks import Grid, Sign
from cnngrad.report.grids import Index, Style, grids_of, plane_axes, touched_planes


def part_pictures(reading: Reading, trace: CellTrace, style: Style) -> list[Grid]:
    """A grid for each quantity in the terms of a cell, and the cell itself, with the parts marked.

    A grid whose terms reach into the padding is drawn with the padding around it.
    """
    parts: dict[str, set[Index]] = {}
    padding: set[Index] = set()
    for factor in (factor for term in trace.terms for factor in term.factors):
        if factor.padding:
            padding.add(factor.cell.index)
        elif factor.cell.quantity:
            parts.setdefault(factor.cell.quantity, set()).add(factor.cell.index)
    owner = _padded_quantity(parts, trace)
    grids = []
    for quantity, indices in parts.items():
        outside = padding if quantity == owner else set()
        grids += _marked(reading, quantity, indices, outside, style)
    return grids + _marked(reading, trace.cell.quantity, {trace.cell.index}, set(), style)


def window_grid(window: Window, reading: PoolReading, style: Style) -> Grid:
    """One pooling window as it stands on the input, with the winner marked."""
    taps = reading.exercise.pool.windows.taps
    rows = [window.taps[i : i + taps[-1]] for i in range(0, len(window.taps), taps[-1])]
    cells = [[_tap_text(factor, style) for factor, _ in row] for row in rows]
    signs: dict[tuple[int, int], Sign] = {}
    for r, row in enumerate(rows):
        for c, (factor, weight) in enumerate(row):
            if factor.padding:
                signs[r, c] = "padding"
            elif weight and reading.exercise.pool.mode == "max":
                signs[r, c] = "winner"
    return Grid("A", f"window of {style.name(window.output)}", cells, signs=signs)


def _tap_text(factor: Factor, style: Style) -> str:
    return "pad" if factor.padding else style.number(factor.value)


def _padded_quantity(parts: Mapping[str, set[Index]], trace: CellTrace) -> str:
    """Which plane the padding belongs to: the one beside the kernel, or beside the upstream."""
    for quantity in ("A", "dZ"):
        if quantity in parts and not (trace.cell.quantity == "dW" and quantity == "dZ" and "A" in parts):
            return quantity
    return "A"


def _marked(reading: Reading, quantity: str, indices: set[Index], outside: set[Index], style: Style) -> list[Grid]:
    array, letters = reading.values[quantity], reading.letters(quantity)
    row, column = plane_axes(letters)
    margin = [_margin(axis in (row, column), axis, size, outside) for axis, size in enumerate(array.shape)]
    padded, shift = _with_margin(array, margin)
    signs: dict[Index, Sign] = {}
    texts: dict[Index, str] = {}
    for index in np.ndindex(padded.shape):
        place = tuple(i - s for i, s in zip(index, shift, strict=True))
        if place in indices:
            signs[index] = "part"
        elif not all(0 <= i < size for i, size in zip(place, array.shape, strict=True)):
            texts[index] = "0"
            signs[index] = "pad-part" if place in outside else "padding"
    only = touched_planes(letters, iter(indices | outside)) if array.ndim else None
    inner = Style(style.precision, style.base, elide=True)
    grids = grids_of(quantity, padded, letters, inner, signs=signs, texts=texts, only=only)
    return [_relabelled(grid, row, column, shift) for grid in grids[:4]]


def _margin(drawn: bool, axis: int, size: int, outside: set[Index]) -> tuple[int, int]:
    if not drawn or not outside:
        return 0, 0
    places = [index[axis] for index in outside]
    return max(0, -min(places)), max(0, max(places) - size + 1)


def _with_margin(array: Array, margin: list[tuple[int, int]]) -> tuple[Array, Index]:
    if not any(before or after for before, after in margin):
        return array, (0,) * array.ndim
    return np.pad(array, margin), tuple(before for before, _ in margin)


def _relabelled(grid: Grid, row: int | None, column: int | None, shift: Index) -> Grid:
    """Labels count from the first real cell, so that padding has negative ones."""
    rows = _shifted(grid.rows, shift[row] if row is not None and shift else 0)
    columns = _shifted(grid.columns, shift[column] if column is not None and shift else 0)
    title = grid.title.partition("  ")[0]
    return Grid(grid.symbol, title, grid.cells, rows, columns, grid.signs)


def _shifted(labels: object, shift: int) -> list[str]:
    return [text if text == "..." else str(int(text) - shift) for text in labels]  # type: ignore[attr-defined]


def cell_or_none(cell: Cell | None, style: Style) -> str:
    """A cell's name, or a dash where there is none."""
    return style.name(cell) if cell else "-"
