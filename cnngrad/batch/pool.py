"""Work on many items, in input order: what came of each, whatever happens to the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cnngrad.errors import CnngradError, Problem

Work = Callable[[Any], Any]
"""What is done with one item; importable by its name, because workers are processes of their own."""


@dataclass(frozen=True)
class Bounds:
    """What a run may use: `jobs` workers (None: one for each core), each `timeout` seconds for an item and `memory`
    bytes."""

    jobs: int | None = None
    timeout: float = 60.0
    memory: int = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the work gave for an item, or the problem why it gave nothing."""

    item: Any
    value: Any = None
    problem: Problem | None = None


def outcomes(items: Iterable[Any], work: Work, bounds: Bounds | None = None) -> Iterator[Outcome]:
    """What comes of each item, in input order; items are taken as they are needed."""
    for item in items:
        try:
            yield Outcome(item, work(item))
        except CnngradError as error:
            yield Outcome(item, None, error.problems[0])
