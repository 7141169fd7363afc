"""Pages as plain text: no boxes, no colour; marks are signs, as they are in every look."""

from __future__ import annotations

from collections.abc import Iterator

from cnngrad.render import PLAIN, Look
from cnngrad.render.layout import columns_of, wrap
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Listing, Note, Page, Words, words


def render(page: Page, look: Look = PLAIN) -> str:
    """The page as lines of text with a final newline."""
    lines = [line.rstrip() for block in page for line in _lines(block, look)]
    return "\n".join(lines).strip("\n") + "\n"


def _lines(block: Block, look: Look) -> Iterator[str]:
    match block:
        case Heading(text):
            yield from ("", text, "")
        case Note(text):
            yield f"  ({text})"
        case Words():
            yield from ("".join(text for text, _ in line) for line in wrap(block, look.width))
        case Listing(rows=rows):
            for *cells, sentence in rows:
                yield f"  {'  '.join(cells)}"
                yield from ("".join(text for text, _ in line) for line in wrap(words(sentence, indent=6), look.width))
        case Grids(grids):
            for grid in grids:
                yield from _grid(grid)


def _grid(grid: Grid) -> Iterator[str]:
    yield f"  {grid.title}"
    columns = columns_of(grid)
    labels = [f"{label:>{max(map(len, grid.rows))}} |" for label in grid.rows] or [""] * len(columns[0])
    if grid.columns and (grid.rows or grid.left):
        columns = [
            _headed(head, column, left=number in grid.left)
            for number, (head, column) in enumerate(zip(grid.columns, columns, strict=True))
        ]
        labels = [" " * len(labels[0]), *labels]
    for label, row in zip(labels, zip(*columns, strict=True), strict=True):
        yield f"    {label}{'  ' if label else ''}{'  '.join(row)}"
    yield ""


def _headed(head: str, column: list[str], *, left: bool) -> list[str]:
    width = max(len(head), len(column[0]))
    return [text.ljust(width) if left else text.rjust(width) for text in (head, *column)]
