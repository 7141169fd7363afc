"""The process at the other end of the pipe: it does the work on one item after another and answers each.

It imports little, so that a worker that is replaced costs little more than the imports of the work itself.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, BinaryIO

from cnngrad.batch.frames import HEADER, SETUP, Reply, frame

ROOM = 16 * 2**20
"""Bytes that must be left for items under the bound on memory."""
GARBAGE = 50_000
"""Objects that are new since the last look for cycles before the next."""
LONGEST = 1000
"""Characters of an exception's text that are kept."""

Work = Callable[[Any], Any]


def serve(lifeline: int) -> None:
    """Answer requests from stdin to stdout until there are no more; `lifeline` is a pipe that closes with the parent.

    The work sees an empty stdin and a stdout that goes nowhere: what it prints cannot be taken for a reply.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    end_with_parent(lifeline)
    del sys.argv[1:]
    requests, replies = open(_moved(0, os.O_RDONLY), "rb"), _moved(1, os.O_WRONLY)  # noqa: SIM115
    ready, work = _loaded(_received(requests))
    gc.freeze()  # what was imported stays, and small items make few cycles: to look for them each time took a tenth
    gc.set_threshold(GARBAGE)
    _send(replies, frame(SETUP, ready))
    while work is not None and (request := _received(requests)) is not None:
        number, payload = request
        began = perf_counter_ns()
        answer = _answer(work, payload)
        _send(replies, frame(number, answer, (perf_counter_ns() - began) // 1000))
        if answer is OUT_OF_MEMORY:
            break
    os._exit(0)  # threads and exit functions that the work left behind keep nobody waiting


def _moved(number: int, flags: int) -> int:
    """A new descriptor of what is open as `number`, which becomes the null device."""
    moved, null = os.dup(number), os.open(os.devnull, flags)
    os.dup2(null, number)
    os.close(null)
    return moved


def end_with_parent(lifeline: int) -> None:
    """End this process as soon as the other end of the pipe `lifeline` is closed, whatever it is doing.

    Where the kernel can do it (Linux), it kills this process, even within a C function; else a thread waits.
    """
    try:
        import fcntl

        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)  # type: ignore[attr-defined, unused-ignore]
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
        _end_if_closed(lifeline)  # while it was being arranged
    except (ImportError, AttributeError, OSError):
        import threading

        os.set_blocking(lifeline, True)
        threading.Thread(target=_end_if_closed, args=(lifeline,), daemon=True).start()


def _end_if_closed(lifeline: int) -> None:
    try:
        os.read(lifeline, 1)
        os._exit(1)
    except BlockingIOError:
        return


def _received(stream: BinaryIO) -> tuple[int, bytes] | None:
    """The number and the payload of the next frame; none at the end."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    _, number, _, length = HEADER.unpack(header)
    payload = stream.read(length)
    return (number, payload) if len(payload) == length else None


def _send(replies: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(replies, rest) :]


def _loaded(request: tuple[int, bytes] | None) -> tuple[bytes, Work | None]:
    """What is said of the work in the first request, and the work itself where it can be done."""
    if request is None:
        return b"", None
    name, file, pickled, memory = pickle.loads(request[1])
    try:
        work = _work(name, file, pickled)
    except BaseException as error:
        return _reply(Reply.UNUSABLE, text_of(error)), None
    return (_reply(Reply.READY, None), work) if _bound(memory) else (_reply(Reply.CRAMPED, None), None)


def _work(name: str, file: str | None, pickled: bytes) -> Work:
    """The work; its module is loaded from its file where it cannot be found by its name, as a test's may be."""
    try:
        found: Work = pickle.loads(pickled)
    except ModuleNotFoundError as error:
        if file is None or error.name not in (name, name.partition(".")[0]):
            raise
        from importlib.util import module_from_spec, spec_from_file_location

        spec = spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise
        sys.modules[name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found = pickle.loads(pickled)
    return found


def _bound(memory: int) -> bool:
    """Whether there is room to work in when this process may have no more than `memory` bytes of its own.

    A crash leaves no core file either. Where the system knows no such bounds there are none.
    """
    try:
        import resource
    except ImportError:
        return True
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    for kind in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        soft, hard = resource.getrlimit(kind)
        # libraries and mapped files count as address space: they are no memory of the work
        wanted = memory + (_mapped() if kind == resource.RLIMIT_AS else 0)
        allowed = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(kind, (min([wanted, *allowed]), hard))
    try:
        bytearray(ROOM)
    except MemoryError:
        return False
    return True


def _mapped() -> int:
    """The bytes of address space that are taken now, where the system says so."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _unbound() -> None:
    """Take the bounds on memory away: what is left to do is to say that they were too tight."""
    try:
        import resource
    except ImportError:
        return
    for kind in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (hard, hard))


def _answer(work: Work, payload: bytes) -> bytes:
    """The reply about the item that `payload` is the pickle of."""
    try:
        return _tried(work, payload)
    except MemoryError:
        _unbound()
        return OUT_OF_MEMORY
    except BaseException as error:
        return _failure(error)


def _tried(work: Work, payload: bytes) -> bytes:
    try:
        item = pickle.loads(payload)
    except MemoryError:
        raise
    except Exception as error:
        return _reply(Reply.UNREADABLE, type(error).__name__)
    value = work(item)
    try:
        return _reply(Reply.VALUE, value)
    except MemoryError:
        raise
    except Exception:
        return _reply(Reply.UNSENDABLE, type(value).__name__)


def _failure(error: BaseException) -> bytes:
    """What is wrong with the item where the error says it (a CnngradError), else the error itself."""
    from cnngrad.errors import CnngradError

    if isinstance(error, CnngradError) and error.problems:
        try:
            return _reply(Reply.PROBLEM, error.problems[0])
        except Exception:
            pass
    return _reply(Reply.RAISED, text_of(error))


def text_of(error: BaseException) -> str:
    """`TypeError: what it says`, for any exception."""
    try:
        text = str(error)[:LONGEST]
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _reply(kind: str, content: Any) -> bytes:
    return pickle.dumps((kind, content), pickle.HIGHEST_PROTOCOL)


OUT_OF_MEMORY = _reply(Reply.MEMORY, None)
"""The last reply of a worker, made while there is memory."""
