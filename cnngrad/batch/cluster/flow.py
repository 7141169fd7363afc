"""Chunks out, outcomes back in input order: a bounded number of them is on the way, whatever happens to a worker."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from dataclasses import field, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from cnngrad.batch.cluster.chunks import Pace, Packed
from cnngrad.batch.cluster.connection import Connection, connected
from cnngrad.batch.cluster.sending import files_for, shared_by
from cnngrad.batch.cluster.task import CHUNK, Done, Run, Sent, end_run, versions, with_files
from cnngrad.batch.failures import unsent
from cnngrad.batch.pool import Bounds, Outcome, Work
from cnngrad.batch.setup import setup_of
from cnngrad.errors import CnngradError, Problem, escape, option, spelling
from cnngrad.records import dataclass
from cnngrad.spec.attached import Files

UNFINISHED = 3
"""Chunks for each thread of the workers that are computed or wait for it: no thread waits for the next one."""
WAITING = 64
"""Chunks for each thread that have not been given out, because one before them takes long."""
MOST_BYTES = 128 * 2**20
"""Bytes of all these chunks and of what came of them."""
FAREWELL = 5
"""Seconds for telling that a run is over."""
_LOOK = 1.0
"""Seconds after which workers are counted where nothing else happens."""
ENDS_WORKERS = Problem("ended each Dask worker that computed it; compute it on one machine to see why")
Row = tuple[Any, Problem | None]


def outcomes(
    items: Iterable[Any],
    work: Work,
    bounds: Bounds | None = None,
    *,
    scheduler: str | None = None,
    scheduler_file: str | None = None,
) -> Generator[Outcome, None, None]:
    """What comes of each item, in input order, computed by the workers of a Dask cluster, which is there at once.

    `scheduler` is its address, or `scheduler_file` a file that has it. The files that specs and submissions name are
    sent along. Closing the generator cancels what is left. Raises CnngradError where the cluster cannot be used, or is
    lost.
    """
    if bounds is not None and bounds.jobs is not None:
        says = "counts workers of this machine; leave it out, the cluster has its own"
        raise CnngradError(Problem(says, option("jobs")))
    bounds = replace(bounds or Bounds(), jobs=1)
    bounds.check()
    files = files_for(work)
    setup = setup_of(work if files is None else partial(with_files, work, shared_by(work)), bounds.memory)
    run = Run(uuid4().hex, setup, bounds, spelling())
    with ExitStack() as stack:
        flow = Flow(stack.enter_context(connected(scheduler, scheduler_file)), run)
        stack.callback(flow.end)
        return _given(flow, _packed(iter(items), files), stack.pop_all())


def _given(flow: Flow, items: Iterator[Packed], stack: ExitStack) -> Generator[Outcome, None, None]:
    with stack:
        yield from flow.outcomes(items)


def _packed(items: Iterator[Any], files: Callable[[Any], Files] | None) -> Iterator[Packed]:
    """Each item with its pickle, or without one where it has none."""
    for item in items:
        sent = item if files is None else Sent(item, files(item))
        try:
            yield item, pickle.dumps(sent, pickle.HIGHEST_PROTOCOL)
        except Exception:
            yield item, b""


@dataclass
class Chunk:
    """Items on the way, each with its pickled bytes; `parts` are still to be computed, one after the other."""

    parts: deque[list[Packed]]
    outcomes: list[Outcome] = field(default_factory=list)
    future: Any = None
    held: int = 0

    @property
    def sent(self) -> list[bytes]:
        """The items of the first part that can be sent."""
        return [data for _, data in self.parts[0] if data]

    def add(self, rows: Iterable[Row]) -> None:
        """Note what came of the first part."""
        came = iter(rows)
        for item, data in self.parts.popleft():
            value, problem = next(came) if data else (None, unsent(item))
            self.outcomes.append(Outcome(item, value, problem))


@dataclass
class Flow:
    """A run on a cluster: what is on the way, in input order."""

    connection: Connection
    run: Run
    pace: Pace = field(default_factory=Pace)
    chunks: deque[Chunk] = field(default_factory=deque)
    finished: SimpleQueue[Chunk] = field(default_factory=SimpleQueue)
    unfinished: int = 0
    held: int = 0
    expected: dict[str, str] = field(default_factory=versions)
    pickled: bytes = b""

    def __post_init__(self) -> None:
        self.pickled = pickle.dumps(self.run)

    def outcomes(self, items: Iterator[Packed]) -> Iterator[Outcome]:
        """The outcomes in the order of the items."""
        while self._send(items) or self.chunks:
            while self.chunks and not self.chunks[0].parts:
                first = self.chunks.popleft()
                self.held -= first.held
                yield from first.outcomes
            if self.chunks and (ended := self._next_finished()):
                self._take(ended)

    def end(self) -> None:
        """Tell the scheduler that nobody waits for what is left, and the workers that the run is over."""
        client, left = self.connection.client, [chunk.future for chunk in self.chunks if chunk.parts]
        if client.status == "running":
            with suppress(Exception):
                client.sync(client._cancel, left, force=True, callback_timeout=FAREWELL)
                client.sync(client._run, end_run, self.run.name, on_error="ignore", callback_timeout=FAREWELL)

    def _send(self, items: Iterator[Packed]) -> bool:
        """Send chunks as long as there is room for them; whether one was sent."""
        sent = False
        while self._has_room() and (cut := self.pace.cut(items)):
            chunk = Chunk(deque([cut]), held=sum(len(data) for _, data in cut))
            self.chunks.append(chunk)
            self.held += chunk.held
            self.unfinished += 1
            self._submit(chunk)
            sent = True
        return sent

    def _has_room(self) -> bool:
        threads = max(1, self.connection.threads())
        return (
            self.unfinished < UNFINISHED * threads
            and len(self.chunks) < WAITING * threads
            and (self.held < MOST_BYTES or not self.chunks)
        )

    def _submit(self, chunk: Chunk) -> None:
        """Send the first part of a chunk that is left."""
        part = pickle.dumps(chunk.sent)  # one argument: Dask looks into lists
        given = {"expected": self.expected, "run": self.pickled, "items": part}
        chunk.future = self.connection.client.submit(eval, CHUNK, given, pure=False)
        self._await(chunk)

    def _await(self, chunk: Chunk) -> None:
        chunk.future.add_done_callback(lambda _: self.finished.put(chunk))

    def _next_finished(self) -> Chunk | None:
        """A chunk of which the part on its way has ended; None after a while, if there are workers."""
        try:
            return self.finished.get(timeout=_LOOK)
        except Empty:
            self.connection.threads()
            return None

    def _take(self, chunk: Chunk) -> None:
        """Note what came of the part of a chunk that has ended, and send its next one."""
        part = chunk.parts[0]
        try:
            done: Done = pickle.loads(chunk.future.result(timeout=_LOOK))
        except TimeoutError:  # its worker was lost before we had the result: another one computes it
            self.connection.threads()
            self._await(chunk)
            return
        except CancelledError:
            raise self.connection.lost() from None
        except Exception as error:
            self._failed(chunk, error)
        else:
            self.pace.measured(len(part), done.seconds)
            chunk.add(done.rows)
        if chunk.parts:
            self._submit(chunk)
        else:
            self.unfinished -= 1
            self.held += chunk.held

    def _failed(self, chunk: Chunk, error: Exception) -> None:
        """Divide a part whose workers ended again and again, down to the item that ends them; CnngradError for other
        failures, which concern all items."""
        if type(error).__name__ != "KilledWorker":
            self.connection.check_versions()
            raise self.connection.problem(f"has a worker that failed: {_reason(error)}")
        part = chunk.parts[0]
        if len(part) == 1:
            chunk.add([(None, ENDS_WORKERS)])
        else:
            chunk.parts.popleft()
            chunk.parts.extendleft([item] for item in reversed(part))


def _reason(error: Exception) -> str:
    """The first line of what another process could not do."""
    text = str(error).strip().partition("\n")[0][:200]
    return escape(text if isinstance(error, CnngradError) else f"{type(error).__name__}: {text}")
