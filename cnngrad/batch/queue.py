"""The items of a run between its input and its output: taken as they are needed, given in the order of the input."""

from __future__ import annotations

import heapq
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any

from cnngrad.batch.failures import unsent
from cnngrad.errors import Problem
from cnngrad.records import dataclass

AHEAD = 2048
"""Items taken from the input whose turn has not come."""
AHEAD_BYTES = 2**26
"""Bytes of such items and of their results."""
AT_ONCE = 64
"""Outcomes given before the workers are looked after again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the work gave for an item, or the problem why it gave nothing."""

    item: Any
    value: Any = None
    problem: Problem | None = None


@dataclass(order=True, slots=True)
class Entry:
    """An item on its way: its place in the input, and its pickle."""

    index: int
    item: Any = field(compare=False)
    data: bytes = field(compare=False)


@dataclass
class Queue:
    """Items to be sent, and outcomes before their turn."""

    items: Iterator[Any]
    pickled: Callable[[Any], bytes] = lambda item: pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
    """gives the pickle of an item"""
    again: list[Entry] = field(default_factory=list)
    """entries whose worker was lost, as a heap: the first in the input first"""
    done: dict[int, tuple[Outcome, int]] = field(default_factory=dict)
    """outcomes before their turn, each with its bytes"""
    taken: int = 0
    given: int = 0
    size: int = 0
    """bytes of all that is taken and not given"""
    exhausted: bool = False
    failure: Exception | None = None
    """what the input raised: the end of the items, told when all before it are given"""

    @property
    def unfinished(self) -> bool:
        """Whether any item that was taken has not been given."""
        return self.given < self.taken

    @property
    def awaited(self) -> int | None:
        """The descriptor that the next item comes from, where the input says that it is not there yet."""
        if self.exhausted or (of_input := getattr(self.items, "awaited", None)) is None:
            return None
        found: int | None = of_input()
        return found

    def next(self) -> Entry | None:
        """The next item to be sent; none where there is no more, or not yet, or enough is taken."""
        if self.again:
            return heapq.heappop(self.again)
        while self.taken - self.given < AHEAD and self.size < AHEAD_BYTES and not self.exhausted:
            if self.awaited is not None:
                return None
            if (entry := self._take()) is not None:
                return entry
        return None

    def _take(self) -> Entry | None:
        """An item of the input, unless that is at its end or the item cannot be sent, which is its outcome."""
        try:
            item = next(self.items)
        except StopIteration:
            self.exhausted = True
            return None
        except Exception as error:
            self.exhausted, self.failure = True, error
            return None
        entry = Entry(self.taken, item, b"")
        self.taken += 1
        try:
            entry.data = self.pickled(item)
        except Exception:
            self.finish(entry, Outcome(item, None, unsent(item)))
            return None
        self.size += len(entry.data)
        return entry

    def give_back(self, entries: Iterable[Entry]) -> None:
        """Entries that are to be sent again, before any other."""
        for entry in entries:
            heapq.heappush(self.again, entry)

    def finish(self, entry: Entry, outcome: Outcome, size: int = 0) -> None:
        """Keep an outcome of `size` bytes until its turn."""
        self.size += size
        self.done[entry.index] = outcome, size + len(entry.data)

    @property
    def is_due(self) -> bool:
        """Whether the next outcome in the order of the input is there."""
        return self.given in self.done

    def due(self) -> Iterator[Outcome]:
        """Outcomes whose turn has come, a number of them at most."""
        for _ in range(AT_ONCE):
            if not self.is_due:
                return
            outcome, size = self.done.pop(self.given)
            self.given += 1
            self.size -= size
            yield outcome
