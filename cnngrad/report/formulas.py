"""Symbolic results as lines: `dW[0,0] = x11*d11 + x12*d12`, and what they are at the symbols' values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from cnngrad.exercise.terms import Cell
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import SYMBOLIC, Array
from cnngrad.report.blocks import Block, Note, Words, piece
from cnngrad.report.grids import WHOLE, Style, whole_elsewhere
from cnngrad.report.view import View

NARROW = 12
"""Characters of a formula that still stands well in a grid."""


def in_lines(view: View[Any], name: str) -> bool:
    """Whether a quantity is written as lines: its formulas are long, or they have values."""
    array = view.arrays.get(name)
    if array is None or view.exercise.kind is not SYMBOLIC:
        return False
    long = any(len(str(cell)) > NARROW for cell in array.flat)
    return long or values_of(array) is not None


def formula_lines(view: View[Any], names: Iterable[str], style: Style) -> Iterator[Block]:
    """One line per cell of those quantities that are written as lines."""
    for name in names:
        if not in_lines(view, name):
            continue
        array = view.arrays[name]
        cells = [*np.ndindex(array.shape)]
        shown = cells if array.size <= WHOLE or not style.elide else cells[:WHOLE]
        for index in shown:
            yield _line(Cell(name, tuple(index)), array[index], style)
        if len(shown) < len(cells):
            yield Note(f"{len(cells) - len(shown)} more cells of {name}; {whole_elsewhere()}")


def values_of(array: Array) -> Array | None:
    """The numbers that formulas have at the values of their symbols; nothing where one is missing."""
    numbers = [cell.value if isinstance(cell, Formula) else cell for cell in array.flat]
    if any(number is None for number in numbers) or not any(_has_symbols(cell) for cell in array.flat):
        return None
    values = np.empty(array.size, dtype=float if any(isinstance(number, float) for number in numbers) else object)
    values[:] = numbers
    return values.reshape(array.shape)


def _has_symbols(cell: Any) -> bool:
    return isinstance(cell, Formula) and cell.number is None


def _line(cell: Cell, value: Any, style: Style) -> Words:
    name = style.name(cell)
    parts = str(value).replace(" + ", "\n+ ").replace(" - ", "\n- ").split("\n")
    number = [f"= {style.number(value.value)}"] if _has_symbols(value) and value.value is not None else []
    pieces = [piece(name, cell.quantity), piece("="), *map(piece, parts), *(piece(text, "result") for text in number)]
    return Words(tuple(pieces), 2, len(name) + 3)
