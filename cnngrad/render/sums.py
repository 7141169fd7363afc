"""The sums of many cells as lines: a term is joined from texts that are there already, all places where lines are
broken are looked up by how far the terms reach, and everything is joined once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnngrad.records import dataclass
from cnngrad.render.colors import color_of
from cnngrad.render.lines import hang_of
from cnngrad.render.paint import codes
from cnngrad.report.blocks import Choices, Sums, Terms, Texts
from cnngrad.windows.axis import Integers

Objects = NDArray[np.object_]
"""Texts."""


@dataclass(frozen=True, eq=False)
class _Side:
    """The terms of one side of all cells, those of cell i from `ends[i]` to `ends[i + 1]`: each with a blank and its
    sign before it, and the columns that this takes."""

    ends: Integers
    texts: Objects
    lengths: Integers


def text_of_sums(block: Sums, width: int | None, *, color: bool) -> str:
    """The lines that the sentences of the block have, with line feeds between them."""
    sides = [_side(parts, color) for parts in block.sides]
    counts = np.stack([np.diff(side.ends) for side in sides], axis=1) * ~block.left_out
    starts = (np.cumsum(counts) - counts.reshape(-1)).reshape(counts.shape)
    lines = np.empty(int(counts.sum()), dtype=object)
    first = (counts > 0).argmax(axis=1)
    for number, side in enumerate(sides):
        shown = np.flatnonzero(counts[:, number])
        _begin(block, side, shown, first[shown] == number, width, color)
        if len(shown) == len(counts):
            lines[_each(starts[:, number], side.ends)] = side.texts
        else:
            kept = np.repeat(counts[:, number] > 0, np.diff(side.ends))
            lines[_each(starts[:, number], side.ends)[kept]] = side.texts[kept]
    return "".join(lines.tolist())[1:]


def _each(starts: Integers, ends: Integers) -> Integers:
    """The places of the terms of each cell, one behind the other from its start on."""
    return np.arange(ends[-1]) + np.repeat(starts - ends[:-1], np.diff(ends))


# --- where a line begins


def _begin(block: Sums, side: _Side, cells: Integers, named: NDArray[np.bool_], width: int | None, color: bool) -> None:
    """Put a line feed, and what stands before it, into each term that begins a line; the first of a cell has the name
    of the cell before it where it is `named`, and blanks where it is not."""
    lengths = np.array([len(block.names[cell]) for cell in cells.tolist()], dtype=np.int64)
    heads = [f"\n{' ' * (block.indent + length)} =" for length in lengths.tolist()]
    opening, closing = codes(color_of(block.quantity)) if color else ("", "")
    for place in np.flatnonzero(named).tolist():
        heads[place] = f"\n{' ' * block.indent}{opening}{block.names[cells[place]]}{closing} ="
    if width is not None:
        used = block.indent + lengths + 3  # with " = "
        hangs = np.array([hang_of(block.indent, length + 3, width) for length in lengths.tolist()], dtype=np.int64)
        for place in np.flatnonzero(used - 1 > width).tolist():
            heads[place] = f"{heads[place][:-2]}\n{' ' * hangs[place]}="
            used[place] = hangs[place] + 2
        _break(side, cells, width + 1 - used, width + 1 - hangs, hangs)
    starts = side.ends[cells]
    side.texts[starts] = [head + text for head, text in zip(heads, side.texts[starts].tolist(), strict=True)]


def _break(side: _Side, cells: Integers, first: Integers, others: Integers, hangs: Integers) -> None:
    """Begin a line wherever a term does not fit: the first line of each of these cells has room for so many columns,
    a blank behind each term, and each of the others has so many."""
    reach = np.concatenate(([0], np.cumsum(side.lengths)))
    starts, ends = side.ends[cells], side.ends[cells + 1]
    place = np.maximum(np.searchsorted(reach, reach[starts] + first, side="right") - 1, starts)
    broken = np.flatnonzero(place < ends)
    if not len(broken):
        return
    room = np.zeros(len(side.ends) - 1, dtype=np.int64)
    room[cells] = others
    beyond = reach[:-1] + np.repeat(room, np.diff(side.ends))
    following = np.maximum(np.searchsorted(reach, beyond, side="right") - 1, np.arange(1, len(reach))).tolist()
    cuts: list[int] = []
    margins: list[str] = []
    for cut, end, hang in zip(place[broken].tolist(), ends[broken].tolist(), hangs[broken].tolist(), strict=True):
        before = len(cuts)
        while cut < end:
            cuts.append(cut)
            cut = following[cut]
        margins += [f"\n{' ' * hang}"] * (len(cuts) - before)
    texts = side.texts[cuts].tolist()
    side.texts[cuts] = [margin + text[1:] for margin, text in zip(margins, texts, strict=True)]


# --- terms


def _side(parts: Sequence[Terms], color: bool) -> _Side:
    """The terms of all parts, those of a cell together, in order."""
    counts = [np.diff(part.ends) for part in parts]
    ends = np.concatenate(([0], np.cumsum(sum(counts))))
    opening = np.zeros(int(ends[-1]), dtype=bool)
    opening[ends[:-1][np.diff(ends) > 0]] = True
    if len(parts) == 1:
        return _Side(ends, *_terms(parts[0], opening, color))
    texts, lengths = np.empty(len(opening), dtype=object), np.empty(len(opening), dtype=np.int64)
    start = ends[:-1]
    for part, count in zip(parts, counts, strict=True):
        places = _each(start, part.ends)
        texts[places], lengths[places] = _terms(part, opening[places], color)
        start = start + count
    return _Side(ends, texts, lengths)


def _terms(part: Terms, opening: NDArray[np.bool_], color: bool) -> tuple[Objects, Integers]:
    """The terms of a part, each with a blank and its sign before it, and the columns that they take."""
    head, *others = part.factors
    texts, lengths = _taken(head, _SUMMAND, color)
    (places,) = opening.nonzero()
    chosen = Choices(head.choices.texts.take(head.numbers[places]), head.choices.quantity)
    # Those that open a sum have no sign but their own; there are few, so they are made one by one.
    texts[places], lengths[places] = _made(chosen, _FIRST, color, head.numbers[places] < 0)
    for each in others:
        more, longer = _taken(each, _FACTOR, color)
        texts, lengths = texts + more, lengths + longer
    return texts, lengths


_FIRST, _SUMMAND, _FACTOR = "first", "summand", "factor"


def _taken(column: Texts, role: str, color: bool) -> tuple[Objects, Integers]:
    """The texts of a column, and the columns of the terminal that they take."""
    choices = column.choices
    if (role, color) not in choices.kept:
        padding = np.arange(len(choices.texts)) >= len(choices.texts) - choices.padding
        choices.kept[role, color] = _made(choices, role, color, padding)
    texts, lengths = choices.kept[role, color]
    return texts.take(column.numbers), lengths.take(column.numbers)


def _made(choices: Choices, role: str, color: bool, padding: NDArray[np.bool_]) -> tuple[Objects, Integers]:
    """All choices with what is before them, in their colours, and the columns that they take."""
    texts = choices.texts.tolist()
    written, lengths = _written(texts, role, codes(color_of(choices.quantity)) if color else ("", ""))
    (places,) = padding.nonzero()
    if color and len(places):
        found = _written(choices.texts[places].tolist(), role, codes(color_of("padding")))
        written[places], lengths[places] = found
    return written, lengths


def _written(texts: list[str], role: str, style: tuple[str, str]) -> tuple[Objects, Integers]:
    """Texts between the codes of a style, with the sign or the `*` that is before them."""
    opening, closing = style
    if role == _SUMMAND:
        minus, plus = f" - {opening}", f" + {opening}"
        found = [f"{minus}{text[1:]}{closing}" if text[:1] == "-" else f"{plus}{text}{closing}" for text in texts]
    else:
        opening = f"{'*' if role == _FACTOR else ' '}{opening}"
        found = [f"{opening}{text}{closing}" for text in texts]
    lengths = np.fromiter(map(len, found), np.int64, len(found)) - len("".join(style))
    return np.fromiter(found, object, len(found)), lengths
