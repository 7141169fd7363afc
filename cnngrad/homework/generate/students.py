"""The students of a class, from a CSV file: one exercise each, under a name that a file may have."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cnngrad.errors import CnngradError, Mark, Problem, Problems, did_you_mean, excerpt
from cnngrad.limits import Limits
from cnngrad.spec.reader import decode, regular_bytes

COLUMNS = (
    "id",
    "student id",
    "student number",
    "sis user id",
    "id number",
    "user id",
    "matrikelnummer",
    "matrikelnr",
    "matrikel nr",
    "matrikel",
    "matriculation number",
    "student",
    "sis login id",
    "login id",
    "login",
    "username",
    "user name",
    "email",
    "e mail",
    "email address",
    "mail",
    "name",
    "full name",
)
"""Headings of the column that tells students apart, the best first, as registrars and learning platforms write them."""
LAST = ("last name", "surname", "family name", "nachname")
FIRST = ("first name", "given name", "vorname")
"""Headings of the two columns that do so together, where there is no other."""
DELIMITERS = ",;\t"
NO_STUDENT = "points possible"
"""How the row of a gradebook begins that is about no student."""
MOST = 10_000
LONGEST = 100
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


@dataclass(frozen=True)
class _Key:
    """The columns that tell students apart, and what they are called; `headed`: the first row has the headings."""

    columns: tuple[int, ...]
    says: str
    headed: bool = True

    def of(self, row: list[str]) -> str:
        return " ".join(row[column].strip() for column in self.columns if column < len(row)).strip()


def read_roster(path: str, limits: Limits, heading: str | None = None) -> Roster:
    """The students in the CSV file `path`, told apart by the column with this heading, or by the best one that is
    known; CnngradError with the line of every row that names nobody."""
    try:
        text = decode(regular_bytes(path, limits), path)
    except CnngradError as error:
        raise CnngradError(*(replace(problem, mark=problem.mark or Mark(path)) for problem in error.problems)) from None
    rows = [(number, row) for number, row in _rows(text, path) if any(cell.strip() for cell in row)]
    key = _key(rows[0][1] if rows else [], heading, path)
    below = [(number, row) for number, row in rows[key.headed :] if not row[0].strip().lower().startswith(NO_STUDENT)]
    if not below:
        raise CnngradError(Problem("has no students; write one per line", "", Mark(path)))
    if len(below) > MOST:
        raise CnngradError(Problem(f"has {len(below):,} students; give at most {MOST:,}", "", Mark(path)))
    return Roster(tuple(_students(below, key, path)), key.says)


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with its line; the delimiter is the one that the first line has most of, or that it names, as
    spreadsheets write it (`sep=;`)."""
    lines = text.splitlines()
    named = re.fullmatch(r"sep=(.)", lines[0]) if lines else None
    first = next((line for line in lines if line.strip()), "")
    reader = csv.reader(lines, delimiter=named[1] if named else max(DELIMITERS, key=first.count))
    try:
        for row in reader:
            if not (named and reader.line_num == 1):
                yield reader.line_num, row
    except csv.Error as error:
        raise CnngradError(Problem(f"is no CSV: {error}; fix the line", "", Mark(path, reader.line_num, 1))) from None


def _key(first: list[str], heading: str | None, path: str) -> _Key:
    """Which column tells students apart: the one with this heading, else the best one that is known, else the first."""
    headings = [_plain(cell) for cell in first]
    if heading is not None:
        if _plain(heading) not in headings:
            shown = [cell.strip() for cell in first]
            hint = did_you_mean(heading, shown) or f"; it has {', '.join(map(excerpt, shown[:LISTED]))}"
            raise CnngradError(Problem(f"has no column {excerpt(heading)}{hint}", "", Mark(path)))
        return _named(first, headings.index(_plain(heading)))
    known = next((headings.index(name) for name in COLUMNS if name in headings), None)
    if known is not None:
        return _named(first, known)
    both = [next((headings.index(name) for name in names if name in headings), None) for names in (LAST, FIRST)]
    found = [column for column in both if column is not None]
    if found:
        return _named(first, *found)
    return _Key((0,), "the first column; no heading is known, so every line is a student", headed=False)


def _named(first: list[str], *columns: int) -> _Key:
    says = " and ".join(excerpt(first[column].strip()) for column in columns)
    return _Key(columns, f"the column{'s' * (len(columns) > 1)} {says}")


def _plain(heading: str) -> str:
    """A heading without what differs from export to export: `E-Mail`, `email_address`."""
    return " ".join(re.sub(r"[^\w]|_", " ", heading.lower()).split())


def _students(rows: list[tuple[int, list[str]]], key: _Key, path: str) -> list[Student]:
    problems = Problems()
    found: dict[str, Student] = {}
    for number, row in rows:
        label = key.of(row)
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
