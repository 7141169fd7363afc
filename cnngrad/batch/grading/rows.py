"""One row of a class: what a check says of a submission, and whose it is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from cnngrad.batch.grading.handed import Handed
from cnngrad.errors import CnngradError, Problem
from cnngrad.homework.verdict import Judged, Verdict
from cnngrad.report.record import FORMAT
from cnngrad.report.verdict import error_record, printed_in_verdict, verdict_record
from cnngrad.report.view import allow_printed

Row = dict[str, Any]


def row_of(verdict: Verdict, handed: Handed) -> Row:
    """The record of a check, with the student; an answer that is wrong for no known reason has its numbers as they are
    `written`."""
    row = {**_head(handed), **_record(verdict), "source": handed.source}
    for name, judged in verdict.answers.items():
        if judged.verdict == "wrong" and judged.answer is not None and not judged.explained:
            row["answers"][name]["written"] = _written(judged)
    return row


def row_of_nothing(verdict: Verdict, handed: Handed) -> Row:
    """The row of a student who handed in nothing, which `handed` says as its problem."""
    assert handed.problem is not None
    record = verdict_record(verdict) | {"source": None, "verdict": "missing"}
    answers = record.pop("answers")
    return {**_head(handed), **record, "error": error_record(handed.problem), "answers": answers}


def row_of_problem(handed: Handed, problem: Problem) -> Row:
    """The row of what was not judged at all: 0 of 0 points, because the exercise is not known."""
    whole = {"op": None, "source": handed.source, "title": None, "verdict": "refused", "points": 0, "of": 0}
    return {**_head(handed), **whole, "error": error_record(problem), "answers": {}}


def line_of(row: Row) -> str:
    """The row as one line of JSON, without a line break."""
    return json.dumps(row, allow_nan=False)


def _head(handed: Handed) -> Row:
    name = {"name": handed.name} if handed.name else {}
    return {"format": FORMAT, "student": handed.student, **name}


def _record(verdict: Verdict) -> Row:
    """What is told a teacher: everything but the right numbers; without cells where these are more than may be
    printed."""
    try:
        allow_printed(verdict.solution.limits, printed_in_verdict(verdict, answers=False))
    except CnngradError:
        return verdict_record(verdict, "quantity")
    return verdict_record(verdict)


def _written(judged: Judged) -> Any:
    answer = judged.answer
    assert answer is not None
    texts = [answer.text(index) for index in np.ndindex(answer.shape)]
    return np.array(texts, dtype=object).reshape(answer.shape).tolist()
