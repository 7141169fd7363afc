"""The JSON Schema (draft-07) of a spec, made from the same table that reads specs."""

from __future__ import annotations

from typing import Any

from cnngrad.exercise.op import Ops
from cnngrad.numbers.grammar import DECIMAL, RATIO
from cnngrad.spec.fields import Fields, of_op
from cnngrad.spec.files import MAX_AXES


def schema(ops: Ops) -> dict[str, Any]:
    """The schema as plain JSON values."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cnngrad spec",
        "description": "An exercise for cnngrad: one op with its arrays and settings",
        "oneOf": [_op(name, op.fields) for name, op in ops.items() if op.alone],
        "definitions": {"array": _array(), "cell": _cell(), **_nested()},
    }


def _op(op: str, fields: Fields) -> dict[str, Any]:
    required = [key for key, field in fields.items() if field.required]
    return of_op(op, fields) | {"required": ["op", *required]}


def _array() -> dict[str, Any]:
    """A number, nested lists of numbers, a block of text, or a file."""
    file = {
        "type": "object",
        "properties": {"file": {"type": "string"}, "key": {"type": "string"}},
        "required": ["file"],
        "additionalProperties": False,
    }
    return {"anyOf": [{"$ref": "#/definitions/cell"}, {"$ref": "#/definitions/list1"}, {"type": "string"}, file]}


def _nested() -> dict[str, Any]:
    """Lists of lists down to the largest number of axes."""
    return {
        f"list{depth}": {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [_reference("cell"), *([_reference(f"list{depth + 1}")] if depth < MAX_AXES else [])]},
        }
        for depth in range(1, MAX_AXES + 1)
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _cell() -> dict[str, Any]:
    """A number as JSON or, for fractions and exponents that YAML reads as text, as a string."""
    return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^(?:{DECIMAL.pattern}|{RATIO.pattern})$"}]}
