"""Values that are mappings and lists of mappings: each kind reads a node and says the same thing as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnngrad.errors import excerpt
from cnngrad.spec.tree import MappingNode, Node, ScalarNode, SequenceNode
from cnngrad.spec.values import UnusableError


@dataclass(frozen=True)
class Named:
    """A number for each of several names."""

    def read(self, node: Node) -> MappingNode:
        """The mapping itself; its numbers are read once their kind is known."""
        if not isinstance(node, MappingNode):
            raise UnusableError("is not a mapping; write it as {x: -2, y: 5}", node)
        for name in node.entries:
            if not name.isidentifier():
                raise UnusableError(f"{excerpt(name)} is no name; a name has letters, digits and _", node.keys[name])
        return node

    @property
    def schema(self) -> Mapping[str, Any]:
        """An object of numbers."""
        return {"type": "object", "additionalProperties": {"$ref": "#/definitions/cell"}}


@dataclass(frozen=True)
class Steps:
    """An expression, or a mapping of named ones."""

    def read(self, node: Node) -> ScalarNode | MappingNode:
        """The node itself."""
        if isinstance(node, ScalarNode):
            return node
        if not isinstance(node, MappingNode):
            raise UnusableError("is a list; write one expression, or a mapping of steps such as {q: x + y}", node)
        if not node.entries:
            raise UnusableError("has no steps; write at least one, such as {f: x + y}", node)
        for name, step in node.entries.items():
            if not name.isidentifier():
                raise UnusableError(f"{excerpt(name)} is no name; a name has letters, digits and _", node.keys[name])
            if not isinstance(step, ScalarNode):
                raise UnusableError(f"{name} is not an expression; write one such as x + y", step)
        return node

    @property
    def schema(self) -> Mapping[str, Any]:
        """A text, or an object of texts."""
        text = {"type": ["string", "number"]}
        return {"anyOf": [text, {"type": "object", "additionalProperties": text, "minProperties": 1}]}


@dataclass(frozen=True)
class Group:
    """A mapping with fields of its own."""

    fields: Mapping[str, Any]

    def read(self, node: Node) -> MappingNode:
        """The mapping itself; its keys are read one by one."""
        if isinstance(node, MappingNode):
            return node
        raise UnusableError(f"is not a mapping; write it with the keys {', '.join(self.fields)}", node)

    @property
    def schema(self) -> Mapping[str, Any]:
        """An object."""
        return {
            "type": "object",
            "properties": {key: {"description": f.says, **f.value.schema} for key, f in self.fields.items()},
            "required": [key for key, field in self.fields.items() if field.required],
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class OneOf:
    """A mapping whose `op` says which keys it has; `ops` has the fields of each."""

    ops: Mapping[str, Mapping[str, Any]]

    def read(self, node: Node) -> MappingNode:
        """The mapping itself; its keys are read once its op is known."""
        if isinstance(node, MappingNode):
            return node
        raise UnusableError(f"is not a mapping; write it as {{op: {next(iter(self.ops))}, ...}}", node)

    @property
    def schema(self) -> Mapping[str, Any]:
        """One object per op."""
        return {"oneOf": [self._of(op, fields) for op, fields in self.ops.items()]}

    def _of(self, op: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        schema = dict(Group(fields).schema)
        schema["properties"] |= {"op": {"description": fields["op"].says, "const": op}}
        return schema


@dataclass(frozen=True)
class ListOf:
    """A list of such mappings; without `ops` the schema leaves their keys open."""

    ops: Mapping[str, Mapping[str, Any]] | None = None

    def read(self, node: Node) -> SequenceNode:
        """The list itself."""
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
    def schema(self) -> Mapping[str, Any]:
        """An array."""
        items = OneOf(self.ops).schema if self.ops else {"type": "object", "required": ["op"]}
        return {"type": "array", "minItems": 1, "items": items}
