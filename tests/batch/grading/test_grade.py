"""A class: one row for each submission, with exactly what a check says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import cnngrad as command
from submissions import planted, write_class

import cnngrad

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


def rows(*args: Any, **more: Any) -> dict[str, dict[str, Any]]:
    return {row["student"]: row for row in cnngrad.grade(*args, **more)}


def test_every_planted_mistake_is_in_its_cell_and_no_submission_is_lost(tmp_path: Path) -> None:
    everything_is_found(tmp_path, 30, seed=1)


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
