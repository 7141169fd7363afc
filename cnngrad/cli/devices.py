"""Devices, pipes and open descriptors: what cannot be replaced, only written; and why something cannot."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
from contextlib import suppress
from typing import Self

from cnngrad.errors import CnngradError, escape
from cnngrad.patterns import pattern

_DESCRIPTOR = pattern(r"(?:/dev|/proc/self)/fd/([0-9]{1,6})|/dev/std(in|out|err)")


class ClosedPipeError(Exception):
    """The reader of a pipe went away. No OSError: of those click makes exit code 1."""


class Device:
    """A device such as /dev/null, a pipe or an open descriptor: it cannot be replaced, only written."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._file = io.FileIO(descriptor, "wb")

    @classmethod
    def at(cls, name: str) -> Self | None:
        """What is there, opened; None for a file, or where there is nothing yet. CnngradError says why not."""
        try:
            if found := _DESCRIPTOR.fullmatch(name):
                number = int(found[1]) if found[1] else ("in", "out", "err").index(found[2])
                return cls(name, os.dup(number))
            mode = _mode(name)
            return None if stat.S_ISREG(mode) else cls(name, _opened(name, mode))
        except OSError as error:
            raise _unwritten(name, error) from None

    def put(self, data: bytes) -> None:
        """Write all of `data`; BrokenPipeError where nobody reads it any more."""
        try:
            put_all(data, self._file)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _unwritten(self.name, error) from None

    def write(self, text: str) -> None:
        """Write all of `text`; the end of a pipe is no failure."""
        try:
            self.put(text.encode())
        except BrokenPipeError:
            raise ClosedPipeError from None

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unwritten(name: str, error: OSError) -> CnngradError:
    return CnngradError(f"{shown(name)}: {reason(error)}; nothing can be written there")


def _mode(name: str) -> int:
    """What kind of thing is there; a new file, or one that a link promises, is a file."""
    try:
        return os.stat(name).st_mode
    except FileNotFoundError:
        return stat.S_IFREG


def shown(name: str) -> str:
    """The name of a file in a message: whole unless it is so long that no file has it."""
    return escape(name) if len(name) <= 1000 else f"{escape(name[:80])}..."


def _opened(name: str, mode: int) -> int:
    """A device, a pipe or a socket, opened for writing; opening a pipe does not wait for a reader."""
    if stat.S_ISSOCK(mode):
        raise OSError(errno.ENXIO, "is a socket")
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        descriptor = os.open(name, flags)
    except OSError as error:
        if stat.S_ISFIFO(mode) and error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no program reads this pipe") from None
        raise
    os.set_blocking(descriptor, True)
    return descriptor


def put_all(data: bytes, file: io.FileIO) -> None:
    """Write all of `data`, also to what does not wait by itself; OSError says why not."""
    left = memoryview(data)
    while left:
        written: int | None = file.write(left)
        if written is None:  # it does not wait by itself
            select.select((), (file,), ())
        left = left[written or 0 :]


def reason(error: OSError | ValueError) -> str:
    """Why something cannot be written."""
    if isinstance(error, ValueError) or error.errno == errno.EBADF:
        return "it is not open for writing"
    return error.strerror or str(error)
