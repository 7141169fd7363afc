"""Records as JSON: full-precision numbers (repr), no NaN, innermost lists on one line."""

from __future__ import annotations

import json
from typing import Any

INDENT = 2


def render(record: dict[str, Any]) -> str:
    """One JSON object with a final newline."""
    return _value(record, 0) + "\n"


def _value(value: Any, depth: int) -> str:
    """JSON with line breaks between rows, so that a matrix reads as one."""
    if isinstance(value, dict) and any(isinstance(entry, dict | list) for entry in value.values()):
        return _lines(
            "{", [f"{json.dumps(key)}: {_value(entry, depth + 1)}" for key, entry in value.items()], "}", depth
        )
    if isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
        return _lines("[", [_value(entry, depth + 1) for entry in value], "]", depth)
    return json.dumps(value, allow_nan=False, ensure_ascii=True)


def _lines(opening: str, entries: list[str], closing: str, depth: int) -> str:
    inner, outer = "\n" + " " * INDENT * (depth + 1), "\n" + " " * INDENT * depth
    return f"{opening}{inner}{f',{inner}'.join(entries)}{outer}{closing}"
