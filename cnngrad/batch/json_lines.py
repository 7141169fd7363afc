"""JSON Lines, read one line at a time: a file, a pipe or standard input, however long one of the lines is."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import count
from typing import Any

from cnngrad.batch.pipe import Pipe, is_pipe
from cnngrad.errors import CnngradError, Mark, Problem
from cnngrad.limits import Limits
from cnngrad.records import dataclass
from cnngrad.spec.reader import IRREGULAR, why_unopened

STDIN = "-"
_STDIN_NAME = "<stdin>"
_AT_A_TIME = 2**20
_MOST_COUNTED = 2**30
"""Bytes of a file whose lines are counted before they are read."""


def name_of(path: str) -> str:
    """What a file is called in the output and in messages."""
    return _STDIN_NAME if path == STDIN else path


@dataclass
class Awaited:
    """The pipe that is being read, if it is one."""

    pipe: Pipe | None = None

    def descriptor(self, limits: Limits) -> int | None:
        """What the next line will come from; None where it is there, or does not come from a pipe."""
        return self.pipe.descriptor if self.pipe is not None and self.pipe.awaits(_most(limits)) else None


def lines_of(path: str, limits: Limits, awaited: Awaited | None = None) -> Iterator[tuple[int, bytes | Problem]]:
    """The lines that are not blank, each with its number from 1, or why one cannot be taken.

    CnngradError where the file cannot be opened. A line that is longer than a file may be is not kept in memory.
    While a pipe is read, it is the one that is `awaited`.
    """
    with _opened(path) as file:
        if awaited is not None and isinstance(file, Pipe):
            awaited.pipe = file
        yield from _numbered(file, path, limits)
        if awaited is not None:
            awaited.pipe = None


def _numbered(file: Any, path: str, limits: Limits) -> Iterator[tuple[int, bytes | Problem]]:
    for number in count(1):
        try:
            line = file.readline(_most(limits))
            length = len(line.rstrip(b"\r\n"))
            if length > limits.file:
                _skip(file, line)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not open"
            yield number, Problem(f"cannot be read: {why}", "", Mark(name_of(path), number))
            return
        if not line:
            return
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        # Only the beginning of a long line was read, so the size that would be enough is not known.
        says = f"has more than {limits.file:,} bytes"
        if message := limits.refusal("file", length, says, enough="BYTES"):
            yield number, Problem(message, "", Mark(name_of(path), number))
        elif line.strip():
            yield number, line


def _most(limits: Limits) -> int:
    """Bytes of a line that are read at once: a line break more than it may have."""
    return limits.file + 2


def counted_lines(path: str, limits: Limits) -> int | None:
    """How many lines `lines_of` will give; None where reading them twice is impossible or takes long."""
    try:
        status = os.stat(path) if path != STDIN else None
    except (OSError, ValueError):
        return 0
    if status is None or not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_COUNTED:
        return None
    try:
        return sum(1 for _ in lines_of(path, limits))
    except CnngradError:
        return 0


def _opened(path: str) -> Any:
    """The bytes of a file or a pipe, opened; of standard input, which stays open."""
    if path == STDIN:
        try:
            return _of_stdin(sys.stdin.buffer)
        except AttributeError:
            raise CnngradError(Problem("cannot be read; is it open?", "", Mark(_STDIN_NAME))) from None
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
        if kind != stat.S_IFIFO and (what := IRREGULAR.get(kind)):
            raise CnngradError(Problem(f"{what}; give a regular file", "", Mark(path)))
        if kind == stat.S_IFIFO:
            return Pipe(os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)))
        return open(path, "rb")
    except OSError as error:
        raise CnngradError(Problem(why_unopened(path, error), "", Mark(path))) from None
    except CnngradError:
        raise
    except ValueError as error:
        raise CnngradError(Problem(why_unopened(path, error), "", Mark(path))) from None


def _of_stdin(file: Any) -> Any:
    """Standard input, as a pipe where it is one."""
    try:
        descriptor = file.fileno()
        return Pipe(descriptor, owned=False) if is_pipe(descriptor) else nullcontext(file)
    except (OSError, ValueError):
        return nullcontext(file)


def _skip(file: Any, line: bytes) -> None:
    """Read on to the end of the line whose beginning is `line`."""
    while line and not line.endswith(b"\n"):
        line = file.readline(_AT_A_TIME)
