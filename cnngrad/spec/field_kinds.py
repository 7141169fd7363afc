"""What the value of a key may be: each kind reads a node, and says the same rule as JSON Schema (draft-07).

The value of a key that holds arrays, mappings or steps is the node itself: it is read further once the op, or the kind
of numbers, is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cnngrad.errors import did_you_mean, excerpt
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec.tree import MappingNode, Node, ScalarNode, SequenceNode, what

INTEGER = pattern(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
Schema = Mapping[str, Any]


class UnusableError(ValueError):
    """Why a node cannot be the value of its key; `node` is where it goes wrong."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


@dataclass(frozen=True)
class Rule:
    """A kind of value: `read` gives that of a node (UnusableError says why not), `schema` says what it takes."""

    read: Callable[[Node], Any]
    schema: Schema


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


def _entries(node: SequenceNode, read: Callable[[Node], Any], wanted: str, most: int = 3) -> tuple[Any, ...]:
    if not 1 <= node.width <= most:
        raise UnusableError(f"has {node.width} entries; {wanted}", node)
    return tuple(map(read, node.items))


def _list_of(items: Schema, most: int = 3) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


# Words and numbers


def choice(words: tuple[str, ...], aliases: Mapping[str, str] = MappingProxyType({})) -> Rule:
    """One of several words; an alias is read as another word."""

    def read(node: Node) -> str:
        word = _word(node, f"give one of {', '.join(words)}")
        if word in words or word in aliases:
            return aliases.get(word, word)
        hint = did_you_mean(word, words) or f"; it is one of {', '.join(words)}"
        raise UnusableError(f"{excerpt(word)} is unknown{hint}", node)

    return Rule(read, {"enum": [*words, *aliases]})


def whole(least: int | None = None, never: int | None = None) -> Rule:
    """A whole number of at least `least`, but not `never`."""

    def read(node: Node) -> int:
        word = _word(node, "give a whole number")
        if not INTEGER.fullmatch(word):
            raise UnusableError(f"{excerpt(word)} is not a whole number; give one like {max(least or 1, 1)}", node)
        number = int(word)
        if least is not None and number < least:
            raise UnusableError(f"is {number}; it must be at least {least}", node)
        if number == never:
            raise UnusableError(f"is {number}; it must be another number", node)
        return number

    bounds = {"minimum": least} if least is not None else {}
    return Rule(read, {"type": "integer", **bounds, **({"not": {"const": never}} if never is not None else {})})


def one_per_axis(each: Rule, axes: int = 3) -> Rule:
    """One number, or a list with one per spatial axis (of at most so many axes); a single one is read as a tuple of
    one."""
    which = "spatial axis" if axes == 3 else "axis"

    def read(node: Node) -> tuple[int, ...]:
        if isinstance(node, SequenceNode):
            return _entries(node, each.read, f"give one whole number per {which}", axes)
        return (each.read(node),)

    return Rule(read, {"anyOf": [each.schema, _list_of(each.schema, axes)]})


def or_word(word: str, numbers: Rule) -> Rule:
    """One word, or what `numbers` reads."""
    words = choice((word,))

    def read(node: Node) -> Any:
        return (words if _is_word(node) else numbers).read(node)

    return Rule(read, {"anyOf": [words.schema, numbers.schema]})


def _is_word(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not INTEGER.fullmatch(node.text) and node.text.isidentifier()


def _read_boolean(node: Node) -> bool:
    word = _word(node, "write true or false")
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise UnusableError(f"{excerpt(word)} is neither true nor false; write true or false", node)


def _read_text(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return node.text
    raise UnusableError("is not a text; write it on one line", node)


def _read_padding(node: Node) -> Any:
    if isinstance(node, SequenceNode):
        if any(isinstance(item, SequenceNode) for item in node.items):
            return _entries(node, _read_pair, "give one [before, after] pair per spatial axis")
        return _entries(node, _CELLS.read, "give one whole number per spatial axis")
    if _is_word(node):
        return _PADDINGS.read(node)
    return (_CELLS.read(node),)


def _read_pair(node: Node) -> tuple[int, int]:
    if not isinstance(node, SequenceNode) or len(node.items) != 2:
        raise UnusableError("mixes numbers and pairs; give every axis a pair [before, after]", node)
    before, after = map(_CELLS.read, node.items)
    return before, after


_PADDINGS = choice(("valid", "same", "same_lower"))
_CELLS = whole(least=0)
_PAIR = {"type": "array", "items": _CELLS.schema, "minItems": 2, "maxItems": 2}

BOOLEAN = Rule(_read_boolean, {"type": "boolean"})
"""true or false; YAML 1.1's yes and no are not taken."""
TEXT = Rule(_read_text, {"type": ["string", "number", "boolean"]})
"""A text for people. In the schema it is any scalar: a title may look like a number."""
PADDING = Rule(_read_padding, {"anyOf": [_PADDINGS.schema, _CELLS.schema, _list_of(_CELLS.schema), _list_of(_PAIR)]})
"""A word, or a tuple of numbers (one, or one per axis) or of pairs (before, after) per axis."""


# Values that stay nodes


def _read_named_numbers(node: Node) -> MappingNode:
    named = mapping(node, "{x: -2, y: 5}")
    for name in named.entries:
        _check_name(name, named)
    return named


def _read_steps(node: Node) -> ScalarNode | MappingNode:
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


def _read_quantities(node: Node) -> tuple[ScalarNode, ...]:
    wanted = "give names of quantities, as in ask: [dA, dW]"
    nodes = node.items if isinstance(node, SequenceNode) else [node]
    if not nodes:
        raise UnusableError(f"is empty; {wanted}", node)
    for each in nodes:
        _word(each, wanted)
    return tuple(each for each in nodes if isinstance(each, ScalarNode))


_EXPRESSION = {"type": ["string", "number"]}
_NAME = {"type": "string", "minLength": 1}

NUMBERS = Rule(lambda node: node, {"$ref": "#/definitions/array"})
"""An array of numbers."""
NAMED_NUMBERS = Rule(_read_named_numbers, {"type": "object", "additionalProperties": {"$ref": "#/definitions/cell"}})
"""A number for each of several names."""
STEPS = Rule(
    _read_steps, {"anyOf": [_EXPRESSION, {"type": "object", "additionalProperties": _EXPRESSION, "minProperties": 1}]}
)
"""An expression, or a mapping of named ones."""
QUANTITIES = Rule(_read_quantities, {"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1}]})
"""The names of quantities, as their nodes; whether the exercise has them is seen when it is there."""
ANSWERS = Rule(lambda node: mapping(node, "answers: {dW: [[...]]}"), {"type": "object"})
"""A student's results by quantity; their names are not checked here."""
CHOICES = Rule(
    lambda node: mapping(node, "choices: {dA: [[[1, 2]], [[3, 4]]]}"),
    {"type": "object", "additionalProperties": {"type": "array", "items": NUMBERS.schema, "minItems": 1}},
)
"""Arrays to choose from, by quantity."""
