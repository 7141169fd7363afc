"""Pages as plain text, and what every look of a page has: lines that break between pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest

from cnngrad.render import PLAIN, Look
from cnngrad.render.columns import columns_of, filled, in_blocks
from cnngrad.render.lines import wrap
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Listing, Note, Page, Sums, Words, flat, words

PIPED = 100
"""Columns for sentences in tables, and for grids side by side, when there is no terminal."""
INDENT = 4
GAP = 2


def render(page: Page, look: Look = PLAIN) -> Iterator[str]:
    """The page as lines of text, each with its line feed; no blank line is the first or the last."""
    return ended(line.rstrip() for block in flat(page) for line in _lines(block, look))


def ended(lines: Iterable[str]) -> Iterator[str]:
    """Lines with their line feeds, without blank ones at the beginning and at the end; one line at least."""
    blank = ""
    before = ""
    for line in lines:
        if line:
            yield f"{blank}{before}{line}"
            blank, before = "", "\n"
        elif before:
            blank += "\n"
    yield "\n"


def _lines(block: Block, look: Look) -> Iterator[str]:
    match block:
        case Heading(text):
            yield from ("", *_wrapped(words(text), look), "")
        case Note(text):
            yield from _wrapped(words(f"({text})", indent=2, hang=1), look)
        case Words():
            yield from _wrapped(block, look)
        case Sums():
            from cnngrad.render.sums import text_of_sums

            yield text_of_sums(block, look.width, color=False)
        case Listing(rows=rows):
            for *cells, sentence in rows:
                yield f"  {'  '.join(cells)}"
                yield from _wrapped(words(sentence, indent=6), look)
        case Grids(grids):
            for _, planes in groupby(grids, key=lambda grid: grid.symbol):
                yield from _side_by_side([part for grid in planes for part in _parts(grid, look)], look)


def _wrapped(sentence: Words, look: Look) -> Iterator[str]:
    return ("".join(text for text, _ in line) for line in wrap(sentence, look.width))


def _parts(grid: Grid, look: Look) -> Iterator[list[str]]:
    """The lines of a grid, or of several blocks of columns where it is wider than the page."""
    before = INDENT + (max(map(len, grid.rows)) + len(" |") if grid.rows else -GAP)
    for part in in_blocks(grid, (look.width or 10**9) - before, GAP):
        title = _wrapped(words(part.title, indent=2, hang=2), look)
        note = _wrapped(words(part.note, indent=INDENT, hang=2), look) if part.note else ()
        yield [*title, *_rows(part), *note]


def _side_by_side(planes: Sequence[list[str]], look: Look) -> Iterator[str]:
    """The planes of one quantity, as many beside each other as fit, each row with a blank line after it."""
    row: list[str] = []
    for lines in planes:
        width = max(map(len, row), default=0)
        if row and width + max(map(len, lines)) > (look.width or PIPED):
            yield from (*row, "")
            row, width = [], 0
        pairs = zip_longest(row, lines, fillvalue="")
        row = [f"{before:{width}}{after}" for before, after in pairs] if width else lines
    yield from (*row, "")


def _rows(grid: Grid) -> Iterator[str]:
    columns = columns_of(grid)
    labels = [f"{label:>{max(map(len, grid.rows))}} |" for label in grid.rows] or [""] * len(columns[0])
    if grid.columns and (grid.rows or grid.left):
        headed = enumerate(zip(grid.columns, columns, strict=True))
        columns = [filled([head, *column], left=number in grid.left) for number, (head, column) in headed]
        labels = [" " * len(labels[0]), *labels]
    for label, row in zip(labels, zip(*columns, strict=True), strict=True):
        yield f"{' ' * INDENT}{label}{' ' * GAP if label else ''}{(' ' * GAP).join(row)}"
