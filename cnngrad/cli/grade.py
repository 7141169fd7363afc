"""cnngrad grade."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cnngrad.cli.options import (
    INDEX_BASE,
    LIMIT_DEBUG,
    OVERRIDES,
    SPEC,
    Whole,
    check_output,
    choice,
    override_params,
    request,
)
from cnngrad.cli.output import NARROWEST, say, write_parts
from cnngrad.cli.running import (
    RUNNING,
    AnyStore,
    Course,
    Running,
    carried_out,
    keep,
    outcomes_of,
    running,
    store_of,
    take,
)
from cnngrad.errors import CnngradError, Exit, excerpt
from cnngrad.homework.choices import HINTS
from cnngrad.records import dataclass

if TYPE_CHECKING:
    from cnngrad.batch.grading.feedback import Feedback
    from cnngrad.batch.grading.grade import Class
    from cnngrad.batch.grading.work import Grading
    from cnngrad.batch.pool import Outcome
    from cnngrad.batch.rows import Line, Row
    from cnngrad.cli.options import Request

FORMATS = ("table", "json", "jsonl", "csv", "html", "gradescope", "junit")
TESTS = ("gradescope", "junit")
"""Formats that have the feedback in them."""
LISTED = 12
"""Headings that a note lists."""
PARAMS = (
    click.Argument(["exercise"], shell_complete=SPEC.shell_complete),
    click.Argument(["submissions"]),
    click.Option(
        ["--require"],
        default="",
        metavar="NAMES",
        help="What is asked for, as in --require dA,dW, or the file of a key; by default what the exercise asks for.",
    ),
    choice("--hint", HINTS, "mistake", "How much the feedback tells; the results tell the teacher every mistake."),
    click.Option(["--feedback"], metavar="DIR", help="Write what students read to DIR, a file for each submission."),
    choice("--feedback-format", ("text", "html"), "text", "How feedback is written."),
    click.Option(["--report"], metavar="FILE", help="Write the class at a glance to FILE, a page for a browser."),
    INDEX_BASE,
    *override_params(*OVERRIDES),
    *RUNNING,
    click.Option(
        ["--format"],
        type=click.Choice(FORMATS),
        help="How results are written; by default as -o ends, on the terminal a table (json is the same as jsonl).",
    ),
    click.Option(
        ["-o", "--output"],
        metavar="FILE",
        help="Write to FILE (.jsonl, .csv or .html) instead of stdout; to a folder, a gradescope file for each.",
    ),
    choice("--color", ["auto", "always", "never"], "auto", "Colour; auto asks NO_COLOR, FORCE_COLOR and the terminal."),
    click.Option(["--width"], type=Whole(NARROWEST, 10_000), metavar="N", help="Columns of the table, piped too."),
    *LIMIT_DEBUG,
)


@dataclass
class Grades(Course):
    """The submissions so far; `failed` counts what is not right."""

    def count(self, line: Line, row: Row | None = None) -> None:
        """One submission is graded."""
        self.done += 1
        self.failed += line.failed if row is None else row["verdict"] != "right"

    @property
    def summary(self) -> str:
        """How it went, in one line."""
        kept = f" ({self.kept:,} of them before)" if self.kept else ""
        noun = "submission" if self.done == 1 else "submissions"
        return f"{self.done:,} {noun}: {self.done - self.failed:,} all right, {self.failed:,} not{kept}"


@click.command(params=list(PARAMS))
def grade(exercise: str, submissions: str, **given: Any) -> int:
    """Many submissions: a sheet, feedback for each student, the class at a glance.

    EXERCISE is a spec, or a folder with NAME.yaml for each student, as generate --per writes it; NAME.key.yaml beside
    one says what is asked for. SUBMISSIONS is a folder with a file or a folder for each student, a download of Canvas
    or Moodle (the id is in the names), a .zip of those, a .csv with a row for each student and a column for each
    quantity, or one file. They come in the order of students, then files. What cannot be read is a row with its
    error. Exit code 0 when everything is right, else 1; 2 where there is nothing to grade.
    """
    asked = running(given, "table")
    own = {name: given.pop(name) for name in ("require", "hint", "feedback", "feedback_format", "report")}
    check_output(own["report"], "--report")
    if own["report"] and own["report"] == asked.output:
        raise CnngradError(f"--report: {excerpt(own['report'])} is the output too; name another file")
    return carried_out(asked, partial(_grade, exercise, submissions, own, request(**given)), Grades)


def _grade(exercise: str, submissions: str, own: dict[str, Any], request: Request, course: Grades) -> int:
    from cnngrad.batch.grading.feedback import feedback_in
    from cnngrad.batch.grading.grade import class_of

    outputs = [path for path in (course.asked.output, own["report"]) if path]
    found = class_of(exercise, submissions, _grading(own, request, course.asked), outputs)
    _say_left_out(submissions, found)
    files = feedback_in(own["feedback"], own["feedback_format"], submissions) if own["feedback"] else None
    course.total = len(found.handed)
    store = _store(course.asked, own["report"])
    try:
        todo = found.items(files)
        lines = _lines(found, files, outcomes_of(course.asked, todo, found.judge))
        keep(course, store, todo, of_item=_about_item, of_row=_about_row)
        take(course, store, lines)
        _write(course.asked, request, own["report"], store)
    finally:
        store.close()
    say(course.summary)
    return Exit.FAILED if course.failed else Exit.DONE


def _grading(own: dict[str, Any], request: Request, asked: Running) -> Grading:
    from cnngrad.api.checking import key_read
    from cnngrad.batch.grading.work import Grading

    return Grading(
        None,
        require=key_read(own["require"], request.limits),
        settings=request.settings,
        base=int(request.index_base),
        limits=request.limits,
        hint=own["hint"],
        feedback=own["feedback_format"] if own["feedback"] else "",
        tests=asked.format if asked.format in TESTS else "",
    )


def _say_left_out(submissions: str, found: Class) -> None:
    if found.left_out:
        shown = ", ".join(map(excerpt, found.left_out[:LISTED]))
        more = f" and {len(found.left_out) - LISTED} more" if len(found.left_out) > LISTED else ""
        say(f"{submissions}: columns that are no quantities are left out: {shown}{more}")


def _about_item(item: Any) -> str:
    return f"{item.student}: {item.source}"


def _about_row(row: Row) -> str:
    return f"{row.get('student')}: {row.get('source')}"


def _lines(
    found: Class, files: Feedback | None, outcomes: Generator[Outcome, None, None]
) -> Generator[Line, None, None]:
    from cnngrad.batch.rows import Line

    with closing(outcomes):
        for outcome in outcomes:
            result = found.result(outcome, files)
            yield Line(result.line, not result.right)


class _Twice:
    """Lines that are written, and kept for a report on all of them."""

    def __init__(self, first: AnyStore, kept: Any) -> None:
        self.first, self.kept = first, kept
        self.rows: Callable[[], Iterator[Row]] = kept.rows

    def write(self, line: str) -> None:
        self.first.write(line)
        self.kept.write(line)

    def close(self) -> None:
        self.first.close()
        self.kept.close()


def _store(asked: Running, report: str | None) -> Any:
    """Where lines go; a report needs all of them again."""
    from cnngrad.batch.journal import Spool

    store = store_of(asked)
    return store if hasattr(store, "rows") or not report else _Twice(store, Spool())


def _write(asked: Running, request: Request, report: str | None, store: Any) -> None:
    """What is made of all rows."""
    if asked.format != "jsonl":
        from cnngrad.cli.class_output import write_class

        write_class(asked.format, store.rows, request)
    if report:
        from cnngrad.cli.class_output import page_of_class

        write_parts(page_of_class(store.rows), report)
