"""What the value of a key may be: each kind reads a node and says the same thing as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cnngrad.errors import did_you_mean, excerpt
from cnngrad.spec.tree import MappingNode, Node, ScalarNode, SequenceNode, what

INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")


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
    def schema(self) -> Mapping[str, Any]:
        """The same rule as JSON Schema, draft-07."""


@dataclass(frozen=True)
class Choice:
    """One of several words; an alias stands for another word."""

    words: tuple[str, ...]
    aliases: Mapping[str, str]

    def read(self, node: Node) -> str:
        """The word."""
        word = _word(node, f"give one of {', '.join(self.words)}")
        if word in self.words or word in self.aliases:
            return self.aliases.get(word, word)
        hint = did_you_mean(word, self.words) or f"; it is one of {', '.join(self.words)}"
        raise UnusableError(f"{excerpt(word)} is unknown{hint}", node)

    @property
    def schema(self) -> Mapping[str, Any]:
        """An enumeration."""
        return {"enum": [*self.words, *self.aliases]}


@dataclass(frozen=True)
class Truth:
    """true or false."""

    def read(self, node: Node) -> bool:
        """The truth value; YAML 1.1's yes and no are not taken."""
        word = _word(node, "write true or false")
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise UnusableError(f"{excerpt(word)} is neither true nor false; write true or false", node)

    @property
    def schema(self) -> Mapping[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole:
    """A whole number of at least `least`, but not `never`."""

    least: int | None = None
    never: int | None = None

    def read(self, node: Node) -> int:
        """The number."""
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
    def schema(self) -> Mapping[str, Any]:
        """An integer with its bound."""
        whole: dict[str, Any] = {"type": "integer"}
        if self.least is not None:
            whole["minimum"] = self.least
        return whole if self.never is None else whole | {"not": {"const": self.never}}


@dataclass(frozen=True)
class PerAxis:
    """One whole number, or a list with one per spatial axis."""

    each: Whole

    def read(self, node: Node) -> tuple[int, ...]:
        """The numbers; a single one is a tuple of one."""
        if isinstance(node, SequenceNode):
            return _entries(node, self.each.read, "give one whole number per spatial axis")
        return (self.each.read(node),)

    @property
    def schema(self) -> Mapping[str, Any]:
        """An integer, or one to three."""
        return {"anyOf": [self.each.schema, _list_of(self.each.schema)]}


@dataclass(frozen=True)
class Pads:
    """Padding: a number, one per axis, [before, after] per axis, or a word."""

    words: tuple[str, ...] = ("valid", "same", "same_lower")

    def read(self, node: Node) -> Any:
        """A word, a tuple of numbers, or a tuple of pairs."""
        each = Whole(least=0)
        if isinstance(node, SequenceNode):
            if any(isinstance(item, SequenceNode) for item in node.items):
                return _entries(node, self._pair, "give one [before, after] pair per spatial axis")
            return _entries(node, each.read, "give one whole number per spatial axis")
        if isinstance(node, ScalarNode) and not INTEGER.fullmatch(node.text):
            return Choice(self.words, {}).read(node) if node.text.isidentifier() else (each.read(node),)
        return (each.read(node),)

    @property
    def schema(self) -> Mapping[str, Any]:
        """All the forms."""
        number = Whole(least=0).schema
        pair = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
        return {"anyOf": [{"enum": list(self.words)}, number, _list_of(number), _list_of(pair)]}

    def _pair(self, node: Node) -> tuple[int, int]:
        if not isinstance(node, SequenceNode) or len(node.items) != 2:
            raise UnusableError("mixes numbers and pairs; give every axis a pair [before, after]", node)
        before, after = map(Whole(least=0).read, node.items)
        return before, after


@dataclass(frozen=True)
class Words:
    """A text for people."""

    def read(self, node: Node) -> str:
        """The text as it stands."""
        if isinstance(node, ScalarNode):
            return node.text
        raise UnusableError("is not a text; write it on one line", node)

    @property
    def schema(self) -> Mapping[str, Any]:
        """Any scalar: a title may look like a number."""
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class Anything:
    """A mapping whose content another command reads."""

    def read(self, node: Node) -> MappingNode:
        """The mapping itself."""
        if isinstance(node, MappingNode):
            return node
        raise UnusableError("is not a mapping; write it as answers: {dW: [[...]]}", node)

    @property
    def schema(self) -> Mapping[str, Any]:
        """Any object."""
        return {"type": "object"}


@dataclass(frozen=True)
class Numbers:
    """An array of numbers; read once the kind of number is known."""

    def read(self, node: Node) -> Node:
        """The node itself."""
        return node

    @property
    def schema(self) -> Mapping[str, Any]:
        """A reference to the shared definition."""
        return {"$ref": "#/definitions/array"}


def _word(node: Node, wanted: str) -> str:
    if isinstance(node, ScalarNode):
        if node.text in ("", "~", "null"):
            raise UnusableError(f"is empty; {wanted}, or leave the key out", node)
        return node.text
    raise UnusableError(f"is {what(node)}; {wanted}", node)


def _entries(node: SequenceNode, read: Callable[[Node], Any], wanted: str) -> tuple[Any, ...]:
    if not 1 <= node.width <= 3:
        raise UnusableError(f"has {node.width} entries; {wanted}", node)
    return tuple(map(read, node.items))


def _list_of(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": 3}
