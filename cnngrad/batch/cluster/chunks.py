"""How many items go out at once: chunks of about a second, and a bounded number of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngrad.records import dataclass

SECONDS = 1.0
"""What a chunk should take: sending it and waiting for it costs some hundredths of that."""
FIRST = 4
"""Items of the first chunks, of which nobody knows how long they take."""
MOST_ITEMS = 5_000
MOST_BYTES = 4 * 2**20
"""Bytes of the items of one chunk; one item may have more."""

Packed = tuple[Any, bytes]
"""An item and its pickle."""


@dataclass
class Pace:
    """How many items make a chunk, from what the chunks before took."""

    size: int = FIRST

    def measured(self, items: int, seconds: float) -> None:
        """Take into account a chunk of `items` that took `seconds`."""
        fitting = max(1, min(MOST_ITEMS, int(items * SECONDS / max(seconds, 1e-6))))
        if fitting <= self.size:
            self.size = fitting
        elif items >= self.size:  # smaller ones were sent before the size grew
            self.size = min(fitting, 4 * self.size)

    def cut(self, items: Iterator[Packed]) -> list[Packed]:
        """The next chunk of items, each with its pickled bytes; none where there are no more."""
        chunk: list[Packed] = []
        room = MOST_BYTES
        for item in items:
            chunk.append(item)
            room -= len(item[1])
            if len(chunk) >= self.size or room <= 0:
                break
        return chunk
