"""What a class handed in: the files of a folder, a download of a learning platform or an archive, the rows of a sheet.

Whatever a file is, it is one submission: what cannot be read is said when it is judged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import PurePath

from cnngrad.batch.grading.archive import members
from cnngrad.batch.grading.handed import Handed, as_text, in_order
from cnngrad.batch.grading.lms import is_noise, platform_student, student_of
from cnngrad.batch.grading.sheet_in import rows_handed_in
from cnngrad.errors import CnngradError, Mark, Problem
from cnngrad.limits import Limits
from cnngrad.records import dataclass

SHEETS = (".csv", ".tsv")
ARCHIVES = (".zip",)


@dataclass(frozen=True)
class Submissions:
    """What was handed in, in order. `archive` is the file to read it from, `left_out` the headings of a sheet that
    are no quantities."""

    handed: tuple[Handed, ...]
    archive: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def is_sheet(self) -> bool:
        """Whether they are the rows of a sheet."""
        return any(each.cells is not None for each in self.handed)


def submissions_of(
    path: str, known: Callable[[], Collection[str]], limits: Limits, outputs: Collection[str] = ()
) -> Submissions:
    """What is handed in with this path: a folder, a .zip, a .csv with a row for each student, or a single file.

    `known` gives the quantities that the columns of a sheet may be called by; `outputs` are files that the run writes
    itself. CnngradError where there is nothing to judge.
    """
    suffix = PurePath(path).suffix.lower()
    if os.path.isdir(path):
        found = Submissions(in_order(_in_folder(path, {os.path.realpath(each) for each in outputs})))
    elif not os.path.lexists(path):
        raise CnngradError(Problem("does not exist; check the name and the folder", "", Mark(path)))
    elif suffix in SHEETS:
        handed, left_out = rows_handed_in(path, known(), limits)
        found = Submissions(handed, left_out=left_out)
    elif suffix in ARCHIVES:
        found = Submissions(in_order(members(path)), archive=path)
    else:
        found = Submissions((_of_file(path, (os.path.basename(path),)),))
    if not found.handed:
        raise CnngradError(Problem("holds no submissions; put a file for each student into it", "", Mark(path)))
    return found


def _of_file(path: str, parts: tuple[str, ...]) -> Handed:
    student = student_of(parts)
    return Handed(as_text(student.id), as_text(path), as_text(student.name), path=path)


def _in_folder(path: str, outputs: Collection[str]) -> Iterator[Handed]:
    """The files of a folder and of the folders in it; links are not followed out of it, and not into folders."""
    top = _inner(path)
    root = os.path.realpath(path)
    for entry, parts in _walk(top, ()):
        if isinstance(entry, Problem):
            yield replace(_of_file(os.path.join(top, *parts), parts), problem=entry)
        elif os.path.realpath(entry.path) not in outputs:
            yield replace(_of_file(entry.path, parts), problem=_problem_of_link(entry, root))


def _inner(path: str) -> str:
    """The folder with the submissions, where the folder at `path` has nothing but a folder with folders, or with files
    of a platform, as archives are unpacked."""
    entries = _entries(path)
    if len(entries) != 1 or not entries[0].is_dir(follow_symlinks=False) or platform_student(entries[0].name):
        return path
    below = _entries(entries[0].path)
    if any(each.is_dir(follow_symlinks=False) or platform_student(each.name) for each in below):
        return _inner(entries[0].path)
    return path


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return [entry for entry in found if not is_noise(entry.name)]
    except OSError:
        return []


def _walk(folder: str, parts: tuple[str, ...]) -> Iterator[tuple[os.DirEntry[str] | Problem, tuple[str, ...]]]:
    """Every file with the parts of its path; a folder that cannot be read is one problem."""
    waiting = [(folder, parts)]
    while waiting:
        place, before = waiting.pop()
        try:
            with os.scandir(place) as entries:
                found = [entry for entry in entries if not is_noise(entry.name)]
        except OSError as error:
            says = f"is a folder that cannot be read: {error.strerror or error}; check its permissions"
            yield Problem(says, "", Mark(place)), before or (os.path.basename(place) or place,)
            continue
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, (*before, entry.name)))
            else:
                yield entry, (*before, entry.name)


def _problem_of_link(entry: os.DirEntry[str], root: str) -> Problem | None:
    """Why a link is not read: strangers' links may lead to the key."""
    if not entry.is_symlink():
        return None
    target = os.path.realpath(entry.path)
    if os.path.isdir(target):
        return Problem("is a link to a folder; put the files themselves there", "", Mark(entry.path))
    if os.path.commonpath([root, target]) != root:
        says = "is a link out of the folder of submissions; put the file itself there"
        return Problem(says, "", Mark(entry.path))
    return None
