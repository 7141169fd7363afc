"""Pages as rich tables.

rich cuts cells that do not fit, so it decides no width here: every grid is measured first, split
into blocks of columns where it is wider than the terminal, and printed on a console that is at
least as wide as its widest line. User text only ever enters as `Text`, never as markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cnngrad.render import Look
from cnngrad.render.text import columns_of, wrap
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Listing, Note, Page, Words, words

PIPED = 100
"""Columns for sentences and for grids side by side when there is no terminal."""
GAP = 3
NARROW = 24
"""Columns of a sentence in a table, where there is no room for more."""
_CODE = re.compile(r"\x1b\[[0-9;]*m")
COLORS = {
    "A": "blue",
    "dZ": "green",
    **dict.fromkeys(("W", "b", "gamma", "beta"), "dark_orange"),
    **dict.fromkeys(("Z", "dA", "dW", "db", "dgamma", "dbeta", "dS", "mask", "argmax"), "red"),
    "right": "bold green",
    **dict.fromkeys(("result", "wrong"), "bold red"),
    **dict.fromkeys(("padding", "note"), "dim"),
}
"""The colours of quantities."""
SIGNED = {**dict.fromkeys(("winner", "differs", "wrong", "missing"), "bold red"), "right": "green", "padding": "dim"}
"""The styles of marked cells; one that took part is turned."""


def render(page: Page, look: Look) -> str:
    """The page as text, with colour codes where `look` allows them."""
    drawn = [(block, list(_draw(block, look))) for block in page]
    needed = [_width(part) for _, parts in drawn for part in parts]
    width = max([look.width or PIPED, *needed])
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
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
    for _, parts in drawn:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Text))
    return "\n".join(_without_trailing_blanks(line) for line in out.getvalue().split("\n")).strip("\n") + "\n"


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
            yield from _styled(words(f"({text})", indent=2, hang=1), COLORS["note"], look)
        case Words():
            for line in wrap(block, look.width or PIPED):
                yield Text.assemble(*((text, _color(quantity)) for text, quantity in line))
        case Listing():
            yield _listing(block, look)
        case Grids(grids):
            yield from _side_by_side([table for grid in grids for table in _tables(grid, look)], look)


def _listing(block: Listing, look: Look) -> Table:
    """The last column takes the room that the others leave, but at least NARROW columns."""
    table = Table(box=box.ASCII if look.ascii_only else box.ROUNDED, border_style="dim", show_lines=True)
    widths = [max(len(row[c]) for row in (block.columns, *block.rows)) for c in range(len(block.columns) - 1)]
    room = max((look.width or PIPED) - sum(widths) - 3 * len(block.columns) - 1, NARROW)
    for name in block.columns:
        table.add_column(Text(name, style="dim"), no_wrap=True)
    for *cells, sentence in block.rows:
        lines = ("".join(run for run, _ in line) for line in wrap(words(sentence), room))
        table.add_row(Text(cells[0], style="bold blue"), *map(Text, cells[1:]), Text("\n".join(lines)))
    return table


def _styled(sentence: Words, style: str, look: Look) -> Iterator[Text]:
    for line in wrap(sentence, look.width or PIPED):
        yield Text("".join(run for run, _ in line), style=style, no_wrap=True)


def _tables(grid: Grid, look: Look) -> list[RenderableType]:
    """One titled table, or several blocks of columns where one would be wider than the terminal."""
    columns = columns_of(grid)
    heads = list(grid.columns) or [""] * len(columns)
    widths = [max(len(head), len(column[0])) for head, column in zip(heads, columns, strict=True)]
    room = (look.width or 10**9) - max((len(label) + 3 for label in grid.rows), default=0) - 1
    beside = room - sum(widths[key] + 3 for key in grid.keys)
    keys = grid.keys if max(widths, default=0) + 3 <= beside else frozenset[int]()
    rest = [column for column in range(len(columns)) if column not in keys]
    tables: list[RenderableType] = []
    for first, end in _blocks([widths[column] + 3 for column in rest], beside if keys else room):
        title = grid.title
        if (first, end) != (0, len(rest)):
            one, last = (heads[column] or str(column) for column in (rest[first], rest[end - 1]))
            title += f", columns {one} to {last}" if one != last else f", column {one}"
        table = _table(grid, columns, heads, widths, sorted({*keys, *rest[first:end]}), look)
        style = f"bold {COLORS.get(grid.symbol, '')}".strip()
        tables.append(Group(*_styled(words(title), style, look), table))
    return tables


def _blocks(widths: list[int], room: int) -> Iterator[tuple[int, int]]:
    """Runs of columns (first, end) that fit into `room`; at least one column each."""
    first, used = 0, 0
    for number, width in enumerate(widths):
        if number > first and used + width > room:
            yield first, number
            first, used = number, 0
        used += width
    yield first, len(widths)


def _table(
    grid: Grid, columns: list[list[str]], heads: list[str], widths: list[int], shown: list[int], look: Look
) -> Table:
    color = _color(grid.symbol)
    table = Table(
        box=box.ASCII if look.ascii_only else box.ROUNDED,
        show_header=bool(grid.columns),
        header_style="dim",
        border_style="dim",
    )
    if grid.rows:
        table.add_column("", justify="right", style="dim", no_wrap=True)
    for number in shown:
        # Cells are aligned already, and rich would strip the blanks that align them if it justified.
        table.add_column(Text(_filled(heads[number], number, widths, grid)), no_wrap=True)
    for r in range(len(grid.cells)):
        cells = [Text(_filled(columns[c][r], c, widths, grid), style=_cell_style(grid, r, c, color)) for c in shown]
        table.add_row(*([Text(grid.rows[r])] if grid.rows else []), *cells)
    return table


def _color(quantity: str) -> str:
    """The colour of a quantity: conv1.dW has that of dW."""
    return COLORS.get(quantity.rpartition(".")[2], "")


def _filled(text: str, column: int, widths: list[int], grid: Grid) -> str:
    """`text` as wide as its column: numbers to the right, words to the left."""
    return text.ljust(widths[column]) if column in grid.left else text.rjust(widths[column])


def _cell_style(grid: Grid, row: int, column: int, color: str) -> Style:
    sign = grid.signs.get((row, column), "")
    if sign in ("part", "pad-part"):
        return Style.parse(f"bold reverse {color}")
    return Style.parse(SIGNED.get(sign) or color or "none")


def _side_by_side(tables: list[RenderableType], look: Look) -> Iterator[RenderableType]:
    """Rows of tables, as many in each as fit."""
    row: list[RenderableType] = []
    used = 0
    for table in tables:
        width = _width(table)
        if row and used + GAP + width > (look.width or PIPED):
            yield _joined(row)
            row, used = [], 0
        used += width + (GAP if row else 0)
        row.append(table)
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
