"""One submission: whose it is, and where it is read from."""

from __future__ import annotations

from collections.abc import Iterable

from cnngrad.errors import Problem
from cnngrad.records import dataclass

Cell = tuple[str, str, int]
"""A quantity, what is written for it in a sheet, and the line."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What one student handed in: a file at `path`, the `data` of a file in an archive, or the `cells` of a row.

    `source` says where it is (None: nothing was handed in), `name` what a platform calls the student beside the id;
    `exercise` and `key` are files, where each student has an exercise of their own; `feedback` is the name of the file
    that the student gets. `problem`: why it is not read.
    """

    student: str
    source: str | None
    name: str = ""
    path: str = ""
    member: int = -1
    data: bytes | None = None
    cells: tuple[Cell, ...] | None = None
    exercise: str = ""
    key: str = ""
    feedback: str = ""
    problem: Problem | None = None


def in_order(handed: Iterable[Handed]) -> tuple[Handed, ...]:
    """By student and source, in the order of their characters' codes, whatever the language of the machine."""
    return tuple(sorted(handed, key=lambda each: (each.student, each.source or "", each.member)))


def as_text(name: str) -> str:
    """A name from a disk, which may have bytes that are no text: these are written with backslashes."""
    return name.encode("utf-8", "backslashreplace").decode()
