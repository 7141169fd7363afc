"""Where the lines of a sentence are broken: between its pieces."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from cnngrad.report.blocks import Span, Words

Line = list[Span]


def wrap(sentence: Words, width: int | None) -> list[Line]:
    """The lines of a sentence as runs with their quantities; `width` None means one line.

    A line is broken between pieces, never inside one: a number stays whole.
    """
    pieces, indent = sentence.pieces, sentence.indent
    hang, places = 0, [0, len(pieces)]
    if width is not None:
        hang = hang_of(indent, sentence.hang, width)
        lengths = (sum([len(text) for text, _ in runs]) + 1 for runs in pieces)
        reach = [*accumulate(lengths, initial=0)]
        places[1:1] = cuts(reach, 0, len(pieces), indent, width, hang, fresh=True)
    lines: list[Line] = []
    for start, end in pairwise(places):
        line: Line = [(" " * (hang if lines else indent), "")]
        for runs in pieces[start:end]:
            line += runs if len(line) == 1 else ((" ", ""), *runs)
        lines.append(line)
    return lines


def hang_of(indent: int, hang: int, width: int) -> int:
    """The indent of the lines after the first: at most half of the width."""
    return indent + hang if indent + hang <= width // 2 else min(indent + 2, width // 2)


def cuts(
    reach: Sequence[int], start: int, end: int, used: int, width: int, hang: int, *, fresh: bool = False
) -> list[int]:
    """The pieces of `start` to `end` that a new line begins with.

    Before piece k are `reach[k]` columns, with a blank behind each piece. The first line has `used` columns already;
    where it is not `fresh`, it may have no piece. The others have `hang` columns and a piece at least.
    """
    places: list[int] = []
    place = start if not fresh else min(start + 1, end)
    room = width + 1 - used
    first = start
    while True:
        place = max(bisect_right(reach, reach[first] + room, place, end + 1) - 1, place)
        if place >= end:
            return places
        places.append(place)
        first, room, place = place, width + 1 - hang, place + 1
