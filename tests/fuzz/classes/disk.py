"""What stands on a disk beside a command: files, links, pipes and sockets, with names of any bytes."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass

from ..mutants import Mutant


@dataclass(frozen=True)
class Link:
    """A link to this place."""

    target: str


@dataclass(frozen=True)
class Odd:
    """A `fifo` or a `socket`, or an empty `folder`."""

    kind: str


Entry = bytes | Link | Odd
Disk = dict[str, Entry]
"""Entries by their paths, relative to the folder of the run."""


@dataclass(frozen=True)
class ClassMutant(Mutant):
    """A command on many items, with what stands on the disk. `kind` says of what sort the items are, `given` where
    they are; `whole`: nothing that the whole run needs was spoilt. `runs` are the ways in which it is run again."""

    kind: str = ""
    given: str = ""
    exercise: str = ""
    whole: bool = True
    runs: tuple[str, ...] = ()
    disk: tuple[tuple[str, Entry], ...] = ()

    def __str__(self) -> str:
        """All that one needs to run it by hand."""
        shown = "\n".join(f"  {path!r}: {_shown(entry)}" for path, entry in self.disk)
        return f"class {super().__str__()}\n  {self.kind} {self.given!r}, whole: {self.whole}, {self.runs}\n{shown}"


def _shown(entry: Entry) -> str:
    return repr(entry[:600]) + f" ({len(entry)} bytes)" * (len(entry) > 600) if isinstance(entry, bytes) else str(entry)


def build(disk: tuple[tuple[str, Entry], ...]) -> None:
    """Put everything where it belongs; what this file system cannot hold is left out."""
    for path, entry in disk:
        with suppress(OSError, ValueError):
            if folder := os.path.dirname(path):
                os.makedirs(folder, exist_ok=True)
            _put(path, entry)


def _put(path: str, entry: Entry) -> None:
    if isinstance(entry, Link):
        os.symlink(entry.target, path)
    elif isinstance(entry, bytes):
        with open(path, "wb") as file:
            file.write(entry)
    elif entry.kind == "fifo":
        os.mkfifo(path)
    elif entry.kind == "folder":
        os.makedirs(path)
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path)
