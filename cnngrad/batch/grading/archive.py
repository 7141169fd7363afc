"""Submissions in a .zip, read without unpacking: nothing of it is written, and no more of a file than the limit."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cnngrad.batch.grading.handed import Handed, as_text
from cnngrad.batch.grading.lms import is_noise, platform_student, stem, student_of
from cnngrad.errors import CnngradError, Mark, Problem
from cnngrad.limits import Limits
from cnngrad.patterns import pattern

MOST = 100_000
"""Files of an archive."""
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = pattern("[A-Za-z]:")
Parts = tuple[str, ...]


def members(path: str) -> Iterator[Handed]:
    """The files of the archive at `path`; CnngradError where it is none."""
    with _opened(path) as archive:
        files = archive.infolist()
    if len(files) > MOST:
        raise CnngradError(Problem(f"has {len(files):,} files; an archive has at most {MOST:,}", "", Mark(path)))
    found = [(number, parts) for number, parts in enumerate(map(_parts, files)) if parts]
    top = _wrapper([parts for _, parts in found], stem(re.split(r"[\\/]", path)[-1]))
    for number, parts in found:
        student, source = (
            student_of([part for part in parts[top:] if part != ".."] or [".."]),
            f"{path}/{'/'.join(parts)}",
        )
        yield Handed(
            as_text(student.id), source, as_text(student.name), member=number, problem=_problem(files[number], source)
        )


def with_data(path: str, handed: Iterable[Handed], limits: Limits) -> Iterator[Handed]:
    """Each of these files of an archive with its bytes, or why it has none; what is in no archive stays as it is."""
    with _opened(path) as archive:
        files = archive.infolist()
        for each in handed:
            if each.member < 0 or each.problem:
                yield each
                continue
            try:
                yield replace(each, data=_read(archive, files[each.member], limits))
            except CnngradError as error:
                yield replace(each, problem=replace(error.problems[0], mark=Mark(each.source or path)))


def _opened(path: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except PermissionError:
        raise CnngradError(Problem("cannot be read; check its permissions", "", Mark(path))) from None
    # A damaged archive raises nearly anything: struct.error, UnicodeDecodeError, NotImplementedError ...
    except Exception:
        raise CnngradError(Problem("is damaged or no .zip file; download it again", "", Mark(path))) from None


def _parts(file: zipfile.ZipInfo) -> Parts:
    """The parts of the name of a file; nothing for a folder, and for what systems leave."""
    parts = tuple(part for part in re.split(r"[\\/]", file.filename) if part not in ("", "."))
    noise = any(is_noise(part) for part in parts if part != "..")
    return () if file.is_dir() or noise else parts


def _wrapper(found: Sequence[Parts], name: str) -> int:
    """How many folders around all files say nothing about students: one that is called as the archive, or that holds
    files of a platform, folders, or several files."""
    top = 0
    while found and all(len(parts) > top + 1 and parts[top] == found[0][top] for parts in found):
        below = {parts[top + 1] for parts in found}
        folders = any(len(parts) > top + 2 for parts in found)
        if platform_student(found[0][top]):
            break
        if not (found[0][top] == name or folders or len(below) > 1 or any(map(platform_student, below))):
            break
        top += 1
    return top


def _problem(file: zipfile.ZipInfo, source: str) -> Problem | None:
    """Why a file is not read, whatever it holds."""
    name, says = file.filename, ""
    if name.startswith(("/", "\\")) or _DRIVE.match(name) or ".." in re.split(r"[\\/]", name):
        says = "has a name that leads out of the archive; pack it again"
    elif file.flag_bits & _ENCRYPTED:
        says = "is encrypted; pack it again without a password"
    elif stat.S_ISLNK(file.external_attr >> 16):
        says = "is a link; pack the file itself"
    elif file.compress_type not in _METHODS:
        says = "is compressed in a way that is not read here; pack it again as a usual .zip"
    return Problem(says, "", Mark(source)) if says else None


def _read(archive: zipfile.ZipFile, file: zipfile.ZipInfo, limits: Limits) -> bytes:
    """The bytes of a file, if they are no more than a file may have, whatever the archive says of them."""
    limits.allow("file", file.file_size, f"has {file.file_size:,} bytes")
    try:
        with archive.open(file) as stream:
            data = stream.read(limits.file + 1)
    except Exception:
        raise CnngradError("is damaged in the archive; download it again") from None
    limits.allow("file", len(data), f"has more than {limits.file:,} bytes")
    return data
