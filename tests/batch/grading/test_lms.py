"""Whose submission a file is, by its name."""

from __future__ import annotations

import pytest

from cnngrad.batch.grading.lms import is_noise, student_of


@pytest.mark.parametrize(
    ("path", "student", "name"),
    [
        ("jane.yaml", "jane", ""),
        ("jane.doe.yaml", "jane.doe", ""),
        ("jane", "jane", ""),
        ("jane/hw3.yaml", "jane", ""),
        ("jane/part1/hw3.yaml", "jane", ""),
        ("hw_3.yaml", "hw_3", ""),
        ("doejane_12345_67890_hw3.yaml", "12345", "doejane"),
        ("doejane_LATE_12345_67890_hw3.yaml", "12345", "doejane"),
        ("doejane_12345_67890_hw3-1.yaml", "12345", "doejane"),
        ("doejane_12345_67890_my_own_hw.yaml", "12345", "doejane"),
        ("doe-müllerjane_12345_question_77_67890_hw3.yaml", "12345", "doe-müllerjane"),
        ("doejane_12345_text.html", "12345", "doejane"),
        ("anon_x7Kq2_67890_hw3.yaml", "x7Kq2", "anon"),
        ("LATE_anon_12345_67890_hw3.yaml", "12345", "anon"),
        ("anon_x7Kq2_text.html", "x7Kq2", "anon"),
        ("Jane Doe_1234567_assignsubmission_file_/hw3.yaml", "1234567", "Jane Doe"),
        ("Jane Doe_1234567_assignsubmission_file/deep/hw3.yaml", "1234567", "Jane Doe"),
        ("Jane Doe_1234567_assignsubmission_file_hw3.yaml", "1234567", "Jane Doe"),
        ("Jane Doe_1234567_assignsubmission_file_a_1_2_hw3.yaml", "1234567", "Jane Doe"),
        ("Jane Doe_1234567_assignsubmission_onlinetext_/onlinetext.html", "1234567", "Jane Doe"),
        ("Jane Doe_1234567_assignsubmission_onlinetext.html", "1234567", "Jane Doe"),
        ("section 1/doejane_12345_67890_hw3.yaml", "12345", "doejane"),
    ],
)
def test_the_student_is_in_the_name(path: str, student: str, name: str) -> None:
    assert student_of(path.split("/")) == (student, name)


def test_what_systems_leave_is_no_submission() -> None:
    noise = [".DS_Store", ".git", "._jane.yaml", "Thumbs.db", "thumbs.DB", "desktop.ini", "__MACOSX"]
    assert all(map(is_noise, noise))
    assert not any(map(is_noise, ["jane.yaml", "desktop.yaml", "MACOSX"]))
