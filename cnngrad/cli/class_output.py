"""What is made of all rows of a class: a table, a sheet, a page, the files of graders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from cnngrad.cli.output import look, write, write_parts

if TYPE_CHECKING:
    from cnngrad.batch.rows import Row
    from cnngrad.cli.options import Request

Rows = Callable[[], "Iterator[Row]"]


def write_class(form: str, rows: Rows, asked: Request) -> None:
    """Write the rows in this format to where it was asked for."""
    if form == "gradescope" and asked.output is not None and os.path.isdir(asked.output):
        _write_each(rows, asked.output)
    elif form == "table":
        write(_table(rows, asked), asked.output)
    else:
        write_parts(WRITERS[form](rows), asked.output)


def page_of_class(rows: Rows) -> Iterator[str]:
    """The class at a glance, as a page for a browser."""
    from cnngrad.batch.grading.summary import summarize
    from cnngrad.render.page.classes import class_parts

    return class_parts(summarize(rows()))


def _table(rows: Rows, asked: Request) -> str:
    from cnngrad.batch.grading.summary import summarize
    from cnngrad.render import render
    from cnngrad.report.class_page import glance
    from cnngrad.report.class_table import class_table

    summary = summarize(rows())
    return render("table", (*class_table(summary), *glance(summary)), look(asked.color, asked.output, asked.width))


def _csv(rows: Rows) -> Iterator[str]:
    from cnngrad.batch.grading.sheet_out import table_of
    from cnngrad.render.csv_sheet import csv_lines

    return csv_lines(table_of(rows))


def _gradescope(rows: Rows) -> Iterator[str]:
    from cnngrad.render.exports import gradescope_of_many

    return gradescope_of_many(row["tests"] for row in rows())


def _junit(rows: Rows) -> Iterator[str]:
    from cnngrad.render.exports import junit_of_many

    return junit_of_many(_Texts(rows))


class _Texts:
    """The tests in the rows, as often as they are gone through."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[str]:
        return (row["tests"] for row in self.rows())


def _write_each(rows: Rows, folder: str) -> None:
    """A results.json for each student, called as the student."""
    from cnngrad.batch.grading.feedback import Feedback

    files = Feedback(folder, ".json")
    for row in rows():
        files.write(files.name(row["student"]), row["tests"])


WRITERS: dict[str, Callable[[Rows], Any]] = {
    "csv": _csv,
    "html": page_of_class,
    "gradescope": _gradescope,
    "junit": _junit,
}
"""The text of a file that holds all rows, in parts."""
