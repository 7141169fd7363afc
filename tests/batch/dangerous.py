"""Work of every kind that goes wrong, importable by name: an item says what happens to it."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from cnngrad import CnngradError
from cnngrad.batch.frames import frame

KEPT: list[Any] = []


def double(item: Any) -> Any:
    """Twice the item."""
    return 2 * item


def size(item: bytes) -> int:
    """The number of bytes of the item."""
    return len(item)


def busy(item: int) -> int:
    """The item, after 0.8 ms of work."""
    end = time.perf_counter() + 0.0008
    while time.perf_counter() < end:
        pass
    return item


def act(item: Any) -> Any:
    """What the item says, where it is the name of a function here; else the item."""
    found = globals().get(f"_{item}") if isinstance(item, str) else None
    return found() if found else item


def _segfault() -> None:
    ctypes.string_at(0)


def _hang() -> None:
    while True:
        time.sleep(60)


def _hang_in_c() -> None:
    """Without ever letting another thread run."""
    ctypes.PyDLL(None).sleep(600)


def _allocate() -> None:
    kept = []
    while True:
        kept.append(bytearray(2**24))


def _keep() -> int:
    """Keeps 20 MiB for ever."""
    KEPT.append(bytearray(20 * 2**20))
    return 1


def _exit() -> None:
    os._exit(3)


def _sys_exit() -> None:
    sys.exit(4)


def _abort() -> None:
    os.abort()


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _print() -> str:
    print("printed")
    os.write(1, b"written")
    os.write(2, b"complained")
    return "quiet"


def _read() -> str:
    return sys.stdin.read() + os.read(0, 10).decode()


def _raise() -> None:
    raise TypeError("of no type")


def _unsendable() -> Any:
    return threading.Lock()


def _garbage() -> None:
    for descriptor in range(3, 30):
        try:
            os.write(descriptor, b"no frame at all, and longer than a header")
        except OSError:
            continue
    time.sleep(60)


def _close() -> None:
    """Closes all that is open, and goes on."""
    os.closerange(3, 30)
    time.sleep(60)


def _child() -> None:
    """Hangs with a process that it started; both are to end."""
    subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], check=False)


def _refuse() -> None:
    raise CnngradError("is refused")


def _worker() -> int:
    return os.getpid()


class OneWay:
    """Has a pickle that nothing can be made from."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return _no_way_back, ("",)


def _no_way_back(_: str) -> None:
    raise OSError


def _one_way() -> OneWay:
    return OneWay()


def _slowly() -> int:
    """Longer than a silent worker is left alone."""
    time.sleep(0.6)
    return 1


def _forge() -> None:
    """Writes a reply about an item that it was never sent."""
    forged = frame(99, pickle.dumps(("value", 1)))
    for descriptor in range(3, 30):
        try:
            os.write(descriptor, forged)
        except OSError:
            continue
    time.sleep(60)


def leave_child(path: str) -> None:
    """Writes the number of a process that it leaves behind, which holds the pipe, and ends."""
    child = os.fork()
    if child == 0:
        time.sleep(60)
    else:
        with open(path, "w") as file:
            file.write(str(child))
    os._exit(5)


def announce_and_hang(path: str) -> None:
    """Writes its process number, then lets no other thread run."""
    with open(path, "w") as file:
        file.write(str(os.getpid()))
    _hang_in_c()
