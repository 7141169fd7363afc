"""What is done with one submission: its row, what the student reads, and what a grader of tests reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from cnngrad.api.checking import Assignment, Checked, Required, assignment
from cnngrad.api.solve import document
from cnngrad.batch.grading.handed import Handed
from cnngrad.batch.grading.pairing import NOTHING
from cnngrad.batch.grading.rows import Row, line_of, row_of, row_of_nothing, row_of_problem
from cnngrad.errors import CnngradError, Mark, Problem, indices_from, options_spelled, spelling
from cnngrad.homework.submission import HandedIn, read_submission, submission_of, submission_of_cells
from cnngrad.limits import Limits
from cnngrad.numbers.exact import within
from cnngrad.records import dataclass
from cnngrad.render import render
from cnngrad.render.exports import as_gradescope, junit_suite
from cnngrad.report.blocks import Page
from cnngrad.report.sheet import Sheet, sheet, sheet_of_problem
from cnngrad.report.verdict import problem_page, verdict_page
from cnngrad.spec.build import Setting, override
from cnngrad.spec.tree import Document

WRITERS = {"gradescope": as_gradescope, "junit": junit_suite}
"""The tests of one student, by format."""
KEPT = 4
"""Exercises that a worker keeps: the files of one student follow each other."""


class Graded(NamedTuple):
    """What comes of a submission: its row as JSON, whether it is right, the student's feedback, the tests of a grader;
    the last two only where they are wanted."""

    row: str
    right: bool = False
    feedback: str = ""
    tests: str = ""

    @property
    def line(self) -> str:
        """The row as a line, with the tests where there are any."""
        tests = f', "tests": {json.dumps(self.tests)}}}' if self.tests else "}"
        return f"{self.row[:-1]}{tests}\n"


@dataclass(frozen=True)
class Grading:
    """How a class is graded. `exercise` is the one for all (None: each submission names its own); `key`, `require` and
    `base` are those of `assignment`. `feedback` is text, html or nothing, `tests` one of WRITERS or nothing; `hint`
    is what they tell. `spelling` writes an option in a message."""

    exercise: Document | None
    key: str = ""
    require: Required = ()
    settings: tuple[Setting, ...] = ()
    base: int = 0
    limits: Limits = field(default_factory=Limits)
    hint: str = "mistake"
    feedback: str = ""
    tests: str = ""
    spelling: Callable[[str, str], str] = field(default_factory=spelling)

    def assignment_of(self, handed: Handed) -> Assignment:
        """The exercise of a submission, solved once; CnngradError where it cannot be used."""
        place = (handed.exercise, handed.key)
        if place not in self._kept:
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[place] = self._assignment(*place)
        return self._kept[place]

    @cached_property
    def _kept(self) -> dict[tuple[str, str], Assignment]:
        return {}

    def _assignment(self, path: str, key: str) -> Assignment:
        spec = override(document(self.exercise or path, self.limits), self.settings, self.limits)
        found = assignment(spec, self.require, index_base=self.base, limit=self.limits, key=key or self.key)
        found.asked(path)  # a key in the spec that names no quantity makes the exercise unusable, whoever hands in
        return found


def graded(grading: Grading, handed: Handed) -> Graded:
    """What comes of one submission; nothing of it depends on what was graded before."""
    with options_spelled(grading.spelling), indices_from(grading.base), within(grading.limits, counted=False):
        if handed.problem is not None and grading.exercise is None and not handed.exercise:
            return of_problem(grading, handed, handed.problem)
        try:
            work = grading.assignment_of(handed)
        except CnngradError as error:
            return of_problem(grading, handed, _of_exercise(error.problems[0], handed))
        if handed.problem == NOTHING:
            verdict = work.without_answers()
            return _texts(grading, row_of_nothing(verdict, handed), verdict)
        if handed.problem is not None:
            return of_problem(grading, handed, handed.problem, work)
        verdict = _judged(work, handed, grading.limits)
        return _texts(grading, row_of(verdict, handed), verdict)


def of_problem(grading: Grading, handed: Handed, problem: Problem, work: Assignment | None = None) -> Graded:
    """What comes of a submission that was not judged; `work` is its exercise, where that is known."""
    if work is not None:
        verdict = work.unread(handed.path, (problem,))
        return _texts(grading, row_of(verdict, handed), verdict)
    row = row_of_problem(handed, problem)
    return _written(grading, row, problem_page(problem), sheet_of_problem(handed.source or "", problem))


def _of_exercise(problem: Problem, handed: Handed) -> Problem:
    """What is wrong with an exercise, said of the submission: its place is in the exercise's file."""
    return Problem(f"the exercise cannot be used: {problem}", "", Mark(handed.source or handed.student))


def _judged(work: Assignment, handed: Handed, limits: Limits) -> Checked:
    """The verdict, as `check` gives it: where nothing can be read, that it was not."""
    try:
        return work.checked(_read(handed, limits))
    except CnngradError as error:
        return work.unread(handed.path, error.problems)


def _read(handed: Handed, limits: Limits) -> HandedIn:
    source = handed.source or ""
    if handed.cells is not None:
        return submission_of_cells(handed.cells, source.rpartition(":")[0])
    if handed.data is not None:
        return submission_of(handed.data, source, Path(source).parent, limits)
    return read_submission(handed.path, limits)


def _texts(grading: Grading, row: Row, verdict: Checked) -> Graded:
    return _written(grading, row, verdict_page(verdict, grading.hint), sheet(verdict, grading.hint))


def _written(grading: Grading, row: Row, page: Page, tests: Sheet) -> Graded:
    """The texts that are wanted."""
    found = Graded(line_of(row), row["verdict"] == "right", _feedback(grading, page) if grading.feedback else "")
    if not grading.tests:
        return found
    whose: dict[str, str | None] = {key: row[key] for key in ("student", "name", "source") if key in row}
    return found._replace(tests=WRITERS[grading.tests](replace(tests, name=row["student"], extra=whose)))


def _feedback(grading: Grading, page: Page) -> str:
    """What the student reads: as text the page that `check` prints."""
    if grading.feedback == "text":
        return render("table", page)
    from cnngrad.render.page.blocks import render_page  # here, because nothing else needs Jinja2

    return render_page(page, "Check")
