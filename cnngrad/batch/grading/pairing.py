"""Which exercise each submission belongs to: one for all, or one for each student, as `generate` writes a class."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cnngrad.batch.grading.handed import Handed, as_text
from cnngrad.batch.grading.lms import is_noise
from cnngrad.errors import CnngradError, Mark, Problem, did_you_mean, escape, excerpt
from cnngrad.homework.class_list import file_name
from cnngrad.records import dataclass
from cnngrad.wording import counted

ENDINGS = (".yaml", ".yml", ".json")
"""Of specs, the first one found is taken."""
KEY = ".key"
NOTHING = Problem("has handed in nothing")


@dataclass(frozen=True)
class Exercises:
    """The exercises in a folder, by the names of their students, in order."""

    folder: str
    files: Mapping[str, str]

    def paired(self, handed: Iterable[Handed]) -> Iterator[Handed]:
        """Each submission with the exercise of its student, or why there is none."""
        plain = {_plain(name): name for name in reversed([*self.files])}
        for each in handed:
            found = self._name(each, plain)
            if found is None:
                yield replace(each, problem=each.problem or self._unpaired(each))
            else:
                path = self.files[found]
                yield replace(each, exercise=path, key=key_beside(path))

    def without_submission(self, handed: Iterable[Handed]) -> Iterator[Handed]:
        """The students of whom there is nothing among these paired submissions."""
        served = {each.exercise for each in handed}
        for name, path in self.files.items():
            if path not in served:
                yield Handed(as_text(name), None, exercise=path, key=key_beside(path), problem=NOTHING)

    def _name(self, each: Handed, plain: Mapping[str, str]) -> str | None:
        """The student's name among the exercises: by the id, else by what the platform calls the student; capitals and
        signs that no file name has do not matter."""
        for label in filter(None, (each.student, each.name)):
            if label in self.files or _plain(label) in plain:
                return label if label in self.files else plain[_plain(label)]
        return None

    def _unpaired(self, each: Handed) -> Problem:
        says = f"there is no exercise of {excerpt(each.student, 80)} in {escape(self.folder)}"
        near = did_you_mean(each.student, self.files) or (did_you_mean(each.name, self.files) if each.name else "")
        hint = near or f"; it has {counted(len(self.files), 'exercise')}, called as their students"
        return Problem(f"{says}{hint}", "", Mark(each.source or ""))


def exercises_in(folder: str) -> Exercises:
    """The exercises in a folder: NAME.yaml, .yml or .json, without the keys; CnngradError where there is none."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise CnngradError(Problem(f"cannot be read: {error.strerror or error}", "", Mark(folder))) from None
    found: dict[str, str] = {}
    for ending in ENDINGS:
        for name in names:
            student = name[: -len(ending)]
            is_spec = name.lower().endswith(ending) and not student.lower().endswith(KEY) and not is_noise(name)
            if is_spec and student and student not in found:
                found[student] = os.path.join(folder, name)
    if not found:
        says = "holds no exercise; give the file of one, or a folder with NAME.yaml for each student"
        raise CnngradError(Problem(says, "", Mark(folder)))
    return Exercises(folder, {name: found[name] for name in sorted(found)})


def key_beside(path: str) -> str:
    """The key beside a spec, hw3.key.yaml beside hw3.yaml; nothing where there is none."""
    stem = os.path.splitext(path)[0]
    names = (f"{stem}{KEY}{ending}" for ending in ENDINGS)
    return next((name for name in names if os.path.isfile(name)), "")


def _plain(label: str) -> str:
    return file_name(label).lower()
