"""A class: one row for each submission, with exactly what a check says of it."""

from __future__ import annotations

import csv
import json
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import cnngrad as command
from serial import serial
from submissions import planted, write_class

import cnngrad
from cnngrad.batch.grading.grade import class_of as class_of_files
from cnngrad.batch.grading.submissions import submissions_of
from cnngrad.batch.grading.work import Grading, graded
from cnngrad.batch.pool import Outcome
from cnngrad.errors import CnngradError, Problem

SPEC = "op: conv\ninput: [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nkernel: [[1, 0], [2, -1]]\ndelta: [[1, 2], [3, 4]]\n"
RIGHT = "dA: [[1, 2, 0], [5, 7, -2], [6, 5, -4]]\ndW: [[37, 47], [67, 77]]\n"
"""dW[0,0] = 1*1 + 2*2 + 3*4 + 4*5 = 37; dA[0,0] = dZ[0,0]*W[0,0] = 1, dA[2,2] = 4*(-1)."""


def class_of(folder: Path, **files: str | bytes) -> tuple[Path, Path]:
    """An exercise that asks for dA and dW, and submissions with these names (`__` for a point)."""
    spec, submissions = folder / "hw3.yaml", folder / "subs"
    spec.write_text(SPEC + "ask: [dA, dW]\n")
    submissions.mkdir()
    for name, data in files.items():
        path = submissions / name.replace("__", ".")
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return spec, submissions


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is done in this process, which is quicker for a few."""
    monkeypatch.setattr("cnngrad.batch.pool.outcomes", serial)


def rows(*args: Any, **more: Any) -> dict[str, dict[str, Any]]:
    return {row["student"]: row for row in cnngrad.grade(*args, **more)}


def test_every_planted_mistake_is_in_its_cell_and_no_submission_is_lost(tmp_path: Path) -> None:
    everything_is_found(tmp_path, 12, seed=11)  # mistakes, a slip, blanks and a broken file


@pytest.mark.slow
def test_every_planted_mistake_of_a_thousand_students(tmp_path: Path) -> None:
    everything_is_found(tmp_path, 1_000, seed=2)


def everything_is_found(folder: Path, count: int, seed: int) -> None:
    students = list(planted(count, seed))
    found = list(cnngrad.grade(*write_class(folder, students)))
    assert len(found) == count
    faults = [fault for each, row in zip(students, found, strict=True) for fault in each.faults(row)]
    assert faults == []


def test_a_row_is_what_check_says(tmp_path: Path) -> None:
    spec, submissions = class_of(
        tmp_path,
        a__yaml=RIGHT,
        b__txt="dW = np.array([[1, 2], [3, 4]])\nq: 3",
        c__json='{"dW": [[37, "?"], [67, 77]]}',
        d__pdf=b"%PDF-1.7 \xff",
        e__yaml="",
        f__yaml="dW: {file: ../../../etc/passwd}\ndA: {file: /etc/passwd.csv}",
        g__npy=b"\x93NUMPY cut",
        h__yaml="[[37, 47], [67, 77]]",
    )
    for row in cnngrad.grade(spec, submissions):
        said = command("check", spec, row["source"], "--format", "json").out.replace("--require dW", "require='dW'")
        told = json.loads(said)
        own = {"student": Path(row["source"]).stem}
        for answer in row["answers"].values():
            answer.pop("written", None)
        assert row == told | own | {"source": row["source"]}
        assert [*row][:2] == ["format", "student"]


CELLS = (
    "[[37, 47], [67, 77]]", "37 47\n67 77", "[[37. 47.]\n [67. 77.]]", "np.array([[37, 47], [67, 78]])", "", "?", "b",
    "37;47\n67;77", "37,5 47,5\n67,5 77,5", "1,5", "[[37, 47], [67]]", "−37 47\n67 77", "1/3", "=1+1", "nan",
    "[[37, 47], [67, 77]], [[1, 2], [3, 4]]", "x" * 2_000, "[" * 100, "tensor([[37., 47.], [67., 77.]])",
)  # fmt: skip


def test_a_cell_of_a_sheet_is_judged_as_behind_a_name_in_a_file(tmp_path: Path, one_process: None) -> None:
    spec, submissions = class_of(tmp_path)
    sheet = tmp_path / "class.csv"
    with sheet.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "dW"], *([f"s{n:02}", text] for n, text in enumerate(CELLS))])
    for number, text in enumerate(CELLS):
        (submissions / f"s{number:02}.txt").write_text(f"dW = {text}")
    told, found = rows(spec, submissions, require="dW"), rows(spec, sheet, require="dW")
    assert {student: _without_places(row) for student, row in found.items()} == {
        student: _without_places(row) for student, row in told.items()
    }
    assert {row["verdict"] for row in found.values()} == {"right", "wrong", "refused", "missing"}


def test_a_cell_of_a_sheet_reads_no_file(tmp_path: Path, one_process: None) -> None:
    spec, _ = class_of(tmp_path)
    np.save(tmp_path / "dW.npy", np.array([[37, 47], [67, 77]]))
    (tmp_path / "class.csv").write_text("id,dW\nann,{file: dW.npy}\n")
    (row,) = cnngrad.grade(spec, tmp_path / "class.csv")
    says = f"{tmp_path}/class.csv:2:1: dW: '{{file: dW.npy}}' is not a number; write one like 1, -2.5, 1e-3 or 3/7"
    assert row["answers"]["dW"]["message"] == says


def _without_places(row: dict[str, Any]) -> Any:
    text = json.dumps({**row, "source": None})
    return re.sub(r"\S+:\d+:\d+: ", "", text)


def test_a_row_does_not_depend_on_what_was_graded_before(tmp_path: Path) -> None:
    spec, submissions = write_class(tmp_path, list(planted(5, seed=3)))
    other = tmp_path / "other.yaml"
    other.write_text(SPEC)
    grading = Grading(None, feedback="text", tests="gradescope")
    handed = [
        replace(each, exercise=str(exercise))
        for exercise in (spec, other)
        for each in submissions_of(str(submissions), tuple, grading.limits).handed
    ]
    alone = [graded(replace(grading), each) for each in handed]
    order = np.random.default_rng(0).permutation(len(handed))
    assert {int(i): graded(grading, handed[i]) for i in order} == dict(enumerate(alone))
    assert graded(pickle.loads(pickle.dumps(replace(grading))), handed[0]) == alone[0]


def test_workers_change_nothing(tmp_path: Path) -> None:
    place = write_class(tmp_path, list(planted(4, seed=4)))
    assert [*cnngrad.grade(*place, jobs=1)] == [*cnngrad.grade(*place, jobs=2)]


def test_what_a_worker_lost_is_a_row_of_the_submission(tmp_path: Path) -> None:
    spec, submissions = class_of(tmp_path, ann__yaml=RIGHT)
    grading = Grading(None, feedback="text", tests="junit")
    found = class_of_files(str(spec), str(submissions), grading)
    problem = Problem("took longer than 1 s")
    lost = found.result(Outcome(found.handed[0], None, problem))
    row = json.loads(lost.row)
    assert (row["student"], row["points"], row["of"], row["verdict"]) == ("ann", 0, 2, "refused")
    assert row["error"] == {"message": "took longer than 1 s", "line": None, "column": None, "key": None}
    assert [answer["verdict"] for answer in row["answers"].values()] == ["missing", "missing"]
    assert (lost.right, lost.feedback) == (False, "Check\ntook longer than 1 s\n")
    assert 'errors="2"' in lost.tests


def test_python_gives_rows_and_feedback(tmp_path: Path, one_process: None) -> None:
    spec, submissions = class_of(tmp_path, ann__yaml=RIGHT, bob__yaml="dW: 1")
    found = rows(spec, submissions, require="dA", feedback=tmp_path / "feedback", hint="law")
    assert [(row["points"], row["of"]) for row in found.values()] == [(1, 1), (0, 1)]
    assert (
        tmp_path / "feedback" / "ann.txt"
    ).read_text() == "Check\n1 asked for: 1 right; 1 of 1 point; 1 not asked for: 1 right\n"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"hint": "all"}, "hint: 'all' is unknown; it is one of law, quantity, cell, mistake, full"),
        ({"index_base": 2}, "index_base: 2 is unknown; it is one of 0, 1"),
        ({"memory": "big"}, "memory: 'big' is no size; write it as 2GiB or 512MiB"),
        ({"require": ["dQ"]}, "require: this exercise has no 'dQ'; it has Z, dA, dW, db"),
    ],
)
def test_arguments_that_cannot_be(given: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(CnngradError) as caught:
        cnngrad.grade(*class_of(tmp_path, ann__yaml=RIGHT), **given)
    assert str(caught.value) == says
