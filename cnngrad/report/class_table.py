"""The students of a class as a table: points, and for each quantity the verdict and what explains it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from cnngrad.errors import escape
from cnngrad.homework.verdict import MARKS, POINTS
from cnngrad.report.blocks import Block, Grid, Grids, Sign, words
from cnngrad.report.class_summary import ClassSummary, Entry, Student

WIDEST = 24
"""Characters of a student's name on one line; a longer one goes on below."""
HEADINGS = ("student", "points")


def class_table(summary: ClassSummary) -> tuple[Block, ...]:
    """One row for each submission, and more below it where several mistakes are named: no id is cut."""
    cells: list[list[str]] = []
    signs: dict[tuple[int, int], Sign] = {}
    decimals = 0 if all(student.points == int(student.points) for student in summary.students) else 1
    for student in summary.students:
        found = [_lines(student, quantity) for quantity in summary.quantities]
        signs |= {
            (len(cells), column): sign
            for column, (_, sign) in enumerate(found, start=len(HEADINGS))
            if sign is not None
        }
        columns = [_name(student), [f"{student.points:.{decimals}f} of {student.of:g}"], *(lines for lines, _ in found)]
        cells += map(list, zip_longest(*columns, fillvalue=""))
    if not cells:
        return (words("no submission"),)
    heads = (*HEADINGS, *map(escape, summary.quantities))
    left = frozenset(range(len(heads))) - {HEADINGS.index("points")}
    return (Grids((Grid("", "Students", cells, (), heads, signs, left, frozenset({0, 1})),)),)


def _name(student: Student) -> list[str]:
    text = escape(student.label) or "(no name)"
    return [text[start : start + WIDEST] for start in range(0, len(text), WIDEST)]


def _lines(student: Student, quantity: str) -> tuple[list[str], Sign | None]:
    """What is said of one answer, line by line, and its mark."""
    if student.error and not student.absent:
        return [f"{MARKS['refused']} not read"], "bad"
    entry = student.entries.get(quantity)
    if entry is None:
        return [""], None
    mark = MARKS.get(entry.verdict)
    return [f"{mark} {entry.verdict}" if mark else escape(entry.verdict), *_explained(entry)], _sign(entry.verdict)


def _sign(verdict: str) -> Sign:
    points = POINTS.get(verdict, 0.0)
    return "good" if points == 1.0 else "half" if points or verdict == "missing" else "bad"


def _explained(entry: Entry) -> Iterator[str]:
    if entry.origin:
        yield f"  from {escape(entry.origin)}"
    yield from (f"  {escape(name)}" for name in entry.names)
