"""What students read: names of files that are safe and stay the same, written whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnngrad.batch.grading.feedback import Feedback, feedback_in
from cnngrad.errors import CnngradError


def test_no_two_students_have_one_file_and_none_is_outside() -> None:
    files = Feedback("feedback", ".txt")
    students = ["ann", "Ann", "ann", "ann-2", "../../etc/passwd", "..", "", "a/b", "con", "x\x00\x1b", "é", "e\u0301"]
    names = [files.name(student) for student in students]
    assert names == [
        "ann.txt", "Ann-2.txt", "ann-3.txt", "ann-2-2.txt", "etc-passwd.txt", "unnamed.txt", "unnamed-2.txt", "a-b.txt",
        "_con.txt", "x.txt", "é.txt", "é-2.txt",
    ]  # fmt: skip
    assert all("/" not in name for name in names)


def test_long_names_fit_every_file_system() -> None:
    files = Feedback("feedback", ".html")
    one, two = files.name("ü" * 300), files.name("ü" * 301)
    assert len(one.encode()) <= 255
    assert one != two


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    files = feedback_in(str(tmp_path / "new" / "feedback"), "text")
    files.write("ann.txt", "one")
    files.write("ann.txt", "two \udcff")
    assert [path.name for path in (tmp_path / "new" / "feedback").iterdir()] == ["ann.txt"]
    assert (tmp_path / "new" / "feedback" / "ann.txt").read_text() == "two \\udcff"
    (tmp_path / "new" / "feedback" / "bob.txt").mkdir()
    with pytest.raises(CnngradError) as caught:
        files.write("bob.txt", "one")
    assert str(caught.value) == f"{tmp_path}/new/feedback/bob.txt: Is a directory; the file is as it was"
    assert len(list((tmp_path / "new" / "feedback").iterdir())) == 2


def test_a_folder_that_cannot_hold_feedback(tmp_path: Path) -> None:
    submissions = tmp_path / "subs"
    submissions.mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "one.txt").touch()
    no_folder = "no folder can be made there: File exists; name another"
    replaced = "feedback: is the folder of the submission, which might be replaced; name another"
    inside = f"is in {submissions}, where it would be taken for submissions; name another"
    for folder, of, says in (
        (submissions, submissions, f"feedback: {inside}"),
        (submissions / "feedback", submissions, f"feedback: {inside}"),
        (
            tmp_path / "file",
            submissions,
            f"{tmp_path}/file: feedback: {no_folder}",
        ),
        (tmp_path, tmp_path / "one.txt", replaced),
    ):
        with pytest.raises(CnngradError) as caught:
            feedback_in(str(folder), "text", str(of))
        assert str(caught.value) == says
    assert not (submissions / "feedback").exists()
