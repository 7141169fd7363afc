"""Records as YAML, the same object as JSON."""

from __future__ import annotations

from typing import Any

import yaml


def render(record: dict[str, Any]) -> str:
    """One YAML document; rows of numbers in brackets, keys in the order of the JSON object."""
    text: str = yaml.dump(
        record, Dumper=_dumper(), default_flow_style=None, sort_keys=False, allow_unicode=True, width=10**6
    )
    return text


def _dumper() -> type[yaml.SafeDumper]:
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Safe YAML without anchors: a list that stands twice is written twice."""

        def ignore_aliases(self, _data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # The name of a file may have bytes that are no text; YAML has no sign for them.
        return dumper.represent_str(value.encode("utf-8", "backslashreplace").decode())

    Dumper.add_representer(str, text)
    return Dumper
