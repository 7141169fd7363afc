"""What a Dask worker does with a chunk: the same as on one machine, in a process beside it that may crash."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from threading import Lock
from typing import Any

from cnngrad.batch.pool import Bounds, Pool, Work
from cnngrad.batch.queue import Queue
from cnngrad.batch.setup import Setup
from cnngrad.errors import CnngradError, Problem, options_spelled
from cnngrad.records import dataclass
from cnngrad.spec.attached import Files, attached

VERSIONS = {
    "cnngrad": "__import__('cnngrad').__version__",
    "numpy": "__import__('numpy').__version__",
    "Python": "'%d.%d' % __import__('sys').version_info[:2]",
}
"""What must be equal for the same bytes, and the expression that gives it: also a worker without cnngrad can tell."""

CHUNK = "__import__('importlib').import_module('cnngrad.batch.cluster.task').run_chunk(expected, run, items)"
"""What a Dask worker evaluates: where it has no cnngrad that is an error of the chunk, not the end of the worker."""


def versions() -> dict[str, str]:
    """The versions in this process."""
    return {name: str(eval(expression)) for name, expression in VERSIONS.items()}


@dataclass(frozen=True, slots=True)
class Sent:
    """An item with the files that it names."""

    item: Any
    files: Files


@dataclass(frozen=True, slots=True)
class Run:
    """What all chunks of a run have in common: a name that no other run has, the work, and how options are written."""

    name: str
    setup: Setup
    bounds: Bounds
    spelling: Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a chunk: a value or a problem for each item, and the seconds that it took."""

    rows: tuple[tuple[Any, Problem | None], ...]
    seconds: float


def with_files(work: Work, shared: Files, sent: Sent) -> Any:
    """What `work` gives for an item that came with its files, beside those that all items share."""
    with attached({**shared, **sent.files}):
        return work(sent.item)


class _Pools:
    """The processes beside this Dask worker, one for each of its threads, kept from chunk to chunk of a run."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.idle: dict[str, list[Pool]] = {}
        self.over: set[str] = set()

    def take(self, run: Run) -> Pool:
        with self.lock:
            waiting = self.idle.get(run.name)
            return waiting.pop() if waiting else Pool(run.setup, run.bounds)

    def give_back(self, name: str, pool: Pool) -> None:
        with self.lock:
            if name not in self.over:
                self.idle.setdefault(name, []).append(pool)
                return
        pool.end()

    def end(self, name: str) -> None:
        with self.lock:
            self.over.add(name)
            waiting = self.idle.pop(name, [])
        for pool in waiting:
            pool.end()


_POOLS = _Pools()


def run_chunk(expected: Mapping[str, str], run: bytes, items: bytes) -> bytes:
    """The outcomes of the items, pickled; CnngradError where this worker has not the `expected` versions.

    `run` and `items` are pickled, and each item once more: this process imports nothing of a user's.
    """
    if versions() != expected:
        raise CnngradError("it has other versions than the program that sent the items")
    known: Run = pickle.loads(run)
    pool = _POOLS.take(known)
    start = time.perf_counter()
    with options_spelled(known.spelling):
        rows = _rows(pool, known.name, pickle.loads(items))
    seconds = time.perf_counter() - start
    _POOLS.give_back(known.name, pool)
    return pickle.dumps(Done(rows, seconds))


def _rows(pool: Pool, name: str, items: list[bytes]) -> tuple[tuple[Any, Problem | None], ...]:
    """What came of the items; less where the run is over, and nobody waits for it."""
    rows = []
    with closing(pool.outcomes(Queue(iter(items), bytes))) as found:
        for outcome in found:
            rows.append((outcome.value, outcome.problem))
            if name in _POOLS.over:
                break
    return tuple(rows)


def end_run(name: str) -> None:
    """End the processes that were kept for this run."""
    _POOLS.end(name)
