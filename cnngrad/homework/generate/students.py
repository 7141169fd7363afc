"""The students of a class, from a CSV file: one exercise each, under a name that a file may have."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from cnngrad.errors import CnngradError, Mark, Problem, Problems, did_you_mean, excerpt
from cnngrad.homework.class_list import NO_STUDENT, Key, Row, file_name, key_of, named_columns, plain_heading, rows_of
from cnngrad.limits import Limits
from cnngrad.records import dataclass
from cnngrad.spec.reader import decode, regular_bytes

MOST = 10_000
LISTED = 12
"""Headings that a message lists."""


@dataclass(frozen=True)
class Student:
    """A row of the file: what it says, and the name of the student's file."""

    label: str
    name: str

    def number(self, seed: int) -> int:
        """A seed of the student's own, which does not depend on who else is in the class."""
        return int.from_bytes(hashlib.sha256(f"{seed}:{self.label}".encode()).digest()[:8], "big")


@dataclass(frozen=True)
class Roster:
    """The students of a class; `named_by` says which column tells them apart."""

    students: tuple[Student, ...]
    named_by: str


def read_roster(path: str, limits: Limits, heading: str | None = None) -> Roster:
    """The students in the CSV file `path`, told apart by the column with this heading, or by the best one that is
    known; CnngradError with the line of every row that names nobody."""
    try:
        text = decode(regular_bytes(path, limits), path)
    except CnngradError as error:
        raise CnngradError(*(replace(problem, mark=problem.mark or Mark(path)) for problem in error.problems)) from None
    rows = [row for row in rows_of(text, path) if not row.is_empty]
    if problem := next((row.problem for row in rows if row.problem), None):
        raise CnngradError(problem)
    key = _key(rows[0].cells if rows else [], heading, path)
    below = [row for row in rows[key.headed :] if not row.cells[0].strip().lower().startswith(NO_STUDENT)]
    if not below:
        raise CnngradError(Problem("has no students; write one per line", "", Mark(path)))
    if len(below) > MOST:
        raise CnngradError(Problem(f"has {len(below):,} students; give at most {MOST:,}", "", Mark(path)))
    return Roster(tuple(_students(below, key, path)), key.says)


def _key(first: list[str], heading: str | None, path: str) -> Key:
    """Which column tells students apart: the one with this heading, else the best one that is known, else the first."""
    if heading is not None:
        plain = [plain_heading(cell) for cell in first]
        if plain_heading(heading) not in plain:
            shown = [cell.strip() for cell in first]
            hint = did_you_mean(heading, shown) or f"; it has {', '.join(map(excerpt, shown[:LISTED]))}"
            raise CnngradError(Problem(f"has no column {excerpt(heading)}{hint}", "", Mark(path)))
        return named_columns(first, plain.index(plain_heading(heading)))
    unknown = Key((0,), "the first column; no heading is known, so every line is a student", headed=False)
    return key_of(first) or unknown


def _students(rows: list[Row], key: Key, path: str) -> list[Student]:
    problems = Problems()
    found: dict[str, Student] = {}
    for row in rows:
        label = key.of(row.cells)
        name, mark = file_name(label), Mark(path, row.line, 1)
        if not name:
            problems.add("", f"{excerpt(label)} makes no name of a file; give the student another", mark)
        elif name.lower() in found:
            problems.add("", f"{excerpt(label)} would have the same file as another student; tell them apart", mark)
        else:
            found[name.lower()] = Student(label, name)
    problems.stop_if_any()
    return list(found.values())
