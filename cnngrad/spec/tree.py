"""A spec as it was written: scalars and rows of plain words still text, every node with its line and column.

Nodes are unfrozen only for speed: a 200 x 200 input has 40,000 of them. Nobody changes one, but that the lines of a
value from the command line are moved.

The parser makes an event of every number, which is most of the time and memory that a large array costs. So what
is between the brackets of a row `[1, 2.5, -3]` becomes one word of the same length before the parser sees it: no place
changes, and the composer puts the row back.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from itertools import takewhile
from os import PathLike
from typing import Any

from cnngrad.errors import Mark
from cnngrad.numbers.kinds import Array
from cnngrad.patterns import pattern
from cnngrad.records import dataclass

HELD = "\ue000"
"""In place of a character of a row that was taken out; of Unicode's private use, so that no text has it by itself."""
_WORD = r"-?+\.?+[\w+/][-\w.+/*]*+"
_FIND = pattern(rf"\[[ \n]*+(?:{_WORD}[ \n]*+,[ \n]*+)++{_WORD}[ \n]*+(?=\])", re.ASCII)
_HELD_OR_BLANK = HELD + " \n"
_RUN = pattern(f"{HELD}+")
_BLANKS = str.maketrans("", "", " \n")
_AT_A_TIME = 2**18
Placed = tuple[str, int, int]
"""A word, its line and its column."""
_OTHER_BREAKS = pattern("\r(?!\n)|[\x85\u2028\u2029]")


@dataclass(slots=True)
class Row:
    """The text between the brackets of `[1, 2.5, -3]`: words with nothing but blanks and commas between them.

    `line` and `column` say where the text begins.
    """

    text: str
    line: int
    column: int
    width: int = field(init=False)
    """how many words"""

    def __post_init__(self) -> None:
        self.width = self.text.count(",") + 1

    def has_longer(self, most: int) -> bool:
        # Each other word takes two characters or more: cheaper than measuring every word.
        possible = len(self.text) - 2 * (self.width - 1) > most
        return possible and any(len(word) > most for word in next(words_of([self])))

    def place(self, number: int) -> Placed:
        behind = self.text.split(",", number)[number]
        start = len(self.text) - len(behind.lstrip(" \n"))
        word = behind.partition(",")[0].strip(" \n")
        before = self.text.count("\n", 0, start)
        column = start - self.text.rfind("\n", 0, start) if before else self.column + start
        return word, self.line + before, column

    def placed(self) -> Iterator[Placed]:
        line, column = self.line, self.column
        for part in self.text.split(","):
            word = part.lstrip(" \n")
            line, column = _behind(part[: len(part) - len(word)], line, column)
            yield word.rstrip(" \n"), line, column
            line, column = _behind(f"{word},", line, column)


def _behind(text: str, line: int, column: int) -> tuple[int, int]:
    """The place behind a text that begins at this one."""
    breaks = text.count("\n")
    return line + breaks, len(text) - text.rfind("\n") if breaks else column + len(text)


def words_of(rows: list[Row]) -> Iterator[list[str]]:
    """The words of several rows of one width, about _AT_A_TIME in a piece: one row at a time takes longer."""
    step = max(1, _AT_A_TIME // rows[0].width)
    for start in range(0, len(rows), step):
        yield ",".join(row.text for row in rows[start : start + step]).translate(_BLANKS).split(",")


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


Folder = str | PathLike[str]
OPTION = 10**9
"""A value from the command line begins at a multiple of this line, another for each option: no file is so long."""


@dataclass(slots=True)
class ScalarNode:
    """A number, a word or a block of text."""

    text: str
    line: int = 0
    column: int = 0
    quoted: bool = False
    block: bool = False


class SequenceNode:
    """A list. One that came as a row of plain words keeps their text, and makes its items when they are asked for."""

    __slots__ = ("_items", "column", "line", "row")

    def __init__(self, items: list[Node], line: int = 0, column: int = 0) -> None:
        self._items: list[Node] | None = items
        self.line = line
        self.column = column
        self.row: Row | None = None

    def hold(self, row: Row) -> None:
        """Take the entries from a row of plain words."""
        self._items, self.row = None, row

    @property
    def items(self) -> list[Node]:
        if self._items is None:
            assert self.row is not None
            self._items = [ScalarNode(*word) for word in self.row.placed()]
        return self._items

    @property
    def width(self) -> int:
        return self.row.width if self.row is not None else len(self.items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SequenceNode):
            return False
        return (self.items, self.line, self.column) == (other.items, other.line, other.column)

    __hash__ = None  # type: ignore[assignment]


@dataclass(slots=True)
class MappingNode:
    """A mapping; `keys` has the place of each key."""

    entries: dict[str, Node]
    keys: dict[str, ScalarNode] = field(default_factory=dict)
    line: int = 0
    column: int = 0


@dataclass(slots=True)
class ArrayNode:
    """An array that needs no reading: from a file or from Python."""

    values: Array
    line: int = 0
    column: int = 0


Node = ScalarNode | SequenceNode | MappingNode | ArrayNode
_WHAT = {ScalarNode: "a single value", SequenceNode: "a list", MappingNode: "a mapping", ArrayNode: "an array"}


def what(node: Node) -> str:
    """What a node is, in words."""
    return _WHAT[type(node)]


def move(value: Node, lines: int) -> None:
    """Add to the line of a value and of all in it, so that what is said of a part names the place."""
    left, moved = [value], set[int]()
    while left:
        node = left.pop()
        if id(node) in moved:  # an anchor and its aliases are one node
            continue
        moved.add(id(node))
        node.line += lines
        if isinstance(node, MappingNode):
            left += [*node.keys.values(), *node.entries.values()]
        elif isinstance(node, SequenceNode):
            left += node.items
            if node.row is not None:
                node.row.line += lines


@dataclass(frozen=True)
class Lines:
    """The lines of a text, split when somebody asks for one."""

    text: str = ""

    @cached_property
    def all(self) -> tuple[str, ...]:
        return tuple(self.text.splitlines())


@dataclass(frozen=True, slots=True)
class Document:
    """A whole spec: its root, the name that errors show, the folder that `file:` is relative to,
    and the lines of the text (where a block of numbers begins)."""

    root: MappingNode
    source: str
    folder: Folder
    lines: Lines = field(default_factory=Lines)
    overrides: dict[str, str] = field(default_factory=dict)
    """keys set on the command line, with the option that set them"""
    options: tuple[str, ...] = ()
    """the option behind each multiple of OPTION"""
    settings: tuple[str, ...] = ()
    """what these options say, `--dilation 9`"""

    def mark(self, node: Node | None, key: str = "") -> Mark:
        """The place of `node`, the value of the top-level `key`."""
        if key in self.overrides:
            return Mark(self.overrides[key])
        if node and node.line >= OPTION:
            return Mark(self.options[node.line // OPTION - 1])
        return Mark(self.source, node.line, node.column) if node else Mark(self.source, 1, 1)
