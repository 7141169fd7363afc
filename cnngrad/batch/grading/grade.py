"""A class: every submission judged against its exercise, in order, one row for each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike, fspath
from typing import Any

from cnngrad.api.checking import Assignment, Required, key_read
from cnngrad.api.solve import Limited, Spec, check_choice, document, limits_of
from cnngrad.batch.cluster import outcomes_at
from cnngrad.batch.grading.archive import with_data
from cnngrad.batch.grading.feedback import Feedback, feedback_in
from cnngrad.batch.grading.handed import Handed, in_order
from cnngrad.batch.grading.pairing import Exercises, exercises_in, key_beside
from cnngrad.batch.grading.submissions import submissions_of
from cnngrad.batch.grading.work import Graded, Grading, graded, of_problem
from cnngrad.batch.pool import Bounds, Outcome
from cnngrad.batch.sizes import bytes_of
from cnngrad.errors import CnngradError, indices_from
from cnngrad.homework.choices import HINTS
from cnngrad.records import dataclass


@dataclass(frozen=True)
class Class:
    """A class that is ready to be graded: `handed` in order, with the exercise of each; `archive` has their files.
    `work` is the exercise where one is for all; `left_out` are headings of a sheet that are no
    quantities."""

    grading: Grading
    handed: tuple[Handed, ...]
    archive: str = ""
    left_out: tuple[str, ...] = ()
    work: Assignment | None = None

    def items(self, files: Feedback | None = None) -> Iterator[Handed]:
        """The submissions as a worker takes them, each with the name of its feedback."""
        named = (each if files is None else replace(each, feedback=files.name(each.student)) for each in self.handed)
        return with_data(self.archive, named, self.grading.limits) if self.archive else named

    @property
    def judge(self) -> Callable[[Handed], Graded]:
        """What is done with each of them."""
        return partial(graded, self.grading)

    def result(self, outcome: Outcome, files: Feedback | None = None) -> Graded:
        """What came of one, whatever happened to its worker; its feedback is written first."""
        found: Graded = outcome.value
        if outcome.problem is not None:
            found = of_problem(self.grading, outcome.item, outcome.problem, self.work)
        if files is not None:
            files.write(outcome.item.feedback, found.feedback)
        return found


def grade(
    exercise: Spec,
    submissions: str | PathLike[str],
    *,
    require: Required = (),
    index_base: int = 0,
    feedback: str | PathLike[str] | None = None,
    hint: str = "mistake",
    jobs: int | None = None,
    timeout: float = 60,
    memory: str | int = "2GiB",
    limit: Limited = (),
    scheduler: str | None = None,
    scheduler_file: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Judge what a class handed in: a row for each submission, as a dict, in the order of students and files.

    `exercise` is that of `check`, for all, or a folder with NAME.yaml for each student; `submissions` a folder, a
    download of a learning platform, a .zip, a .csv with a row for each student, or a file. `require`, `index_base` and
    `limit` are those of `check`. `feedback` is a folder that gets a text for each student, which tells as much as
    `hint`; rows tell all but the right numbers. `jobs` workers (None: one for each core) have `timeout` seconds for a
    submission and `memory` each; `scheduler` and `scheduler_file` are those of `run_many`. Raises
    CnngradError where nothing can be graded; a submission that cannot be read is a row.
    """
    check_choice("hint", hint, HINTS)
    check_choice("index_base", index_base, (0, 1))
    limits, form = limits_of(limit), "" if feedback is None else "text"
    grading = Grading(None, require=key_read(require, limits), base=index_base, limits=limits, hint=hint, feedback=form)
    place, run = fspath(submissions), Bounds(jobs, timeout, bytes_of(memory))
    found = class_of(exercise, place, grading)
    files = None if feedback is None else feedback_in(fspath(feedback), form, place)
    came = outcomes_at(scheduler, scheduler_file, found.items(files), found.judge, run)
    results = (found.result(each, files) for each in came)
    return (json.loads(each.row) for each in results)


def class_of(exercise: Spec, submissions: str, grading: Grading, outputs: Sequence[str] = ()) -> Class:
    """The class with its exercise, or the folder of one for each student; CnngradError where there is nothing to
    grade. `outputs` are files that the run writes."""
    with indices_from(grading.base):
        if isinstance(exercise, str | PathLike) and os.path.isdir(exercise):
            return _of_folder(exercises_in(fspath(exercise)), submissions, grading, outputs)
        return _of_one(exercise, submissions, grading, outputs)


def _of_one(exercise: Spec, submissions: str, grading: Grading, outputs: Sequence[str]) -> Class:
    key = key_beside(fspath(exercise)) if isinstance(exercise, str | PathLike) else ""
    grading = replace(grading, exercise=document(exercise, grading.limits), key=key)
    # Solved here once, so that what is wrong with it is said before anything is graded.
    work = replace(grading).assignment_of(Handed("", None))
    found = submissions_of(submissions, lambda: tuple(work.solution.quantities), grading.limits, outputs)
    return Class(grading, found.handed, found.archive, found.left_out, work)


def _of_folder(exercises: Exercises, submissions: str, grading: Grading, outputs: Sequence[str]) -> Class:
    found = submissions_of(submissions, partial(_quantities, exercises, replace(grading)), grading.limits, outputs)
    handed = tuple(exercises.paired(found.handed))
    missing = exercises.without_submission(handed)
    whole = (*handed, *missing) if found.is_sheet else in_order((*handed, *missing))
    return Class(grading, whole, found.archive, found.left_out)


def _quantities(exercises: Exercises, grading: Grading) -> tuple[str, ...]:
    """The quantities of the first exercise that can be used; CnngradError where none can."""
    problems: list[CnngradError] = []
    for path in exercises.files.values():
        try:
            return tuple(grading.assignment_of(Handed("", None, exercise=path)).solution.quantities)
        except CnngradError as error:
            problems.append(error)
    raise problems[0]
