"""A spec as it was written: scalars still text, every node with its line and column.

Nodes are unfrozen only for speed: a 200 x 200 input has 40,000 of them. Nobody changes one, but that the lines of a
value from the command line are moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cnngrad.errors import Mark
from cnngrad.numbers.kinds import Array

_BLANKS = str.maketrans("", "", " \n")
_AT_A_TIME = 2**18
OPTION = 10**9
"""Lines of a value from the command line are counted from a multiple of this, another for each option: no file has so
many lines."""


@dataclass(slots=True)
class ScalarNode:
    """A number, a word or a block of text."""

    text: str
    line: int = 0
    column: int = 0
    quoted: bool = False
    block: bool = False


@dataclass(slots=True)
class Row:
    """The text between the brackets of `[1, 2.5, -3]`: words with nothing but blanks and commas between them.

    `line` and `column` say where the text begins.
    """

    text: str
    line: int
    column: int

    @property
    def width(self) -> int:
        """How many words there are."""
        return self.text.count(",") + 1

    def lengths(self, most: int) -> Iterable[int]:
        """The lengths of its words, but of none where the text has no room for one of more than `most`."""
        # Each other word takes two characters or more: cheaper than measuring every word.
        return map(len, self.words()) if len(self.text) - 2 * (self.width - 1) > most else ()

    def words(self) -> list[str]:
        """Its words as texts."""
        return self.text.translate(_BLANKS).split(",")

    def scalar(self, number: int) -> ScalarNode:
        """One word with its place."""
        behind = self.text.split(",", number)[number]
        start = len(self.text) - len(behind.lstrip(" \n"))
        word = behind.partition(",")[0].strip(" \n")
        return ScalarNode(word, *self._place(start))

    def scalars(self) -> list[Node]:
        """Every word with its place."""
        found: list[Node] = []
        line, column = self.line, self.column
        for part in self.text.split(","):
            word = part.lstrip(" \n")
            blank = part[: len(part) - len(word)]
            if breaks := blank.count("\n"):
                line, column = line + breaks, len(blank) - blank.rfind("\n")
            else:
                column += len(blank)
            found.append(ScalarNode(word.rstrip(" \n"), line, column))
            if breaks := word.count("\n"):
                line, column = line + breaks, len(word) - word.rfind("\n") + 1
            else:
                column += len(word) + 1
        return found

    def _place(self, start: int) -> tuple[int, int]:
        before = self.text.count("\n", 0, start)
        if not before:
            return self.line, self.column + start
        return self.line + before, start - self.text.rfind("\n", 0, start)


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
        """Its entries."""
        if self._items is None:
            assert self.row is not None
            self._items = self.row.scalars()
        return self._items

    @property
    def width(self) -> int:
        """How many entries it has."""
        return self.row.width if self.row is not None else len(self.items)

    def scalar(self, number: int) -> Node:
        """One of its entries."""
        return self.row.scalar(number) if self.row is not None else self.items[number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SequenceNode) and self._all() == other._all()

    __hash__ = None  # type: ignore[assignment]

    def _all(self) -> tuple[list[Node], int, int]:
        return self.items, self.line, self.column


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


def words_of(rows: list[Row]) -> Iterator[list[str]]:
    """The words of several rows of one width, about _AT_A_TIME in a piece: each costs more as a text of its own."""
    step = max(1, _AT_A_TIME // rows[0].width)
    for start in range(0, len(rows), step):
        yield ",".join(row.text for row in rows[start : start + step]).translate(_BLANKS).split(",")


Node = ScalarNode | SequenceNode | MappingNode | ArrayNode
_WHAT = {ScalarNode: "a single value", SequenceNode: "a list", MappingNode: "a mapping", ArrayNode: "an array"}


def what(node: Node) -> str:
    """What a node is, in words."""
    return _WHAT[type(node)]


@dataclass(frozen=True)
class Lines:
    """The lines of a text, split when somebody asks for one."""

    text: str = ""

    @cached_property
    def all(self) -> tuple[str, ...]:
        """Every line."""
        return tuple(self.text.splitlines())


@dataclass(frozen=True, slots=True)
class Document:
    """A whole spec: its root, the name that errors show, the folder that `file:` is relative to,
    and the lines of the text (where a block of numbers begins)."""

    root: MappingNode
    source: str
    folder: Path
    lines: Lines = field(default_factory=Lines)
    overrides: dict[str, str] = field(default_factory=dict)
    """keys set on the command line, with the option that set them"""
    options: tuple[str, ...] = ()
    """the option behind each multiple of OPTION"""

    def mark(self, node: Node | None, key: str = "") -> Mark:
        """Where `node`, the value of the top-level `key`, stands."""
        if key in self.overrides:
            return Mark(self.overrides[key])
        if node and node.line >= OPTION:
            return Mark(self.options[node.line // OPTION - 1])
        return Mark(self.source, node.line, node.column) if node else Mark(self.source, 1, 1)
