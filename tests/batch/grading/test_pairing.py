"""Which exercise each submission belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnngrad.batch.grading.handed import Handed
from cnngrad.batch.grading.pairing import Exercises, exercises_in, key_beside
from cnngrad.errors import CnngradError


@pytest.fixture
def folder(tmp_path: Path) -> Exercises:
    names = ["ann.yaml", "ann.key.yaml", "Bob-Roe.yaml", "12345.yml", "12345.key.json", "cy@x.org.json", "notes.txt"]
    for name in (*names, ".hidden.yaml", "cy@x.org.yaml"):
        (tmp_path / name).touch()
    return exercises_in(str(tmp_path))


def test_the_exercises_of_a_folder(folder: Exercises) -> None:
    found = {name: Path(path).name for name, path in folder.files.items()}
    assert found == {"12345": "12345.yml", "Bob-Roe": "Bob-Roe.yaml", "ann": "ann.yaml", "cy@x.org": "cy@x.org.yaml"}
    assert [*folder.files] == sorted(folder.files)
    keys = {name: Path(key_beside(path)).name for name, path in folder.files.items()}
    assert keys == {"12345": "12345.key.json", "Bob-Roe": "", "ann": "ann.key.yaml", "cy@x.org": ""}


@pytest.mark.parametrize(
    ("student", "name", "exercise"),
    [
        ("ann", "", "ann"),
        ("ANN", "", "ann"),
        ("Bob Roe", "", "Bob-Roe"),
        ("99", "bob roe", "Bob-Roe"),
        ("12345", "ann", "12345"),  # the id goes first
        ("cy@x.org", "", "cy@x.org"),
    ],
)
def test_a_submission_is_paired_by_the_student(folder: Exercises, student: str, name: str, exercise: str) -> None:
    (paired,) = folder.paired([Handed(student, "x", name)])
    assert (paired.problem, Path(paired.exercise).stem) == (None, exercise)


def test_a_submission_without_an_exercise_says_what_is_near(folder: Exercises) -> None:
    near, far = folder.paired([Handed("ann1", "a.yaml"), Handed("zoe", "z.yaml")])
    assert str(near.problem) == f"a.yaml: there is no exercise of 'ann1' in {folder.folder}; did you mean 'ann'?"
    assert str(far.problem) == (
        f"z.yaml: there is no exercise of 'zoe' in {folder.folder}; it has 4 exercises, called as their students"
    )


def test_students_without_a_submission(folder: Exercises) -> None:
    paired = list(folder.paired([Handed("ann", "a.yaml"), Handed("ann", "b.yaml"), Handed("bob roe", "c.yaml")]))
    missing = list(folder.without_submission(paired))
    assert [(each.student, each.source) for each in missing] == [("12345", None), ("cy@x.org", None)]


def test_a_folder_without_an_exercise(tmp_path: Path) -> None:
    (tmp_path / "ann.key.yaml").touch()
    with pytest.raises(CnngradError) as caught:
        exercises_in(str(tmp_path))
    says = "holds no exercise; give the file of one, or a folder with NAME.yaml for each student"
    assert str(caught.value) == f"{tmp_path}: {says}"
