"""A class as registrars and learning platforms export it: the rows of a CSV file, and what tells its students apart."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnngrad.errors import Mark, Problem, excerpt
from cnngrad.records import dataclass

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
READABLE = ("name", "full name", "student name")
"""Headings of what a student is called."""
DELIMITERS = ",;\t"
NO_STUDENT = "points possible"
"""How the row of a gradebook begins that is about no student."""
LONGEST = 100


class Row(NamedTuple):
    """A row of the file, and the line that it begins in; `problem` says why it cannot be read."""

    line: int
    cells: list[str]
    problem: Problem | None = None

    @property
    def is_empty(self) -> bool:
        return self.problem is None and not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True)
class Key:
    """The columns that tell students apart, and what they are called; `headed`: the first row has the headings."""

    columns: tuple[int, ...]
    says: str
    headed: bool = True

    def of(self, row: Sequence[str]) -> str:
        """What the row calls the student."""
        return " ".join(row[column].strip() for column in self.columns if column < len(row)).strip()


def delimiter_of(text: str) -> str:
    """What separates the cells: what the first line names, as spreadsheets write it (`sep=;`), else what it has most
    of."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    named = re.fullmatch(r"sep=(.)", first)
    return named[1] if named else max(DELIMITERS, key=first.count)


def rows_of(text: str, path: str) -> Iterator[Row]:
    """The rows of a CSV text, without the line that names the delimiter; a cell may have several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    named = re.match(r"sep=.(?=[\r\n]|$)", text) is not None
    line = 1
    while True:
        try:
            row = Row(line, next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            row = Row(line, [], Problem(f"is no CSV: {error}; fix the line", "", Mark(path, reader.line_num, 1)))
        if not (named and line == 1):
            yield row
        line = reader.line_num + 1


def key_of(headings: Sequence[str]) -> Key | None:
    """The columns that tell students apart: the best one whose heading is known; None where none is."""
    plain = [plain_heading(cell) for cell in headings]
    known = next((plain.index(name) for name in COLUMNS if name in plain), None)
    if known is not None:
        return named_columns(headings, known)
    both = [next((plain.index(name) for name in names if name in plain), None) for names in (LAST, FIRST)]
    found = [column for column in both if column is not None]
    return named_columns(headings, *found) if found else None


def readable_columns(headings: Sequence[str], key: Key) -> tuple[int, ...]:
    """The columns with what a student is called, where the key is another one."""
    plain = [plain_heading(cell) for cell in headings]
    for names in (READABLE, *((one, two) for one in FIRST for two in LAST)):
        found = [plain.index(name) for name in names if name in plain]
        if len(found) >= (1 if names is READABLE else 2):
            columns = (found[0],) if names is READABLE else tuple(found)
            return () if {*columns} & {*key.columns} else columns
    return ()


def named_columns(headings: Sequence[str], *columns: int) -> Key:
    """The key of these columns."""
    says = " and ".join(excerpt(headings[column].strip()) for column in columns)
    return Key(columns, f"the column{'s' * (len(columns) > 1)} {says}")


def plain_heading(heading: str) -> str:
    """A heading without what differs from export to export: `E-Mail`, `email_address`."""
    return " ".join(re.sub(r"[^\w]|_", " ", heading.lower()).split())


def file_name(label: str) -> str:
    """A student's label as the name of a file; nothing where no letter of it may be in one."""
    return re.sub(r"[^\w.@+-]+", "-", unicodedata.normalize("NFC", label)).strip(".-")[:LONGEST]
