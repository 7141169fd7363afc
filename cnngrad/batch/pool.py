"""Work on many items by long-lived workers, in input order: what came of each, whatever happens to the others.

A worker that crashes, hangs or needs too much memory costs the item that it was at: replies come in the order of the
items, so that is the first one without a reply. The rest of what it had been sent is sent again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from dataclasses import field
from math import inf
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector, SelectorKey
from time import monotonic, sleep
from typing import Any

from cnngrad.batch import failures
from cnngrad.batch.frames import Reply
from cnngrad.batch.process import Answer, BrokenReplyError, Worker, start
from cnngrad.batch.queue import Entry, Outcome, Queue
from cnngrad.batch.setup import Bounds, Setup, Work, setup_of
from cnngrad.batch.worker import text_of
from cnngrad.errors import CnngradError, Problem
from cnngrad.records import dataclass

__all__ = ["Bounds", "Outcome", "Work", "outcomes"]

WORKERS = os.name == "posix"
"""Whether workers can be had: pipes that many are waited for at once, and process groups."""
START = 60.0
"""Seconds in which a worker must be ready for its first item, unless an item has more."""
TRIES = 2
"""Workers that fail to start, one after the other, before that is an error."""
LOOK = 0.25
"""Seconds after which a silent worker is looked at: one that ended may have left its pipe to a process it started."""
STEP = 1.0
"""Seconds that count at most between two looks: a program that was stopped (Ctrl-Z) lost more, its items did not."""
SUPPLY = 0.05
"""Seconds for which items are taken before replies are: where items come slowly, no result waits for many of them."""
NAP = 0.01
"""Seconds for which replies may wait while every worker has enough to do."""
PATIENCE = 2.0
"""Seconds in which a worker that closed its pipe has ended, if it is ending."""


def outcomes(items: Iterable[Any], work: Work, bounds: Bounds | None = None) -> Generator[Outcome, None, None]:
    """What comes of each item, in input order; items are taken as they are needed, some ahead.

    Closing the generator, or an exception thrown into it, ends all workers at once. Raises CnngradError for bounds
    or a work with which no worker can start. Where there are no POSIX processes (Windows), the items are done one by
    one in this process, without bounds: a crash is the end of it.
    """
    bounds = bounds or Bounds()
    bounds.check()
    setup = setup_of(work, bounds.memory)
    return _given(Queue(iter(items)), setup, bounds) if WORKERS else _done_here(items, work, setup)


def _done_here(items: Iterable[Any], work: Work, setup: Setup) -> Generator[Outcome, None, None]:
    """The same outcomes without workers, for what Python can catch."""
    for item in items:
        yield _outcome_here(item, work, setup)


def _outcome_here(item: Any, work: Work, setup: Setup) -> Outcome:
    try:
        return Outcome(item, work(item))
    except CnngradError as error:
        return Outcome(item, None, error.problems[0])
    except Exception as error:
        return Outcome(item, None, failures.problem_of(Reply.RAISED, text_of(error), ours=setup.ours))


def _given(queue: Queue, setup: Setup, bounds: Bounds) -> Generator[Outcome, None, None]:
    run = _Run(queue, setup, bounds)
    with ExitStack() as stack:
        stack.callback(run.end)
        yield from run.outcomes()


@dataclass
class Pool:
    """Workers that stay for the items of the next call, for work that comes in chunks; one call at a time."""

    setup: Setup
    bounds: Bounds
    _run: _Run | None = None

    def outcomes(self, queue: Queue) -> Generator[Outcome, None, None]:
        """What comes of each item of the queue, in order; an exception, or closing the generator, ends the workers."""
        run = self._run = self._run or _Run(queue, self.setup, self.bounds)
        run.queue = queue
        run.drop_ended()
        with ExitStack() as stack:
            stack.callback(self.end)
            yield from run.outcomes()
            stack.pop_all()

    def end(self) -> None:
        """End the workers."""
        if self._run is not None:
            self._run.end()
            self._run = None


@dataclass
class _Run:
    """The workers, and a clock for what they are at."""

    queue: Queue
    setup: Setup
    bounds: Bounds
    workers: list[Worker] = field(default_factory=list)
    failed_starts: int = 0
    clock: float = 0.0
    looked: float = field(default_factory=monotonic)
    wait: float = LOOK
    """seconds for which replies are waited for at most"""
    selector: DefaultSelector = field(default_factory=DefaultSelector)

    def outcomes(self) -> Generator[Outcome, None, None]:
        """What comes of the items in the queue; what their source raised is raised when all before it are given."""
        while self.supply():
            self.listen()
            yield from self.queue.due()
        if self.queue.failure is not None:
            raise self.queue.failure

    def drop_ended(self) -> None:
        """Workers that ended while they had nothing to do cost no item."""
        for worker in [worker for worker in self.workers if worker.code() is not None]:
            self._drop(worker)

    def supply(self) -> bool:
        """Send the workers what they have room for, start those that are missing; whether anything is to come."""
        began = monotonic()
        for worker in self.workers:
            self._send(worker, began + SUPPLY)
        while len(self.workers) < self.bounds.workers and (entry := self._next(began + SUPPLY)) is not None:
            self._begin(entry)
        took = monotonic() - began
        self.wait = took / 10 if took > SUPPLY else LOOK
        return self.queue.unfinished or not self.queue.exhausted

    def _next(self, until: float) -> Entry | None:
        """The next item; none after this time, where items come slowly: what there is of others is given first."""
        return None if self.queue.unfinished and monotonic() > until else self.queue.next()

    def _send(self, worker: Worker, until: float) -> None:
        for _ in range(worker.room):
            if (entry := self._next(until)) is None:
                break
            worker.take(entry, self.clock)
        if worker.outbox:
            self._flush(worker)

    def _begin(self, entry: Entry) -> None:
        """Start a worker with its first item."""
        try:
            worker = start(self.setup, self.clock)
        except BaseException:
            self.queue.give_back([entry])
            raise
        self.workers.append(worker)
        self.selector.register(worker.replies, EVENT_READ, worker)
        worker.take(entry, self.clock)
        self._flush(worker)

    def _flush(self, worker: Worker) -> None:
        """Write to a worker, and wait until it takes the rest, if there is any."""
        waits, waited = worker.flush(), worker.requests in self.selector.get_map()
        if waits and not waited:
            self.selector.register(worker.requests, EVENT_WRITE, worker)
        elif waited and not waits:
            self.selector.unregister(worker.requests)

    def listen(self) -> None:
        """Wait for the next replies and take them; then judge the workers that are silent."""
        if not self.queue.is_due and (spare := self._spare()) > 0:
            sleep(spare)
        events = self._events(0 if self.queue.is_due else self._until_late())
        now = monotonic()
        self.clock, self.looked = self.clock + min(now - self.looked, STEP), now
        heard = set()
        for key, mask in events:
            if (worker := key.data) is None:
                continue
            if mask & EVENT_READ:
                heard.add(worker.replies)
                self._hear(worker)
            elif worker in self.workers:
                self._flush(worker)
        for worker in [worker for worker in self.workers if worker.replies not in heard]:
            self._judge(worker, quiet=not events)

    def _events(self, wait: float) -> list[tuple[SelectorKey, int]]:
        """What can be read and written, by workers or of the next item, after waiting until there is something."""
        if (source := self.queue.awaited) is None:
            return self.selector.select(wait)
        self.selector.register(source, EVENT_READ)
        try:
            return self.selector.select(wait)
        finally:
            self.selector.unregister(source)

    def _spare(self) -> float:
        """Seconds in which no worker runs out of items: many small replies are taken at once, each one costs more."""
        return min(NAP, min((worker.stock for worker in self.workers), default=0) / 2)

    def _until_late(self) -> float:
        """Seconds until a worker has been at its item for too long, or until all are looked at or sent more."""
        late = min((worker.began + self._allowed(worker) for worker in self.workers if worker.flying), default=inf)
        return min(max(late - self.clock, 0), self.wait)

    def _allowed(self, worker: Worker) -> float:
        return self.bounds.timeout if worker.ready else max(START, self.bounds.timeout)

    def _hear(self, worker: Worker) -> None:
        try:
            for answer in worker.answers():
                worker.began = self.clock
                if not self._settled(worker, answer):
                    break
        except EOFError:
            self._lose(worker, None)
        except BrokenReplyError:
            self._lose(worker, failures.broken())

    def _settled(self, worker: Worker, answer: Answer) -> bool:
        """Take one reply; whether the worker can go on."""
        if answer.entry is None:
            if answer.kind != Reply.READY:
                raise failures.no_start(answer.kind, answer.content, self.bounds)
            worker.ready, self.failed_starts = True, 0
        elif answer.kind == Reply.VALUE:
            self.queue.finish(answer.entry, Outcome(answer.entry.item, answer.content), answer.size)
        elif answer.kind == Reply.MEMORY:
            self._replace(worker, answer.entry)
            return False
        else:
            self._fail(answer.entry, failures.problem_of(answer.kind, answer.content, ours=self.setup.ours))
        return True

    def _replace(self, worker: Worker, entry: Entry) -> None:
        """An item needs too much memory if it does so in a new worker: what others left behind is not its fault."""
        self._drop(worker)
        if worker.served > 1:
            self._begin(entry)
        else:
            self._fail(entry, failures.needs_memory(self.bounds))

    def _judge(self, worker: Worker, *, quiet: bool) -> None:
        """A worker that says nothing: is it late, or gone without closing its pipe?"""
        if worker.flying and self.clock - worker.began >= self._allowed(worker):
            self._lose(worker, failures.took_too_long(self.bounds))
        elif quiet and worker.code() is not None:
            self._lose(worker, None)

    def _lose(self, worker: Worker, problem: Problem | None) -> None:
        """The item in flight is lost, for this problem or because of how its process ended; the rest is sent again."""
        first = worker.flying.popleft() if worker.ready and worker.flying else None
        code = self._drop(worker, PATIENCE if problem is None else 0)
        if not worker.ready:
            self.failed_starts += 1
            if self.failed_starts >= TRIES:
                raise failures.no_process(code, sys.executable)
        elif first is not None:
            self._fail(first, problem or failures.ended(code))

    def _drop(self, worker: Worker, patience: float = 0) -> int | None:
        """End a worker; what it had been sent is sent again. Gives the exit code where it ended by itself."""
        self.workers.remove(worker)
        self.queue.give_back(worker.flying)
        for descriptor in (worker.replies, worker.requests):
            if descriptor in self.selector.get_map():
                self.selector.unregister(descriptor)
        return worker.end(patience)

    def _fail(self, entry: Entry, problem: Problem) -> None:
        self.queue.finish(entry, Outcome(entry.item, None, problem))

    def end(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.end()
        self.workers.clear()
        self.selector.close()
