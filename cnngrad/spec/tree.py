"""A spec as it was written: scalars and rows of plain words still text, every node with its line and column.

Nodes are unfrozen only for speed: a 200 x 200 input has 40,000 of them. Nobody changes one, but that the lines of a
value from the command line are moved. A list of plain words or numbers keeps them as they came (`rows.py`), and has
nodes for them when somebody asks.
"""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from os import PathLike

from cnngrad.errors import Mark
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.spec.rows import Numbers, Row, Table

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
    """A list. One that came as plain words or numbers (`held`) makes its items when they are asked for."""

    __slots__ = ("_items", "column", "held", "line")

    def __init__(
        self, items: list[Node] | None, line: int = 0, column: int = 0, held: Row | Table | Numbers | None = None
    ) -> None:
        self._items = items
        self.line = line
        self.column = column
        self.held = held

    def hold(self, held: Row | Table) -> None:
        """Take the entries from a row of plain words, or from several."""
        self._items, self.held = None, held

    @property
    def items(self) -> list[Node]:
        if self._items is None:
            self._items = _entries(self.held)
        return self._items

    @property
    def row(self) -> Row | None:
        """The row of plain words that it is, if it came as one."""
        return self.held if type(self.held) is Row else None

    @property
    def table(self) -> Table | Numbers | None:
        """The table that it is, if it came as one."""
        return None if type(self.held) is Row else self.held  # type: ignore[return-value]

    @property
    def width(self) -> int:
        return self.held.width if self.held is not None else len(self.items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SequenceNode):
            return False
        return (self.items, self.line, self.column) == (other.items, other.line, other.column)

    __hash__ = None  # type: ignore[assignment]


def _entries(held: Row | Table | Numbers | None) -> list[Node]:
    """The items of a list that came as plain words or numbers."""
    assert held is not None
    if isinstance(held, Row):
        return [ScalarNode(*word) for word in held.placed()]
    if isinstance(held, Table):
        return [SequenceNode(None, line, column, row) for line, column, row in held.placed()]
    if held.inner:
        return [SequenceNode(None, held=part) for part in held.parts()]
    return [ScalarNode(text) for text in held.texts]


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
            else:
                node.held = None  # whose places are those before


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
