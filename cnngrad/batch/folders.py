"""The files of a folder and those that a glob means, in an order that no locale and no file system changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from cnngrad.errors import Mark, Problem
from cnngrad.patterns import pattern
from cnngrad.records import dataclass

_MAGIC = pattern(r"[*?\[]")
_ANY_FOLDERS = "**"


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a folder that cannot be looked into and why not."""

    path: str
    problem: Problem | None = None


def found_in(folder: str) -> Iterator[Place]:
    """All files below a folder, sorted by the names on the way to them; hidden ones and hidden folders are left out.

    Links to folders are followed, but each folder is looked into once, and none that holds this one: a link that
    leads back does no harm.
    """
    seen = _above(folder)
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if not os.path.isdir(path):
            yield Place(path)
            continue
        try:
            names = _names(path) if (identity := _identity(path)) not in seen else []
        except OSError as error:
            yield Place(path, Problem(f"cannot be looked into: {error.strerror}; check it", "", Mark(path)))
            continue
        seen.add(identity)
        waiting += [os.path.join(path, name) for name in reversed(names) if not name.startswith(".")]


def leads_back(path: str) -> bool:
    """Whether this is a link to a folder that holds it."""
    return os.path.islink(path) and Path(path).parent.resolve().is_relative_to(os.path.realpath(path))


def _identity(folder: str) -> tuple[int, int]:
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def _above(folder: str) -> set[tuple[int, int]]:
    """The folders that hold this one."""
    try:
        return {_identity(str(each)) for each in Path(folder).resolve().parents}
    except OSError:
        return set()


def is_glob(path: str) -> bool:
    """Whether a name has signs of a glob."""
    return bool(_MAGIC.search(path))


def matches(pattern: str) -> list[str]:
    """What a glob means, sorted as the files of a folder; `**` stands for folders on any level, links aside."""
    path = PurePath(pattern)
    parts = list(path.parts[1:] if path.anchor else path.parts)
    found = set(_expanded(path.anchor, parts))
    return sorted(found, key=lambda name: PurePath(name).parts)


def _expanded(base: str, parts: list[str]) -> Iterator[str]:
    """The names below `base` that these parts of a pattern mean."""
    if not parts:
        if os.path.lexists(base):
            yield base
        return
    part, rest = parts[0], parts[1:]
    if part == _ANY_FOLDERS:
        if not rest:
            yield base or os.curdir
            return
        for folder in _folders(base):
            yield from _expanded(folder, rest)
    elif _MAGIC.search(part):
        for name in _matching(base, lambda name: fnmatchcase(name, part), hidden=part.startswith(".")):
            yield from _expanded(os.path.join(base, name), rest)
    else:
        yield from _expanded(os.path.join(base, part), rest)


def _folders(base: str) -> Iterator[str]:
    """`base` and all folders below it."""
    waiting = [base]
    while waiting:
        folder = waiting.pop()
        yield folder
        names = (os.path.join(folder, name) for name in _matching(folder, lambda _: True))
        waiting += [name for name in names if os.path.isdir(name) and not os.path.islink(name)]


def _matching(folder: str, fits: Callable[[str], bool], *, hidden: bool = False) -> list[str]:
    """The names in a folder that fit; none where it cannot be looked into, as no shell says a word about it."""
    try:
        return [name for name in _names(folder or os.curdir) if fits(name) and (hidden or not name.startswith("."))]
    except (OSError, ValueError):
        return []


def _names(folder: str) -> list[str]:
    return sorted(os.listdir(folder))
