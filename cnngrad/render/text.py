"""Pages as plain text, and what every look of a page has: lines that break between pieces, aligned columns, signs."""

from __future__ import annotations

from collections.abc import Iterator

from cnngrad.numbers.printing import aligned
from cnngrad.render import PLAIN, Look
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Listing, Note, Page, Span, Words, words

Line = list[Span]
SIGNS = {"part": "[]", "pad-part": "[]", "winner": " *", "differs": " !", "right": " ✓", "wrong": " ✗"}
"""What is left and right of a marked cell, as a colour is never its only mark: [0.5] took part, 7* won its window,
7! differs; in an answer 7✓ is right and 7✗ is wrong."""


def wrap(sentence: Words, width: int | None) -> list[Line]:
    """The lines of a sentence as runs with their quantities; `width` None means one line.

    A line is broken between pieces, never inside one: a number stays whole.
    """
    lines: list[Line] = [[(" " * sentence.indent, "")]]
    used = sentence.indent
    hang = sentence.indent + sentence.hang
    if width is not None and hang > width // 2:
        hang = min(sentence.indent + 2, width // 2)
    fresh = True
    for runs in sentence.pieces:
        length = sum(len(text) for text, _ in runs)
        if width is not None and not fresh and used + 1 + length > width:
            lines.append([(" " * hang, "")])
            used, fresh = hang, True
        lines[-1] += runs if fresh else ((" ", ""), *runs)
        used, fresh = used + length + (not fresh), False
    return lines


def columns_of(grid: Grid) -> list[list[str]]:
    """The columns of a grid, each of one width, decimal points below each other, with their signs."""
    columns = [
        _filled(list(column), left=True) if number in grid.left else aligned(list(column))
        for number, column in enumerate(zip(*grid.cells, strict=True))
    ]
    return [_signed(column, c, grid) for c, column in enumerate(columns)]


def _filled(texts: list[str], *, left: bool) -> list[str]:
    width = max(map(len, texts), default=0)
    return [text.ljust(width) if left else text.rjust(width) for text in texts]


def _signed(column: list[str], number: int, grid: Grid) -> list[str]:
    if not any(grid.signs.get((r, number)) in SIGNS for r in range(len(column))):
        return column
    return [_hugged(text, SIGNS.get(grid.signs.get((r, number), ""), "  ")) for r, text in enumerate(column)]


def _hugged(text: str, sign: str) -> str:
    """The sign right beside the number, blanks outside it."""
    number = text.strip()
    before, after = text.split(number) if number else (text, "")
    return f"{before}{sign[0]}{number}{sign[1]}{after}"


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
        headed = enumerate(zip(grid.columns, columns, strict=True))
        columns = [_filled([head, *column], left=number in grid.left) for number, (head, column) in headed]
        labels = [" " * len(labels[0]), *labels]
    for label, row in zip(labels, zip(*columns, strict=True), strict=True):
        yield f"    {label}{'  ' if label else ''}{'  '.join(row)}"
    yield ""
