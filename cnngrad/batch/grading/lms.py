"""Whose submission a file is, by its name: as learning platforms name downloads, or as a teacher names files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cnngrad.patterns import pattern

_HANDED_IN = r"_(?:(?:question_[0-9]+_)?[0-9]+_.+|(?:text|link)\.html)"
_CANVAS = pattern(rf"(?P<name>.+?)_(?:LATE_)?(?P<id>[0-9]+){_HANDED_IN}", re.DOTALL)
"""`doejane_LATE_12345_67890_hw3-1.yaml`: the ids of the student and of the file."""
_CANVAS_ANONYMOUS = pattern(rf"(?:LATE_)?(?P<name>anon)_(?P<id>[0-9A-Za-z]{{5}}){_HANDED_IN}", re.DOTALL)
"""`LATE_anon_x7Kq2_67890_hw3.yaml`, where graders do not see names."""
_MOODLE = pattern(r"(?P<name>.+?)_(?P<id>[0-9]+)_assignsubmission_(?:file|onlinetext)(?:_.*|\..*)?", re.DOTALL)
"""`Jane Doe_1234567_assignsubmission_file_hw3.yaml`, or a folder of this name."""
_NOISE = ("thumbs.db", "desktop.ini", "__macosx")
"""What systems leave in folders, in small letters; names that begin with a point are hidden."""


class Student(NamedTuple):
    """Who handed something in: the id, and what a platform calls them beside it."""

    id: str
    name: str = ""


def is_noise(name: str) -> bool:
    """Whether a file or folder of this name is no submission: hidden, or left by a system."""
    return name.startswith(".") or name.lower() in _NOISE


def platform_student(name: str) -> Student | None:
    """The student in the name of a file or folder as Canvas and Moodle write it; None for other names."""
    found = next(filter(None, (form.fullmatch(name) for form in (_MOODLE, _CANVAS_ANONYMOUS, _CANVAS))), None)
    return Student(found["id"], found["name"]) if found else None


def student_of(parts: Sequence[str]) -> Student:
    """The student of a file: by the first part of its path that a platform named, else the folder that it is in (the
    first one), else its name without the ending."""
    found = next(filter(None, map(platform_student, parts)), None)
    return found or Student(parts[0] if len(parts) > 1 else stem(parts[0]))


def stem(name: str) -> str:
    """The name of a file without its ending."""
    return name.rpartition(".")[0] or name
