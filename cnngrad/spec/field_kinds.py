"""What the value of a key may be: each kind reads a node, and says the same rule as JSON Schema (draft-07).

The value of a key that holds arrays, mappings or steps is the node itself: it is read further once the op, or the kind
of numbers, is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cnngrad.errors import did_you_mean, excerpt
from cnngrad.spec.tree import MappingNode, Node, ScalarNode, SequenceNode, what

INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
Schema = Mapping[str, Any]


class UnusableError(ValueError):
    """Why a node cannot be the value of its key; `node` is where it goes wrong."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


class Value(Protocol):
    """A kind of value."""

    def read(self, node: Node) -> Any:
        """The value of a node; UnusableError says why there is none."""

    @property
    def schema(self) -> Schema:
        """The same rule as JSON Schema."""


# Words and numbers


@dataclass(frozen=True)
class Choice:
    """One of several words; an alias is read as another word."""

    words: tuple[str, ...]
    aliases: Mapping[str, str]

    def read(self, node: Node) -> str:
        word = _word(node, f"give one of {', '.join(self.words)}")
        if word in self.words or word in self.aliases:
            return self.aliases.get(word, word)
        hint = did_you_mean(word, self.words) or f"; it is one of {', '.join(self.words)}"
        raise UnusableError(f"{excerpt(word)} is unknown{hint}", node)

    @property
    def schema(self) -> Schema:
        return {"enum": [*self.words, *self.aliases]}


@dataclass(frozen=True)
class Boolean:
    """true or false; YAML 1.1's yes and no are not taken."""

    def read(self, node: Node) -> bool:
        word = _word(node, "write true or false")
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise UnusableError(f"{excerpt(word)} is neither true nor false; write true or false", node)

    @property
    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Text:
    """A text for people."""

    def read(self, node: Node) -> str:
        if isinstance(node, ScalarNode):
            return node.text
        raise UnusableError("is not a text; write it on one line", node)

    @property
    def schema(self) -> Schema:
        """Any scalar: a title may look like a number."""
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class Whole:
    """A whole number of at least `least`, but not `never`."""

    least: int | None = None
    never: int | None = None

    def read(self, node: Node) -> int:
        word = _word(node, "give a whole number")
        if not INTEGER.fullmatch(word):
            raise UnusableError(f"{excerpt(word)} is not a whole number; give one like {max(self.least or 1, 1)}", node)
        number = int(word)
        if self.least is not None and number < self.least:
            raise UnusableError(f"is {number}; it must be at least {self.least}", node)
        if number == self.never:
            raise UnusableError(f"is {number}; it must be another number", node)
        return number

    @property
    def schema(self) -> Schema:
        whole: dict[str, Any] = {"type": "integer"}
        if self.least is not None:
            whole["minimum"] = self.least
        return whole if self.never is None else whole | {"not": {"const": self.never}}


@dataclass(frozen=True)
class PerAxis:
    """One whole number, or a list with one per spatial axis; a single one is read as a tuple of one."""

    each: Whole

    def read(self, node: Node) -> tuple[int, ...]:
        if isinstance(node, SequenceNode):
            return _entries(node, self.each.read, "give one whole number per spatial axis")
        return (self.each.read(node),)

    @property
    def schema(self) -> Schema:
        return {"anyOf": [self.each.schema, _list_of(self.each.schema)]}


@dataclass(frozen=True)
class Pads:
    """Padding: a word, or a tuple of numbers (one, or one per axis) or of pairs (before, after) per axis."""

    words: tuple[str, ...] = ("valid", "same", "same_lower")

    def read(self, node: Node) -> Any:
        each = Whole(least=0)
        if isinstance(node, SequenceNode):
            if any(isinstance(item, SequenceNode) for item in node.items):
                return _entries(node, self._pair, "give one [before, after] pair per spatial axis")
            return _entries(node, each.read, "give one whole number per spatial axis")
        if isinstance(node, ScalarNode) and not INTEGER.fullmatch(node.text):
            return Choice(self.words, {}).read(node) if node.text.isidentifier() else (each.read(node),)
        return (each.read(node),)

    @property
    def schema(self) -> Schema:
        number = Whole(least=0).schema
        pair = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
        return {"anyOf": [{"enum": list(self.words)}, number, _list_of(number), _list_of(pair)]}

    def _pair(self, node: Node) -> tuple[int, int]:
        if not isinstance(node, SequenceNode) or len(node.items) != 2:
            raise UnusableError("mixes numbers and pairs; give every axis a pair [before, after]", node)
        before, after = map(Whole(least=0).read, node.items)
        return before, after


# Values that stay nodes


@dataclass(frozen=True)
class Numbers:
    """An array of numbers."""

    def read(self, node: Node) -> Node:
        return node

    @property
    def schema(self) -> Schema:
        return {"$ref": "#/definitions/array"}


@dataclass(frozen=True)
class NamedNumbers:
    """A number for each of several names."""

    def read(self, node: Node) -> MappingNode:
        named = mapping(node, "{x: -2, y: 5}")
        for name in named.entries:
            _check_name(name, named)
        return named

    @property
    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": {"$ref": "#/definitions/cell"}}


@dataclass(frozen=True)
class Steps:
    """An expression, or a mapping of named ones."""

    def read(self, node: Node) -> ScalarNode | MappingNode:
        if isinstance(node, ScalarNode):
            return node
        if not isinstance(node, MappingNode):
            raise UnusableError("is a list; write one expression, or a mapping of steps such as {q: x + y}", node)
        if not node.entries:
            raise UnusableError("has no steps; write at least one, such as {f: x + y}", node)
        for name, step in node.entries.items():
            _check_name(name, node)
            if not isinstance(step, ScalarNode):
                raise UnusableError(f"{name} is not an expression; write one such as x + y", step)
        return node

    @property
    def schema(self) -> Schema:
        text = {"type": ["string", "number"]}
        return {"anyOf": [text, {"type": "object", "additionalProperties": text, "minProperties": 1}]}


@dataclass(frozen=True)
class Answers:
    """A student's results by quantity; their names are not checked here."""

    def read(self, node: Node) -> MappingNode:
        return mapping(node, "answers: {dW: [[...]]}")

    @property
    def schema(self) -> Schema:
        return {"type": "object"}


def mapping(node: Node, example: str) -> MappingNode:
    """The node as a mapping; UnusableError shows an example."""
    if isinstance(node, MappingNode):
        return node
    raise UnusableError(f"is not a mapping; write it as {example}", node)


def _word(node: Node, wanted: str) -> str:
    if isinstance(node, ScalarNode):
        if node.text in ("", "~", "null"):
            raise UnusableError(f"is empty; {wanted}, or leave the key out", node)
        return node.text
    raise UnusableError(f"is {what(node)}; {wanted}", node)


def _check_name(name: str, node: MappingNode) -> None:
    if not name.isidentifier():
        raise UnusableError(f"{excerpt(name)} is no name; a name has letters, digits and _", node.keys[name])


def _entries(node: SequenceNode, read: Callable[[Node], Any], wanted: str) -> tuple[Any, ...]:
    if not 1 <= node.width <= 3:
        raise UnusableError(f"has {node.width} entries; {wanted}", node)
    return tuple(map(read, node.items))


def _list_of(items: Schema) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": 3}
