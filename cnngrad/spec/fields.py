"""What keys a mapping of a spec has: a table of fields, how a mapping is read by it, and its JSON Schema (draft-07)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnngrad.errors import Problems, did_you_mean, excerpt
from cnngrad.examples import DEFAULTS
from cnngrad.exercise.op import Ops
from cnngrad.numbers.grammar import DECIMAL, RATIO
from cnngrad.numbers.kinds import KINDS
from cnngrad.records import dataclass
from cnngrad.spec.field_kinds import (
    ANSWERS,
    CHOICES,
    NAMED_NUMBERS,
    NUMBERS,
    PADDING,
    QUANTITIES,
    TEXT,
    Rule,
    Schema,
    UnusableError,
    choice,
    mapping,
    one_per_axis,
    whole,
)
from cnngrad.spec.files import MAX_AXES
from cnngrad.spec.tree import Document, MappingNode, Node, ScalarNode, SequenceNode
from cnngrad.windows.layout import ALL


@dataclass(frozen=True)
class Field:
    """One key: what its value may be, whether it must be there, and a line for editors."""

    value: Rule | Group | OneOf | ListOf
    says: str
    required: bool = False


Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Group:
    """A mapping with keys of its own."""

    fields: Fields

    def read(self, node: Node) -> MappingNode:
        if isinstance(node, MappingNode):
            return node
        raise UnusableError(f"is not a mapping; write it with the keys {', '.join(self.fields)}", node)

    @property
    def schema(self) -> Schema:
        return {
            "type": "object",
            "properties": {key: {"description": f.says, **f.value.schema} for key, f in self.fields.items()},
            "required": [key for key, field in self.fields.items() if field.required],
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class OneOf:
    """A mapping whose `op` says which keys it has; `ops` has the fields of each."""

    ops: Mapping[str, Fields]

    def read(self, node: Node) -> MappingNode:
        return mapping(node, f"{{op: {next(iter(self.ops))}, ...}}")

    @property
    def schema(self) -> Schema:
        return {"oneOf": [of_op(op, fields) for op, fields in self.ops.items()]}


@dataclass(frozen=True)
class ListOf:
    """A list of mappings with an `op` each; without `ops` the schema does not say their keys."""

    ops: Mapping[str, Fields] | None = None

    def read(self, node: Node) -> SequenceNode:
        wanted = "give a list of mappings, each with its op"
        if not isinstance(node, SequenceNode):
            raise UnusableError(f"is not a list; {wanted}", node)
        if not node.items:
            raise UnusableError(f"is empty; {wanted}", node)
        for item in node.items:
            if not isinstance(item, MappingNode):
                raise UnusableError(f"has an entry that is no mapping; {wanted}", item)
        return node

    @property
    def schema(self) -> Schema:
        items = OneOf(self.ops).schema if self.ops else {"type": "object", "required": ["op"]}
        return {"type": "array", "minItems": 1, "items": items}


def of_op(op: str, fields: Fields) -> dict[str, Any]:
    """The schema of a mapping with the fields of `op`."""
    schema = dict(Group(fields).schema)
    return schema | {"properties": schema["properties"] | {"op": {"description": fields["op"].says, "const": op}}}


OP: Fields = {"op": Field(TEXT, "which exercise this is")}
COMMON: Fields = {
    **OP,
    "title": Field(TEXT, "a heading for the output"),
    "ask": Field(QUANTITIES, "the quantities that the exercise asks for, such as [dA, dW, db]"),
    "choices": Field(CHOICES, "answers to choose from, by quantity: an answer b is the second of them"),
    "answers": Field(ANSWERS, "a student's results by quantity, for cnngrad check"),
    "numbers": Field(choice(tuple(KINDS)), "the kind of numbers: float64, exact fractions, or formulas"),
    "values": Field(NAMED_NUMBERS, "with numbers: symbolic, what the symbols stand for"),
}
INPUT: Fields = {"input": Field(NUMBERS, "A, the input", required=True)}
LAYOUT: Fields = {"layout": Field(choice(ALL), "the axes of input, such as HW, NHWC or NCHW")}
DELTA: Fields = {
    "delta": Field(NUMBERS, "the upstream gradient dZ, in the shape of Z; one number stands for every cell")
}
SLIDING: Fields = {
    "stride": Field(one_per_axis(whole(least=1)), "cells from one window to the next; one number, or one per axis"),
    "padding": Field(PADDING, "a number, one per axis, [before, after] pairs, valid, same or same_lower"),
    "dilation": Field(one_per_axis(whole(least=1)), "cells from one tap to the next; one number, or one per axis"),
}


def read_entries(
    node: MappingNode,
    fields: Fields,
    label: str,
    document: Document,
    problems: Problems,
    *,
    prefix: str = "",
    owner_of: Callable[[str], str] = lambda _: "",
) -> dict[str, Any]:
    """The values of a mapping by key; arrays stay nodes. `label` says whose keys they are: `op conv`.

    `prefix` is written before the keys in messages, `owner_of` says whose key an unknown one is.
    """
    values: dict[str, Any] = {}
    for key, value in node.entries.items():
        if key not in fields:
            left = [name for name in fields if name not in node.entries]
            hint = (
                did_you_mean(key, left)
                or did_you_mean(key, fields)
                or owner_of(key)
                or f"; {label} takes {', '.join(fields)}"
            )
            mark = document.mark(node.keys.get(key, value), "" if prefix else key)
            problems.add(f"{prefix}{key}", f"is no key of {label}{hint}", mark)
            continue
        try:
            values[key] = fields[key].value.read(value)
        except UnusableError as reason:
            problems.add(f"{prefix}{key}", str(reason), document.mark(reason.node, "" if prefix else key))
    for key, field in fields.items():
        if field.required and key not in node.entries:
            problems.add(f"{prefix}{key}", f"is missing; {label} needs {key}: {field.says}", document.mark(node))
    return values


def choose(node: Node | None, known: Iterable[str]) -> tuple[str, str | None]:
    """The word of `node` among `known`, or the reason why it is none of them."""
    names = list(known)
    if node is None:
        return "", f"is missing; write one of {', '.join(names)}"
    word = node.text if isinstance(node, ScalarNode) else ""
    if word in names:
        return word, None
    return word, f"{excerpt(word)} is unknown{did_you_mean(word, names) or '; it is one of ' + ', '.join(names)}"


def schema(ops: Ops) -> dict[str, Any]:
    """The schema of a whole spec as plain JSON values, from the table that reads specs.

    `op` may be left out where a command says it: the keys that an op needs say which one is meant.
    """
    alone = {name: op.fields for name, op in ops.items() if op.alone}
    required = {name: [key for key, field in fields.items() if field.required] for name, fields in alone.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cnngrad spec",
        "description": "An exercise for cnngrad: one op with its arrays and settings",
        "oneOf": [
            of_op(name, fields) | {"required": [*(() if name in DEFAULTS else ("op",)), *required[name]]}
            for name, fields in alone.items()
        ],
        "definitions": _definitions(),
    }


def _definitions() -> dict[str, Any]:
    """Of an array: a number, lists of lists of numbers down to the largest number of axes, a block of text, or a file.

    A number is one of JSON or, for fractions and exponents that YAML reads as text, a string.
    """
    cell, *lists = ({"$ref": f"#/definitions/{name}"} for name in ("cell", *(f"list{n + 1}" for n in range(MAX_AXES))))
    items = [{"anyOf": [cell, *lists[depth : depth + 1]]} for depth in range(1, MAX_AXES + 1)]
    file = {
        "type": "object",
        "properties": {"file": {"type": "string"}, "key": {"type": "string"}},
        "required": ["file"],
        "additionalProperties": False,
    }
    written = {"type": "string", "pattern": f"^(?:{DECIMAL.pattern}|{RATIO.pattern})$"}
    return {
        "array": {"anyOf": [cell, lists[0], {"type": "string"}, file]},
        "cell": {"anyOf": [{"type": "number"}, written]},
        **{f"list{n}": {"type": "array", "minItems": 1, "items": each} for n, each in enumerate(items, start=1)},
    }
