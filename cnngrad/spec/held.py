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
_PLAIN = "^$~;"
"""The same for a text that has one of these nowhere: a text that stays ASCII takes a half of the memory."""
_FIND = pattern(rf"\[{WORDS}(?=\])", re.ASCII)
_SIGN = "x"
_BYTES = bytes(10 if byte == 10 else ord(_SIGN) for byte in range(256))
"""Everything but a line break as one sign: a row is ASCII."""
_OTHER_BREAKS = pattern("\r(?!\n)|[\x85\u2028\u2029]")


class HeldError(Exception):
    """Rows were taken out of a text where they cannot be put back."""


class LeftError(Exception):
    """Rows were left in a text whose values are counted."""


@dataclass
class Rows:
    """The rows that were taken out of `text`: where each begins and ends, in order; `held` is what stands there."""

    text: str = ""
    held: str = HELD
    all: bool = True
    """whether none was left"""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def at(self, event: Any) -> Row | None:
        """The row that the plain word `event` was put in place of, if there is one."""
        mark, place = event.start_mark, event.start_mark.index
        number = bisect_right(self.starts, place) - 1
        if number < 0 or event.style or event.value.strip(f"{self.held} \n"):
            return None
        start, end = self.starts[number], self.ends[number]
        before = place - start
        if place >= end or self.text[start:place].strip("\n"):
            return None
        # Where the row begins with a line break, no word is in that line.
        return Row(self.text[start:end], mark.line + 1 - before, mark.column + 1)

    def holds_behind(self, event: Any) -> bool:
        """Whether a row that was taken out ends behind the beginning of an event."""
        return bool(self.ends) and self.ends[-1] > event.start_mark.index

    def restored(self, event: Any) -> str:
        """The text of a scalar that has rows inside it."""
        if not self.starts:
            return str(event.value)
        number = bisect_left(self.starts, event.start_mark.index)
        inside = takewhile(lambda n: self.ends[n] <= event.end_mark.index, range(number, len(self.starts)))
        texts = [self.text[self.starts[n] : self.ends[n]] for n in inside]
        run = pattern(rf"\{self.held}+")
        if len(run.findall(event.value)) != len(texts) or any("\n" in text for text in texts):
            raise HeldError
        found = iter(texts)
        return run.sub(lambda _: next(found), event.value)


def without_rows(text: str, most: int = 0) -> tuple[str, Rows]:
    """`text` with one word for every row, or for the first `most`, and the rows."""
    rows = Rows(text, next((sign for sign in _PLAIN if sign not in text), HELD))
    plain = text.isascii() and "\r" not in text  # much quicker than the pattern
    if rows.held in text or (not plain and _OTHER_BREAKS.search(text)):
        return text, rows

    def hold(found: re.Match[str]) -> str:
        if "\n" in found[0] and "#" in text[text.rfind("\n", 0, found.start()) + 1 : found.start()]:
            return found[0]  # the row may begin in a comment, and its next line not
        rows.starts.append(found.start() + 1)
        rows.ends.append(found.end())
        return "[" + found[0][1:].encode().translate(_BYTES).decode().replace(_SIGN, rows.held)

    found, count = _FIND.subn(hold, text, count=most)
    rows.all = not most or count < most
    return found, rows
