"""Regular expressions that are compiled when they are first used: most of them are for what few runs say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")


class _Pattern:
    """A pattern as `re.compile` gives one; its methods are there from the first use on."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(f"a pattern has no attribute '{name}'")
        compiled = re.compile(self.pattern, self.flags)
        for method in METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


__all__ = ["pattern"]
if TYPE_CHECKING:
    from re import compile as pattern
else:
    pattern = _Pattern
