"""Where lines are kept while a run goes on: in a file that can be resumed, or in one that is used up at the end.

A line is written with one call and counted only when it is whole. What a crash of the machine leaves behind is at
most a torn last line, and resuming cuts it off.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any

from cnngrad.batch.rows import Row
from cnngrad.errors import CnngradError, Problem, escape, excerpt, option

_EVERY = 1.0
"""Seconds after which what was written is on the disk for certain."""
_BEGINNING = b'{"format": '


def source_of_item(item: Any) -> str:
    """The name of an item in its row."""
    return str(item.source)


def source_of_row(row: Row) -> str:
    """The name that a row gives the item that it is about."""
    return str(row.get("source"))


class Spool:
    """Lines in a temporary file without a name, so that nothing is left of it whatever happens."""

    def __init__(self) -> None:
        """An empty one; OSError where there is no room for temporary files."""
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="cnngrad-")  # noqa: SIM115 it is closed by close

    def write(self, line: str) -> None:
        self._file.write(line.encode("ascii"))

    def rows(self) -> Iterator[Row]:
        """All rows from the first, as often as they are asked for."""
        self._file.flush()
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)

    def close(self) -> None:
        self._file.close()


class Journal:
    """Lines in the file `path`, each there as soon as it is written; `resume` keeps those that are there already."""

    def __init__(self, path: str, *, resume: bool = False) -> None:
        self.path = path
        self.resume = resume
        self._descriptor = -1
        self._end = 0
        self._synced = time.monotonic()

    def resumed(
        self,
        items: Iterator[Any],
        of_item: Callable[[Any], str] = source_of_item,
        of_row: Callable[[Row], str] = source_of_row,
    ) -> Iterator[Row]:
        """The rows that are kept, each of the next item in `items`, which is left at the first that has none.

        An item and its row are told by one text, that of `of_item` and of `of_row`. What follows the last of them is
        cut off when the file is opened. CnngradError where a line is about another item, or the file holds no rows.
        """
        if not self.resume:
            return
        for number, line in enumerate(self._lines(), start=1):
            row = _row(line)
            if row is None:
                self._check_torn(line, number)
                return
            item = next(items, None)
            self._check_about(of_row(row), None if item is None else of_item(item), number)
            self._end += len(line)
            yield row

    def open(self) -> None:
        """Begin to write, behind the lines that are kept; the file is made if there is none.

        CnngradError where it cannot be written, or another run writes it.
        """
        try:
            flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            self._descriptor = os.open(self.path, flags, 0o666)
            _claim(self._descriptor)
            self._cut()
        except OSError as error:
            raise self._error(error) from None

    def write(self, line: str) -> None:
        """Add a line; where it does not fit, the file ends with the line before."""
        data = line.encode("ascii")
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            with suppress(OSError):
                self._cut()
            raise self._error(error) from None
        self._end += len(data)
        if time.monotonic() > self._synced + _EVERY:
            self._sync()

    def rows(self) -> Iterator[Row]:
        """All rows from the first, those that were kept too."""
        return map(json.loads, self._lines())

    def close(self) -> None:
        """All lines are on the disk."""
        if self._descriptor >= 0:
            self._sync()
            os.close(self._descriptor)
            self._descriptor = -1

    def _lines(self) -> Iterator[bytes]:
        """The lines of the file; none where there is no file."""
        try:
            with open(self.path, "rb") as file:
                yield from file
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._error(error) from None

    def _sync(self) -> None:
        with suppress(OSError):
            os.fsync(self._descriptor)
        self._synced = time.monotonic()

    def _cut(self) -> None:
        """The file ends with its last whole line."""
        os.ftruncate(self._descriptor, self._end)
        os.lseek(self._descriptor, self._end, os.SEEK_SET)

    def _error(self, error: OSError) -> CnngradError:
        kept = "; its lines are whole" if self._end else ""
        return CnngradError(f"{escape(self.path)}: {error.strerror or error}{kept}")

    def _check_torn(self, line: bytes, number: int) -> None:
        """Behind whole lines anything may be cut off; a file that begins otherwise is not of such a run."""
        begun = line.startswith(_BEGINNING) or _BEGINNING.startswith(line) or not line.strip(b"\0")
        if number == 1 and not begun:
            self._refuse("line 1 is no line of a run; name another file")

    def _check_about(self, found: str, expected: str | None, number: int) -> None:
        if found == expected:
            return
        here = f"{excerpt(expected, 200)} comes here" if expected is not None else "no item is left"
        about = excerpt(found, 200)
        self._refuse(f"line {number} is about {about}, but {here}; give the same items, or write another file")

    def _refuse(self, says: str) -> None:
        raise CnngradError(Problem(f"{escape(self.path)}: {says}", option("resume")))


def _claim(descriptor: int) -> None:
    """Keep other runs from writing the same file, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(errno.EBUSY, "another run writes it") from None
    except OSError:  # a file system without locks
        return


def _row(line: bytes) -> Row | None:
    """The row in a line, if it is whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and "format" in row else None
