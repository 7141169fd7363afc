"""What is said of an item that gave nothing. No time, number of a process or address is in it: the text is the same
in each run."""

from __future__ import annotations

import math
import signal

from cnngrad.batch.frames import Reply
from cnngrad.batch.setup import Bounds
from cnngrad.batch.sizes import said
from cnngrad.errors import CnngradError, Problem, option

REPORT = "please report it with this item at https://github.com/cnngrad/cnngrad/issues"
ALONE = "leave it out, or run it alone to see why"
SIGNALS = {
    "SIGSEGV": "segmentation fault",
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "floating-point exception",
    "SIGILL": "illegal instruction",
    "SIGKILL": "killed",
    "SIGTERM": "terminated",
}


def took_too_long(bounds: Bounds) -> Problem:
    """An item that was not done in time."""
    more = option("timeout", str(math.ceil(2 * bounds.timeout)), "; give it more time with {}")
    return Problem(f"took longer than {bounds.timeout:g} s{more}")


def needs_memory(bounds: Bounds) -> Problem:
    """An item that is larger than a worker may be."""
    more = option("memory", compact(2 * bounds.memory), "; raise it with {}")
    return Problem(f"needs more memory than {said(bounds.memory)}{more}")


def compact(size: int) -> str:
    """A size as an option is written: `4GiB`."""
    return said(size).replace(" ", "").replace(",", "")


def ended(code: int | None) -> Problem:
    """An item in whose midst the worker ended, or (no code) closed its pipe."""
    return broken() if code is None else Problem(f"ended its process ({how(code)}); {ALONE}")


def broken() -> Problem:
    """An item in whose midst something other than a reply came through the pipe, or the pipe was closed."""
    return Problem(f"broke the connection to its process; {ALONE}")


def how(code: int) -> str:
    """How a process ended: `segmentation fault`, `exit code 3`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return SIGNALS.get(name, name)


def unsent(item: object) -> Problem:
    """An item that has no pickle."""
    return Problem(f"cannot be sent to a worker process: {type(item).__name__} has no pickle; give plain Python values")


def problem_of(kind: str, content: object, *, ours: bool) -> Problem:
    """What a reply says that is no value; `ours`: the work is a part of cnngrad and should not have raised that."""
    if kind == Reply.PROBLEM and isinstance(content, Problem):
        return content
    if kind == Reply.UNSENDABLE:
        return Problem(f"its result cannot be sent back: {content} has no pickle; return plain Python values")
    if kind == Reply.LOST:
        return Problem(f"its result cannot be read ({content}); return plain Python values")
    if kind == Reply.UNREADABLE:
        return Problem(f"cannot be read by a worker process ({content}); give plain Python values")
    return Problem(f"bug in cnngrad: {content}; {REPORT}" if ours else str(content))


def no_start(kind: str, content: object, bounds: Bounds) -> CnngradError:
    """Why no worker can do this work at all."""
    if kind == Reply.CRAMPED:
        says = f"{said(bounds.memory)} is too little for this work to begin; give {compact(2 * bounds.memory)}"
        return CnngradError(Problem(says, option("memory")))
    return CnngradError(Problem(f"cannot be imported by a worker process: {content}", "work"))


def no_process(code: int | None, executable: str) -> CnngradError:
    """No worker answers at all."""
    way = "no answer" if code is None else how(code)
    return CnngradError(f"no worker process can start ({way}); see what {executable} -c 'import cnngrad' says")
