"""A worker as the program sees it: a process of its own behind two pipes, and the items that it has been sent.

Its stderr goes nowhere: what a work or a crashing library prints there (faulthandler, malloc) would garble the
messages of the program, and differs from run to run.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from time import monotonic, sleep
from typing import IO, Any

from cnngrad.batch.frames import HEADER, MARK, SETUP, Reply, frame
from cnngrad.batch.queue import Entry
from cnngrad.batch.setup import Setup
from cnngrad.errors import CnngradError
from cnngrad.records import dataclass

BLOCK = 2**20
"""Bytes that are read at once."""
WINDOW = 128
"""Items in flight in one worker at most."""
WINDOW_BYTES = 2**18
"""Bytes of items in flight in one worker, unless a single item has more."""
AHEAD = 0.05
"""Seconds of work that a worker is sent ahead, so that it never waits for the program."""
BOOT = "import sys; n, *sys.path = sys.argv[1:]; from cnngrad.batch.worker import serve; serve(int(n))"
"""Finds the package and the work where this process does; the folder one stands in is not searched."""
NAP = 0.005
"""Seconds between two looks at a process that is about to end."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""The environment in which a matrix product uses one core: the others have workers of their own."""


class BrokenReplyError(Exception):
    """Something came through the pipe that is no reply."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply: about which item (none: about the work itself), what it is and its content; `size` in bytes."""

    entry: Entry | None
    kind: str
    content: Any
    size: int


@dataclass(eq=False)
class Worker:
    """A process that works on its items one by one, in the order in which they were sent."""

    process: subprocess.Popen[bytes]
    requests: int
    replies: int
    lifeline: int
    outbox: bytearray
    began: float
    """when the item that is first in flight began, on the clock of the run"""
    inbox: bytearray = field(default_factory=bytearray)
    flying: deque[Entry] = field(default_factory=deque)
    bytes_flying: int = 0
    ready: bool = False
    served: int = 0
    pace: float = AHEAD
    """seconds that an item takes here, the latest ones counting most"""

    @property
    def room(self) -> int:
        """How many more items it may be sent now; none before half of what it has is done: few large writes."""
        if not self.ready:
            return 1 - len(self.flying)
        window = max(1, min(WINDOW, int(AHEAD / max(self.pace, 1e-9))))
        if self.bytes_flying > WINDOW_BYTES or 2 * len(self.flying) > window:
            return 0
        return window - len(self.flying)

    @property
    def stock(self) -> float:
        """Seconds of work that it has behind the item that it is at; none while something is on its way."""
        return 0.0 if self.inbox or self.outbox or not self.ready else self.pace * max(len(self.flying) - 1, 0)

    def take(self, entry: Entry, now: float) -> None:
        """Put an item behind those that are in flight; the time of one that is the first begins."""
        if not self.flying and self.ready:
            self.began = now
        self.flying.append(entry)
        self.bytes_flying += len(entry.data)
        self.outbox += frame(entry.index % 2**32, entry.data)

    def flush(self) -> bool:
        """Write what waits to be written; whether anything is left."""
        try:
            while self.outbox:
                del self.outbox[: os.write(self.requests, self.outbox)]
        except BlockingIOError:
            return True
        except OSError:  # it has ended: the other pipe will tell
            self.outbox.clear()
        return False

    def answers(self) -> Iterator[Answer]:
        """The replies that have come; raises EOFError at their end and BrokenReplyError for anything else."""
        try:
            block = os.read(self.replies, BLOCK)
        except BlockingIOError:
            return
        if not block:
            raise EOFError
        self.inbox += block
        while len(self.inbox) >= HEADER.size:
            mark, number, microseconds, length = HEADER.unpack_from(self.inbox)
            expected = self.flying[0].index % 2**32 if self.ready and self.flying else SETUP
            if mark != MARK or number != expected or (self.ready and not self.flying):
                raise BrokenReplyError
            if len(self.inbox) < HEADER.size + length:
                return
            payload = bytes(memoryview(self.inbox)[HEADER.size : HEADER.size + length])
            del self.inbox[: HEADER.size + length]
            yield self._answer(payload, microseconds / 1e6)

    def _answer(self, payload: bytes, seconds: float) -> Answer:
        try:
            kind, content = pickle.loads(payload)
        except Exception as error:
            kind, content = Reply.LOST, type(error).__name__
        if not self.ready:
            return Answer(None, kind, content, len(payload))
        self.pace += 0.3 * (seconds - self.pace)
        self.served += 1
        entry = self.flying.popleft()
        self.bytes_flying -= len(entry.data)
        return Answer(entry, kind, content, len(payload))

    def code(self) -> int | None:
        """The exit code of the process (the negative number of a signal), if it has ended.

        Popen's own `poll` takes a lock, and an interrupt in the midst of it leaves that taken: `wait` never returns.
        """
        self._reap(os.WNOHANG)
        return self.process.returncode

    def _reap(self, options: int) -> None:
        if self.process.returncode is not None:
            return
        try:
            pid, status = os.waitpid(self.process.pid, options)
        except ChildProcessError:  # an interrupt came between its end and this record
            self.process.returncode = 0
            return
        if pid:
            self.process.returncode = os.waitstatus_to_exitcode(status)

    def end(self, patience: float = 0) -> int | None:
        """Kill the process and what it has started. Gives its exit code (the negative number of a signal) where it
        ended by itself, now or within `patience` seconds."""
        until = monotonic() + patience
        while (code := self.code()) is None and monotonic() < until:
            sleep(NAP)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._reap(0)
        for descriptor in (self.requests, self.replies, self.lifeline):
            os.close(descriptor)
        return code


def start(setup: Setup, now: float) -> Worker:
    """A new worker that has been told what the work is; raises CnngradError where there can be no process."""
    held, lifeline = _pipe()
    try:
        process = _process(held)
    except BaseException as error:
        os.close(lifeline)
        if not isinstance(error, OSError):
            raise
        raise CnngradError(f"a worker process cannot start: {error.strerror}") from error
    finally:
        os.close(held)
    requests, replies = _kept(process.stdin), _kept(process.stdout)
    return Worker(process, requests, replies, lifeline, bytearray(frame(SETUP, setup.pickled)), now)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are none of the standard streams, even where those are closed: they change in the process."""
    from fcntl import F_DUPFD_CLOEXEC, fcntl

    ends = os.pipe()
    high = [fcntl(end, F_DUPFD_CLOEXEC, 3) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


def _kept(pipe: IO[bytes] | None) -> int:
    """A descriptor of a pipe that never waits; the file object is closed."""
    assert pipe is not None
    descriptor = os.dup(pipe.fileno())
    pipe.close()
    os.set_blocking(descriptor, False)
    return descriptor


def _process(held: int) -> subprocess.Popen[bytes]:
    """A process in a group of its own: an interrupt from the terminal is the program's alone."""
    path = [place for place in sys.path if isinstance(place, str)]
    return subprocess.Popen(
        [sys.executable, "-P", "-c", BOOT, str(held), *path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={**os.environ, **ONE_THREAD},
        pass_fds=(held,),
        process_group=0,
    )
