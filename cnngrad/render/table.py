"""Pages as tables with lines around them.

The widths are decided here: every grid is split into blocks of columns where it is wider than the terminal, so that no
cell is cut or blank. Text of the user is written as it is, it never is markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest
from typing import NamedTuple

from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.render import Look
from cnngrad.render.colors import SIGNED, TURNED, color_of
from cnngrad.render.columns import columns_of, filled, in_blocks
from cnngrad.render.lines import wrap
from cnngrad.render.paint import Paint, padded, paint_of, width_of
from cnngrad.render.text import PIPED, ended
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Listing, Note, Page, Sums, Words, flat, words

GAP = 3
NARROW = 24
"""Columns of a sentence in a table, where there is no room for more."""
LABEL = "dim"
_CODE = pattern(r"\x1b\[[0-9;]*m")


class Box(NamedTuple):
    """How a table is drawn: the left end, the line, the crossing and the right end above it, inside it and below it,
    and what is between its columns."""

    top: str
    inner: str
    bottom: str
    side: str


ROUNDED = Box("╭─┬╮", "├─┼┤", "╰─┴╯", "│")
ASCII = Box("+--+", "|-+|", "+--+", "|")


def render(page: Page, look: Look) -> Iterator[str]:
    """The page as lines, each with its line feed, and with colour codes where `look` allows them."""
    drawn = (line for block in flat(page) for line in _draw(block, look))
    return ended(_without_trailing_blanks(line) if look.color else line.rstrip(" ") for line in drawn)


def _without_trailing_blanks(line: str) -> str:
    """`line` without the blanks at its end, those between colour codes too."""
    codes = ""
    # From the end: a pattern that is tried at every blank takes the square of the length of a line.
    while True:
        line = line.rstrip(" ")
        start = line.rfind("\x1b")
        if start < 0 or not _CODE.fullmatch(line, start):
            return line + codes
        codes = line[start:] + codes
        line = line[:start]


def _draw(block: Block, look: Look) -> Iterator[str]:
    paint = paint_of(look)
    match block:
        case Heading(text):
            yield ""
            yield from (paint(line, "bold") for line in _wrapped(words(text), look))
        case Note(text):
            yield from (paint(line, color_of("note")) for line in _wrapped(words(f"({text})", indent=2, hang=1), look))
        case Words():
            for line in wrap(block, look.width or PIPED):
                yield "".join([paint(text, color_of(quantity)) for text, quantity in line])
        case Sums():
            from cnngrad.render.sums import text_of_sums

            yield text_of_sums(block, look.width or PIPED, color=look.color)
        case Listing():
            yield from _listing(block, look)
        case Grids(grids):
            yield from _side_by_side(grids, look)


def _wrapped(sentence: Words, look: Look) -> list[str]:
    return ["".join(run for run, _ in line) for line in wrap(sentence, look.width or PIPED)]


def _listing(block: Listing, look: Look) -> Iterator[str]:
    """The last column takes the room that the others leave, but at least NARROW columns."""
    paint, box = paint_of(look), _box(look)
    widths = [max(len(row[c]) for row in (block.columns, *block.rows)) for c in range(len(block.columns) - 1)]
    room = max((look.width or PIPED) - sum(widths) - 3 * len(block.columns) - 1, NARROW)
    rows = [(*map(list, zip(cells)), _broken(sentence, room)) for *cells, sentence in block.rows]
    columns = zip([[name] for name in block.columns], *rows, strict=True)
    widths = [max(width_of(line) for lines in column for line in lines) for column in columns]
    edge = paint(" ", "bold")
    heads = (paint(padded(name, width), "bold dim") for name, width in zip(block.columns, widths, strict=True))
    yield _line(box.top, widths, paint)
    yield _row([f"{edge}{head}{edge}" for head in heads], box, paint)
    for row in rows:
        yield _line(box.inner, widths, paint)
        for texts in zip_longest(*row):
            styles = [f"bold {color_of('A')}", *[""] * (len(texts) - 1)]
            found = zip(texts, widths, styles, strict=True)
            cells = [" " * width if text is None else paint(padded(text, width), style) for text, width, style in found]
            yield _row([f" {cell} " for cell in cells], box, paint)
    if not rows:
        yield _line(box.inner, widths, paint)
    yield _line(box.bottom, widths, paint)


def _broken(sentence: str, room: int) -> list[str]:
    return ["".join(run for run, _ in line) for line in wrap(words(sentence), room)]


# --- lines of a table


def _box(look: Look) -> Box:
    return ASCII if look.ascii_only else ROUNDED


def _line(ends: str, widths: Iterable[int], paint: Paint) -> str:
    """A line across a table whose columns have these widths."""
    left, line, crossing, right = tuple(ends)
    return paint(f"{left}{crossing.join(line * (width + 2) for width in widths)}{right}", LABEL)


def _row(cells: Iterable[str], box: Box, paint: Paint) -> str:
    """A row of cells, which have their blanks on both sides."""
    side = paint(box.side, LABEL)
    return f"{side}{side.join(cells)}{side}"


# --- grids


@dataclass(frozen=True)
class _Table:
    """A drawn grid: `inside` is the width of its lines, the title or the note may be wider."""

    title: Sequence[str]
    lines: Sequence[str]
    note: Sequence[str]
    style: str
    inside: int

    @property
    def width(self) -> int:
        """The columns that it needs to show everything whole."""
        return max(self.inside, *map(width_of, (*self.title, *self.note)))

    def alone(self, paint: Paint) -> Iterator[str]:
        """Its lines, where nothing is beside it."""
        yield from (paint(line, self.style) for line in self.title)
        yield from self.lines
        yield from (paint(line, color_of("note")) for line in self.note)

    def beside(self, paint: Paint) -> Iterator[str]:
        """Its lines, all of one width."""
        width = self.width
        blanks = " " * (width - self.inside)
        yield from (paint(padded(line, width), self.style) for line in self.title)
        yield from (line + blanks for line in self.lines)
        yield from (paint(padded(line, width), color_of("note")) for line in self.note)


def _tables(grid: Grid, look: Look) -> list[_Table]:
    """One titled table, or several blocks of columns where one would be wider than the page."""
    room = (look.width or 10**9) - max((len(label) + 3 for label in grid.rows), default=0) - 1
    return [_table(part, look) for part in in_blocks(grid, room, 3)]


def _table(grid: Grid, look: Look) -> _Table:
    paint, box = paint_of(look), _box(look)
    heads = grid.columns or [""] * len(next(iter(grid.cells), ()))
    found = enumerate(zip(heads, columns_of(grid), strict=True))
    columns = [filled([head, *column], left=number in grid.left) for number, (head, column) in found]
    widths = [max(map(width_of, column)) for column in columns]
    cells = [[padded(text, width) for text in column] for column, width in zip(columns, widths, strict=True)]
    inner = [[f" {cell} " for cell in _painted(column, c, grid, look)] for c, column in enumerate(cells)]
    if grid.rows:
        widths = [max(map(width_of, grid.rows)), *widths]
        inner = [[_label(label, widths[0], paint) for label in grid.rows], *inner]
    lines = [_line(box.top, widths, paint)]
    if grid.columns:
        labels = [""] * bool(grid.rows) + [column[0] for column in cells]
        headed = zip(labels, widths, strict=True)
        lines.append(_row([_label(label, width, paint) for label, width in headed], box, paint))
        lines.append(_line(box.inner, widths, paint))
    lines += [_row(row, box, paint) for row in zip(*inner, strict=True)]
    lines.append(_line(box.bottom, widths, paint))
    title, note = _wrapped(words(grid.title), look), _wrapped(words(grid.note), look) if grid.note else []
    return _Table(title, lines, note, f"bold {color_of(grid.symbol)}".strip(), sum(widths) + 3 * len(widths) + 1)


def _label(text: str, width: int, paint: Paint) -> str:
    """A label of a row or a column, on the right."""
    edge = paint(" ", LABEL)
    return f"{edge}{paint(' ' * (width - width_of(text)) + text, LABEL)}{edge}"


def _painted(column: Sequence[str], number: int, grid: Grid, look: Look) -> list[str]:
    """The cells of a column, which has its head before them, in their styles."""
    if not look.color:
        return list(column[1:])
    paint = paint_of(look)
    return [paint(text, _cell_style(grid, r, number)) for r, text in enumerate(column[1:])]


def _cell_style(grid: Grid, row: int, column: int) -> str:
    sign, color = grid.signs.get((row, column), ""), color_of(grid.symbol)
    return f"bold reverse {color}" if sign in TURNED else SIGNED.get(sign) or color


def _side_by_side(grids: Sequence[Grid], look: Look) -> Iterator[str]:
    """Rows of tables, as many in each as fit; a quantity that does not fit beside the one before starts a row."""
    row: list[_Table] = []
    used = 0
    for _, planes in groupby(grids, key=lambda grid: grid.symbol):
        tables = [table for grid in planes for table in _tables(grid, look)]
        together = sum(table.width + GAP for table in tables)
        for table in tables:
            width = table.width + GAP
            if row and used + max(width, together) - GAP > (look.width or PIPED):
                yield from _joined(row, look)
                row, used = [], 0
            row.append(table)
            used, together = used + width, 0
    if row:
        yield from _joined(row, look)


def _joined(tables: Sequence[_Table], look: Look) -> Iterator[str]:
    paint = paint_of(look)
    if len(tables) == 1:
        yield from tables[0].alone(paint)
        return
    blanks = [" " * table.width for table in tables]
    for lines in zip_longest(*(table.beside(paint) for table in tables)):
        yield (" " * GAP).join(line or blank for line, blank in zip(lines, blanks, strict=True))
