"""Records as JSON and YAML: full-precision numbers (repr), no NaN, innermost lists on one line."""

from __future__ import annotations

import json
from typing import Any

import yaml

INDENT = 2


def as_json(record: dict[str, Any]) -> str:
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


def as_yaml(record: dict[str, Any]) -> str:
    """One YAML document; rows of numbers in brackets, keys in the order of the JSON object."""
    text: str = yaml.dump(
        record, Dumper=_dumper(), default_flow_style=None, sort_keys=False, allow_unicode=True, width=10**6
    )
    return text


def _dumper() -> type[yaml.SafeDumper]:
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Safe YAML without anchors: a list that is there twice is written twice."""

        def ignore_aliases(self, _data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # The name of a file may have bytes that are no text; YAML has no sign for them.
        return dumper.represent_str(value.encode("utf-8", "backslashreplace").decode())

    Dumper.add_representer(str, text)
    return Dumper
