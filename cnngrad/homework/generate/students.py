"""The students of a class, from a CSV file: one exercise each, under a name that a file may have."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass, replace

from cnngrad.errors import CnngradError, Mark, Problem, Problems, excerpt
from cnngrad.limits import Limits
from cnngrad.spec.reader import decode, regular_bytes

COLUMNS = ("id", "student", "student id", "email", "username", "name")
"""Headings of the column that tells students apart, the best first; without one the first column does."""
MOST = 10_000
LONGEST = 100


@dataclass(frozen=True)
class Student:
    """A row of the file: what it says, and the name of the student's file."""

    label: str
    name: str

    def number(self, seed: int) -> int:
        """A seed of the student's own, which does not depend on who else is in the class."""
        return int.from_bytes(hashlib.sha256(f"{seed}:{self.label}".encode()).digest()[:8], "big")


def read_students(path: str, limits: Limits) -> list[Student]:
    """The students in the CSV file `path`; CnngradError with the line of every row that names nobody."""
    try:
        text = decode(regular_bytes(path, limits), path)
    except CnngradError as error:
        raise CnngradError(*(replace(problem, mark=problem.mark or Mark(path)) for problem in error.problems)) from None
    rows = [(number, row) for number, row in _rows(text, path) if any(cell.strip() for cell in row)]
    column, rows = _column(rows)
    if not rows:
        raise CnngradError(Problem("has no students; write one per line", "", Mark(path)))
    if len(rows) > MOST:
        raise CnngradError(Problem(f"has {len(rows):,} students; give at most {MOST:,}", "", Mark(path)))
    return _students(rows, column, path)


def _rows(text: str, path: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines())
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise CnngradError(Problem(f"is no CSV: {error}; fix the line", "", Mark(path, reader.line_num, 1))) from None


def _column(rows: list[tuple[int, list[str]]]) -> tuple[int, list[tuple[int, list[str]]]]:
    """Which column tells students apart, and the rows below the headings."""
    if not rows:
        return 0, rows
    headings = [cell.strip().lower() for cell in rows[0][1]]
    known = next((headings.index(name) for name in COLUMNS if name in headings), None)
    return (0, rows) if known is None else (known, rows[1:])


def _students(rows: list[tuple[int, list[str]]], column: int, path: str) -> list[Student]:
    problems = Problems()
    found: dict[str, Student] = {}
    for number, row in rows:
        label = row[column].strip() if column < len(row) else ""
        name = re.sub(r"[^\w.@+-]+", "-", label).strip(".-")[:LONGEST]
        mark = Mark(path, number, 1)
        if not name:
            problems.add("", f"{excerpt(label)} makes no name of a file; give the student another", mark)
        elif name.lower() in found:
            problems.add("", f"{excerpt(label)} would have the same file as another student; tell them apart", mark)
        else:
            found[name.lower()] = Student(label, name)
    problems.stop_if_any()
    return list(found.values())
