"""A spec as it was written: scalars still text, every node with its line and column.

Nodes are unfrozen only for speed: a 200 x 200 input has 40,000 of them. Nobody changes one, but that the lines of a
value from the command line are moved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cnngrad.errors import Mark
from cnngrad.numbers.kinds import Array
from cnngrad.spec.rows import Row

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
        """The place of `node`, the value of the top-level `key`."""
        if key in self.overrides:
            return Mark(self.overrides[key])
        if node and node.line >= OPTION:
            return Mark(self.options[node.line // OPTION - 1])
        return Mark(self.source, node.line, node.column) if node else Mark(self.source, 1, 1)
