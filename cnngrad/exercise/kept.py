"""What was worked out for one answer to an exercise and serves the next: kept as long as it is small."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import field
from typing import Any, TypeVar

from cnngrad.records import dataclass

Value = TypeVar("Value")


@dataclass
class Kept:
    """Values by key, of at most `most` cells together: the oldest go first, and what is larger is not kept at all."""

    most: int
    _found: dict[Hashable, tuple[Any, int]] = field(default_factory=dict, init=False)

    @property
    def cells(self) -> int:
        """How many cells are kept."""
        return sum(cells for _, cells in self._found.values())

    def of(self, key: Hashable, make: Callable[[], Value], cells: Callable[[Value], int | None]) -> Value:
        """The value of a key, made where it is not there; `cells` counts what it holds (None: it is not to be kept)."""
        if key in self._found:
            value: Value = self._found[key][0]
            return value
        value = make()
        size = cells(value)
        if size is not None and size <= self.most:
            while self.cells + size > self.most:
                del self._found[next(iter(self._found))]
            self._found[key] = value, size
        return value
