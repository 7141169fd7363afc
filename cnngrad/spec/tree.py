"""A spec as it was written: scalars still text, every node with its line and column.

Nodes are not frozen for speed alone: a 200 x 200 input has 40,000 of them. Nobody changes one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cnngrad.errors import Mark
from cnngrad.numbers.kinds import Array


@dataclass(slots=True)
class Scalar:
    """A number, a word or a block of text."""

    text: str
    line: int = 0
    column: int = 0
    quoted: bool = False
    block: bool = False


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Node]
    line: int = 0
    column: int = 0


@dataclass(slots=True)
class Mapping:
    """A mapping; `keys` keeps where each key stands."""

    entries: dict[str, Node]
    keys: dict[str, Scalar] = field(default_factory=dict)
    line: int = 0
    column: int = 0


@dataclass(slots=True)
class Data:
    """An array that came ready: from a file or from Python."""

    values: Array
    line: int = 0
    column: int = 0


Node = Scalar | Sequence | Mapping | Data


@dataclass(frozen=True, slots=True)
class Document:
    """A whole spec: its root, the name that errors show, the folder that `file:` is relative to,
    and the lines of the text (for the caret under an error)."""

    root: Mapping
    source: str
    folder: Path
    lines: tuple[str, ...] = ()
    overrides: dict[str, str] = field(default_factory=dict)
    """keys set on the command line, with the option that set them"""

    def mark(self, node: Node | None, key: str = "") -> Mark:
        """Where `node`, the value of the top-level `key`, stands."""
        if key in self.overrides:
            return Mark(self.overrides[key])
        return Mark(self.source, node.line, node.column) if node else Mark(self.source, 1, 1)
