"""Pages as rich tables.

rich cuts cells that do not fit, so it decides no width here: every grid is measured first, split
into blocks of columns where it is wider than the terminal, and printed on a console that is at
least as wide as its widest line. User text only ever enters as `Text`, never as markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cnngrad.patterns import pattern
from cnngrad.render import Look
from cnngrad.render.colors import SIGNED, TURNED, color_of
from cnngrad.render.columns import columns_of, filled, in_blocks
from cnngrad.render.text import PIPED, ended, wrap
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Listing, Note, Page, Words, flat, words

GAP = 3
NARROW = 24
"""Columns of a sentence in a table, where there is no room for more."""
_CODE = pattern(r"\x1b\[[0-9;]*m")


def render(page: Page, look: Look) -> Iterator[str]:
    """The page as lines, each with its line feed, and with colour codes where `look` allows them."""
    printed = (_printed(part, look) for block in flat(page) for part in _draw(block, look))
    return ended(_without_trailing_blanks(line) for text in printed for line in text.split("\n"))


def _printed(part: RenderableType, look: Look) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=max(look.width or PIPED, _width(part)),
        height=100,
        force_terminal=look.color,
        color_system="256" if look.color else None,
        no_color=not look.color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(part, soft_wrap=isinstance(part, Text))
    return out.getvalue().removesuffix("\n")


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


def _draw(block: Block, look: Look) -> Iterator[RenderableType]:
    match block:
        case Heading(text):
            yield Text()
            yield from _styled(words(text), "bold", look)
        case Note(text):
            yield from _styled(words(f"({text})", indent=2, hang=1), color_of("note"), look)
        case Words():
            for line in wrap(block, look.width or PIPED):
                yield Text.assemble(*((text, color_of(quantity)) for text, quantity in line))
        case Listing():
            yield _listing(block, look)
        case Grids(grids):
            yield from _side_by_side(grids, look)


def _listing(block: Listing, look: Look) -> Table:
    """The last column takes the room that the others leave, but at least NARROW columns."""
    table = Table(box=box.ASCII if look.ascii_only else box.ROUNDED, border_style="dim", show_lines=True)
    widths = [max(len(row[c]) for row in (block.columns, *block.rows)) for c in range(len(block.columns) - 1)]
    room = max((look.width or PIPED) - sum(widths) - 3 * len(block.columns) - 1, NARROW)
    for name in block.columns:
        table.add_column(Text(name, style="dim"), no_wrap=True)
    for *cells, sentence in block.rows:
        lines = ("".join(run for run, _ in line) for line in wrap(words(sentence), room))
        table.add_row(Text(cells[0], style=f"bold {color_of('A')}"), *map(Text, cells[1:]), Text("\n".join(lines)))
    return table


def _styled(sentence: Words, style: str, look: Look) -> Iterator[Text]:
    for line in wrap(sentence, look.width or PIPED):
        yield Text("".join(run for run, _ in line), style=style, no_wrap=True)


def _tables(grid: Grid, look: Look) -> list[RenderableType]:
    """One titled table, or several blocks of columns where one would be wider than the page."""
    room = (look.width or 10**9) - max((len(label) + 3 for label in grid.rows), default=0) - 1
    style = f"bold {color_of(grid.symbol)}".strip()
    return [
        Group(
            *_styled(words(part.title), style, look),
            _table(part, look),
            *(_styled(words(part.note), color_of("note"), look) if part.note else ()),
        )
        for part in in_blocks(grid, room, 3)
    ]


def _table(grid: Grid, look: Look) -> Table:
    table = Table(
        box=box.ASCII if look.ascii_only else box.ROUNDED,
        show_header=bool(grid.columns),
        header_style="dim",
        border_style="dim",
    )
    if grid.rows:
        table.add_column("", justify="right", style="dim", no_wrap=True)
    # Cells are aligned already, and rich would strip the blanks that align them if it justified.
    heads = grid.columns or [""] * len(next(iter(grid.cells), ()))
    found = enumerate(zip(heads, columns_of(grid), strict=True))
    columns = [filled([head, *column], left=number in grid.left) for number, (head, column) in found]
    for head, *_ in columns:
        table.add_column(Text(head), no_wrap=True)
    for r in range(len(grid.cells)):
        cells = [Text(column[r + 1], style=_cell_style(grid, r, c)) for c, column in enumerate(columns)]
        table.add_row(*([Text(grid.rows[r])] if grid.rows else []), *cells)
    return table


def _cell_style(grid: Grid, row: int, column: int) -> Style:
    sign, color = grid.signs.get((row, column), ""), color_of(grid.symbol)
    if sign in TURNED:
        return Style.parse(f"bold reverse {color}")
    return Style.parse(SIGNED.get(sign) or color or "none")


def _side_by_side(grids: Sequence[Grid], look: Look) -> Iterator[RenderableType]:
    """Rows of tables, as many in each as fit; a quantity that does not fit beside the one before starts a row."""
    row: list[RenderableType] = []
    used = 0
    for _, planes in groupby(grids, key=lambda grid: grid.symbol):
        tables = [table for grid in planes for table in _tables(grid, look)]
        widths = [_width(table) + GAP for table in tables]
        together = sum(widths)
        for table, width in zip(tables, widths, strict=True):
            if row and used + max(width, together) - GAP > (look.width or PIPED):
                yield _joined(row)
                row, used = [], 0
            row.append(table)
            used, together = used + width, 0
    if row:
        yield _joined(row)


def _joined(tables: list[RenderableType]) -> RenderableType:
    if len(tables) == 1:
        return tables[0]
    line = Table.grid(padding=(0, GAP, 0, 0))
    for table in tables:
        line.add_column(no_wrap=True, min_width=_width(table))
    line.add_row(*tables)
    return line


def _width(part: RenderableType) -> int:
    """The columns that a renderable needs to show every cell whole."""
    measuring = Console(file=io.StringIO(), width=10**5, height=100, legacy_windows=False, _environ={})
    return measuring.measure(part).maximum
