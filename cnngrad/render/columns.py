"""The columns of a grid: aligned, with their signs, and in blocks where all of them are wider than a page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cnngrad.numbers.printing import aligned
from cnngrad.report.blocks import Grid

SIGNS = {"part": "[]", "pad-part": "[]", "winner": " *", "differs": " !", "right": " ✓", "wrong": " ✗"}
"""What is left and right of a marked cell, as a colour is never its only mark: [0.5] took part, 7* won its window,
7! differs; in an answer 7✓ is right and 7✗ is wrong."""


def columns_of(grid: Grid) -> list[list[str]]:
    """The columns of a grid, each of one width, decimal points below each other, with their signs."""
    columns = [
        filled(list(column), left=True) if number in grid.left else aligned(list(column))
        for number, column in enumerate(zip(*grid.cells, strict=True))
    ]
    return [_signed(column, c, grid) for c, column in enumerate(columns)]


def filled(texts: list[str], *, left: bool) -> list[str]:
    """Texts of one width, blanks to the right or to the left."""
    widths = [width_of(text) for text in texts]
    blanks = [" " * (max(widths) - width) for width in widths]
    return [text + blank if left else blank + text for text, blank in zip(texts, blanks, strict=True)]


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal: a Chinese character takes two, an accent by itself none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.category(sign) in ("Mn", "Me") for sign in text)


def _signed(column: list[str], number: int, grid: Grid) -> list[str]:
    if not any(grid.signs.get((r, number)) in SIGNS for r in range(len(column))):
        return column
    return [_hugged(text, SIGNS.get(grid.signs.get((r, number), ""), "  ")) for r, text in enumerate(column)]


def _hugged(text: str, sign: str) -> str:
    """The sign right beside the number, blanks outside it."""
    number = text.strip()
    before, after = text.split(number) if number else (text, "")
    return f"{before}{sign[0]}{number}{sign[1]}{after}"


def in_blocks(grid: Grid, room: int, gap: int) -> Iterator[Grid]:
    """The grid, or blocks of its columns that fit into `room`, `gap` between two.

    Its keys are in each block, but not beside a single column that leaves them no room.
    """
    headed = zip(_heads(grid), columns_of(grid), strict=True)
    widths = [max(width_of(head), width_of(column[0])) + gap for head, column in headed]
    beside = room - sum(widths[key] for key in grid.keys)
    rest = [column for column in range(len(widths)) if column not in grid.keys]
    for first, end in _runs([widths[column] for column in rest], beside):
        shown = rest[first:end]
        keys = grid.keys if sum(widths[column] for column in shown) <= beside else frozenset[int]()
        if shown == rest and keys == grid.keys:
            yield grid
        else:
            part = _block(grid, sorted({*keys, *shown}), shown[0], shown[-1])
            yield part if end == len(rest) else replace(part, note="")


def _heads(grid: Grid) -> Sequence[str]:
    return grid.columns or [""] * len(next(iter(grid.cells), ()))


def _runs(widths: list[int], room: int) -> Iterator[tuple[int, int]]:
    """Runs of columns (first, end) that fit into `room`; at least one column each."""
    first, used = 0, 0
    for number, width in enumerate(widths):
        if number > first and used + width > room:
            yield first, number
            first, used = number, 0
        used += width
    yield first, len(widths)


def _block(grid: Grid, shown: list[int], first: int, last: int) -> Grid:
    """These columns alone, without rows that are blank in them; the title says which."""
    one, other = (_heads(grid)[column] or str(column) for column in (first, last))
    place = {column: number for number, column in enumerate(shown)}
    rows = [r for r, row in enumerate(grid.cells) if grid.rows or any(row[column] for column in shown)]
    line = {row: number for number, row in enumerate(rows)}
    return replace(
        grid,
        title=f"{grid.title}, columns {one} to {other}" if first != last else f"{grid.title}, column {one}",
        cells=[[grid.cells[row][column] for column in shown] for row in rows],
        columns=[grid.columns[column] for column in shown] if grid.columns else (),
        signs={(line[r], place[c]): sign for (r, c), sign in grid.signs.items() if c in place and r in line},
        left=frozenset(place[column] for column in grid.left if column in place),
        keys=frozenset(),
    )
