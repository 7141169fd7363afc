"""Rows that are taken out of a text before the parser sees it.

The parser makes an event of every number, which is most of the time and memory that a large array costs. So what
is between the brackets of a row `[1, 2.5, -3]` becomes one word of the same length before the parser sees it: no place
changes, and the composer puts the row back.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import field
from itertools import takewhile
from typing import Any

from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec.rows import WORDS, Row

HELD = "\ue000"
"""In place of a character of a row that was taken out; of Unicode's private use, so that no text has it by itself."""
_FIND = pattern(rf"\[{WORDS}(?=\])", re.ASCII)
_HELD_OR_BLANK = HELD + " \n"
_RUN = pattern(f"{HELD}+")
_OTHER_BREAKS = pattern("\r(?!\n)|[\x85\u2028\u2029]")


class HeldError(Exception):
    """Rows were taken out of a text where they cannot be put back."""


@dataclass
class Rows:
    """The rows that were taken out of `text`: where each begins and ends, in order."""

    text: str = ""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def at(self, event: Any) -> Row | None:
        """The row that the plain word `event` was put in place of, if there is one."""
        mark, place = event.start_mark, event.start_mark.index
        number = bisect_right(self.starts, place) - 1
        if number < 0 or event.style or event.value.strip(_HELD_OR_BLANK):
            return None
        start, end = self.starts[number], self.ends[number]
        before = place - start
        if place >= end or self.text[start:place].strip("\n"):
            return None
        # Where the row begins with a line break, no word is in that line.
        return Row(self.text[start:end], mark.line + 1 - before, mark.column + 1)

    def restored(self, event: Any) -> str:
        """The text of a scalar that has rows inside it."""
        if not self.starts:
            return str(event.value)
        number = bisect_left(self.starts, event.start_mark.index)
        inside = takewhile(lambda n: self.ends[n] <= event.end_mark.index, range(number, len(self.starts)))
        texts = [self.text[self.starts[n] : self.ends[n]] for n in inside]
        if len(_RUN.findall(event.value)) != len(texts) or any("\n" in text for text in texts):
            raise HeldError
        found = iter(texts)
        return _RUN.sub(lambda _: next(found), event.value)


def without_rows(text: str) -> tuple[str, Rows]:
    """`text` with one word for every row, and the rows."""
    rows = Rows(text)
    plain = text.isascii() and "\r" not in text  # much quicker than the pattern
    if HELD in text or (not plain and _OTHER_BREAKS.search(text)):
        return text, rows

    def hold(found: re.Match[str]) -> str:
        if "\n" in found[0] and "#" in text[text.rfind("\n", 0, found.start()) + 1 : found.start()]:
            return found[0]  # the row may begin in a comment, and its next line not
        rows.starts.append(found.start() + 1)
        rows.ends.append(found.end())
        return "[" + "\n".join(HELD * len(line) for line in found[0][1:].split("\n"))

    return _FIND.sub(hold, text), rows
