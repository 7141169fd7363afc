"""Contenders take turns: every round times each of them once, so that a busy machine hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

SETTLE = 0.03
"""Seconds of rest before a contender is timed: threads of a matrix product look for more work for about 30 ms after it
(OpenBLAS, OpenMP), on the core that the next contender needs."""
LEAST = 0.03
"""Seconds that one measurement takes at least: a shorter call is repeated, and the median counts."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: the seconds of one call, and the bytes that it needed at its peak, where that was measured."""

    seconds: float
    memory: float | None = None


Contender = Callable[[], Sample]


def timed(call: Callable[[], Any], share: float = 1.0, least: float = LEAST) -> Contender:
    """A contender that calls a function; `share` is the part of the whole work that one call does."""

    def measure() -> Sample:
        taken: list[float] = []
        while not taken or sum(taken) < least:
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
        return Sample(median(taken) / share)

    return measure


def in_turns(contenders: Mapping[str, Contender], rounds: int, settle: float = SETTLE) -> dict[str, list[Sample]]:
    """The samples of each contender, one a round; each round begins with another one."""
    taken: dict[str, list[Sample]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in turned(list(contenders), number):
            time.sleep(settle)
            taken[name].append(contenders[name]())
    return taken


def turned(names: Sequence[str], number: int) -> list[str]:
    """The names in their order, from another one on for each number."""
    first = number % len(names)
    return [*names[first:], *names[:first]]
