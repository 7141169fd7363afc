"""Lines that come through a pipe, and whether the next one has come: nobody has to wait for it who has other work."""

from __future__ import annotations

import os
import select
import stat
from dataclasses import field
from types import TracebackType
from typing import Self

from cnngrad.records import dataclass

_AT_A_TIME = 2**16


@dataclass
class Pipe:
    """The end of a pipe, or a terminal, to read lines from; it is closed at the end where it is `owned`."""

    descriptor: int
    owned: bool = True
    _held: bytearray = field(default_factory=bytearray)
    _ended: bool = False

    def readline(self, most: int) -> bytes:
        """The next line, as of a file: `most` bytes of it at most, nothing at the end."""
        while not self._has_line(most):
            self._read()
        end = self._held.find(b"\n", 0, most) + 1 or min(most, len(self._held))
        line = bytes(memoryview(self._held)[:end])
        del self._held[:end]
        return line

    def awaits(self, most: int) -> bool:
        """Whether nothing but blank lines has come, or the beginning of a line that has less than `most` bytes."""
        while not self._has_line(most, self._blanks()):
            try:
                if not select.select((self.descriptor,), (), (), 0)[0]:
                    return True
                self._read()
            except OSError:  # the one who reads the line is told
                return False
        return False

    def _has_line(self, most: int, start: int = 0) -> bool:
        return self._ended or len(self._held) >= most or self._held.find(b"\n", start) >= 0

    def _blanks(self) -> int:
        """How many bytes from the start belong to blank lines."""
        return len(self._held) - len(self._held.lstrip())

    def _read(self) -> None:
        select.select((self.descriptor,), (), ())  # it may be one that does not wait by itself
        block = os.read(self.descriptor, _AT_A_TIME)
        self._held += block
        self._ended = not block

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self.owned:
            os.close(self.descriptor)


def is_pipe(descriptor: int) -> bool:
    """Whether what comes from there comes in its own time: from a pipe, a socket, a terminal."""
    mode = os.fstat(descriptor).st_mode
    return os.name == "posix" and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor))
