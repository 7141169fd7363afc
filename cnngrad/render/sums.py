"""The sums of many cells as lines: a term is joined from texts that are there already, and lines are broken by looking
up how far each reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np

from cnngrad.records import dataclass
from cnngrad.render.colors import color_of
from cnngrad.render.lines import cuts, hang_of
from cnngrad.render.paint import codes
from cnngrad.report.blocks import Sums, Terms, Texts

GATHERED = 200
"""Cells whose lines are given as one text."""


@dataclass(frozen=True, eq=False)
class _Side:
    """The pieces of all cells, those of cell i from `ends[i]` to `ends[i + 1]`; before piece k are `reach[k]` columns,
    with a blank behind each piece."""

    pieces: Sequence[str]
    ends: Sequence[int]
    reach: Sequence[int]


def lines_of_sums(block: Sums, width: int | None, *, color: bool) -> Iterator[str]:
    """The lines that the sentences of the block have, many at once."""
    sides = [_side(parts, len(block.names), color) for parts in block.sides]
    style = codes(color_of(block.quantity)) if color else ("", "")
    lines: list[str] = []
    for cell, name in enumerate(block.names):
        opening = f"{style[0]}{name}{style[1]}"
        for number, side in enumerate(sides):
            if (cell, number) not in block.left_out:
                lines += _lines(opening, len(name), block.indent, side, cell, width)
                opening = " " * len(name)
        if cell % GATHERED == GATHERED - 1:
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _lines(opening: str, length: int, indent: int, side: _Side, cell: int, width: int | None) -> list[str]:
    """The lines of one side: `name = a + b`, and what does not fit below it."""
    start, end = side.ends[cell], side.ends[cell + 1]
    used = indent + length + 3  # with " = "
    head = f"{' ' * indent}{opening} ="
    if width is None or used + side.reach[end] - side.reach[start] - 1 <= width:
        return [f"{head} {' '.join(side.pieces[start:end])}"]
    hang = hang_of(indent, length + 3, width)
    lines = [head]
    if used - 1 > width:
        lines = [f"{' ' * indent}{opening}", f"{' ' * hang}="]
        used = hang + 2
    places = [start, *cuts(side.reach, start, end, used, width, hang), end]
    runs = [" ".join(side.pieces[i:j]) for i, j in pairwise(places)]
    if runs[0]:
        lines[-1] += f" {runs[0]}"
    margin = " " * hang
    return lines + [f"{margin}{run}" for run in runs[1:]]


def _side(parts: Sequence[Terms], cells: int, color: bool) -> _Side:
    written = [_pieces(part, color) for part in parts]
    if len(parts) == 1:
        ((pieces, lengths),) = written
        ends = list(parts[0].ends)
    else:
        counts = [np.diff(part.ends) for part in parts]
        order = np.argsort(np.concatenate([np.repeat(np.arange(cells), count) for count in counts]), kind="stable")
        together = list(chain.from_iterable(pieces for pieces, _ in written))
        pieces = [together[place] for place in order.tolist()]
        lengths = np.concatenate([found for _, found in written])[order]
        ends = [0, *np.cumsum(sum(counts)).tolist()]
    return _Side(pieces, ends, [0, *np.cumsum(lengths + 1).tolist()])


def _pieces(part: Terms, color: bool) -> tuple[list[str], np.typing.NDArray[np.int64]]:
    """The terms, and the columns that they take."""
    columns = [_painted(column) if color else column.texts for column in part.factors]
    pieces = columns[0]
    for texts in columns[1:]:
        pieces = [f"{before}*{text}" for before, text in zip(pieces, texts, strict=True)]
    pieces = [f"{sign}{text}" for sign, text in zip(part.signs, pieces, strict=True)]
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    for column in part.factors if color else ():
        own, padding = (len("".join(codes(color_of(quantity)))) for quantity in (column.quantity, "padding"))
        lengths -= own
        lengths[list(column.padding)] += own - padding
    return pieces, lengths


def _painted(column: Texts) -> list[str]:
    """The texts in the colour of their quantity; none of them is empty."""
    opening, closing = codes(color_of(column.quantity))
    texts = [f"{opening}{text}{closing}" for text in column.texts] if opening else list(column.texts)
    opening, closing = codes(color_of("padding"))
    for place in column.padding:
        texts[place] = f"{opening}{column.texts[place]}{closing}"
    return texts
