"""How many rows there must be, counted without the program: files of a folder, members of an archive, rows."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .disk import ClassMutant

LEFT = ("thumbs.db", "desktop.ini", "__macosx")
SPECS = (".yaml", ".yml", ".json")


def sources(made: ClassMutant) -> Counter[str] | None:
    """The sources of the rows; None where what is given cannot be read as what it is called."""
    if os.path.isdir(made.given):
        return Counter(map(text, files(made.given)))
    ending = os.path.splitext(made.given)[1].lower()
    if ending == ".zip":
        return members(made.given)
    if ending in (".csv", ".tsv"):
        return rows(made.given)
    return Counter([text(made.given)])


def text(name: str) -> str:
    """A name from the disk as JSON can have it."""
    return name.encode("utf-8", "backslashreplace").decode()


def skipped(name: str) -> bool:
    """Whether a file or folder of this name is no submission."""
    return name.startswith(".") or name.lower() in LEFT


def files(folder: str) -> Iterator[str]:
    """The files in a folder and below it; a link to a folder is a file here."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (os.path.join(place, name) for name in (*names, *links) if not skipped(name))
        folders[:] = [name for name in folders if not skipped(name) and name not in links]


def members(path: str) -> Counter[str] | None:
    """The files of an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist()]
    except Exception:
        return None
    parts = [[part for part in re.split(r"[\\/]", name) if part not in ("", ".")] for name in names]
    return Counter(
        f"{path}/{'/'.join(each)}"
        for name, each in zip(names, parts, strict=True)
        if each and not name.endswith("/") and not any(skipped(part) for part in each if part != "..")
    )


def rows(path: str) -> Counter[str] | None:
    """The rows of a sheet that are about students."""
    found = table(path)
    if found is None:
        return None
    return Counter(f"{path}:{line}" for line, cells in found[1:] if not _no_student(cells))


def table(path: str) -> list[tuple[int, list[str]]] | None:
    """The rows of a sheet that are not empty, with the line in which each begins; None where it is no CSV."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        whole = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    first = next((line for line in re.split(r"[\r\n]", whole) if line.strip()), "")
    named = re.fullmatch("sep=(.)", first)
    delimiter = named[1] if named else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter)
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not (named and not found and row[0] == "sep="):
                found.append((line, row))
            line = reader.line_num + 1
    except csv.Error:
        return None
    return found


def _no_student(cells: list[str]) -> bool:
    return cells[0].strip().lower().startswith("points possible")


def items(made: ClassMutant) -> list[str]:
    """The sources of the items of `batch`, in order."""
    found = {path: [*_items(path)] for path in made.given.split(" ")}
    return [item for path, each in found.items() for item in each or [path]] if any(found.values()) else []


def _items(path: str) -> Iterator[str]:
    if path.endswith(".jsonl"):
        yield from _lines(path)
    elif path.endswith("/*"):
        for name in sorted(os.listdir(path[:-2])):
            if not name.startswith("."):
                yield from _named(f"{path[:-2]}/{name}")
    elif path.endswith("/**/*.yaml"):
        yield from _globbed(path.removesuffix("/**/*.yaml"))
    else:
        yield from _below(path)


def _named(path: str) -> Iterator[str]:
    """What a glob gives: folders with all specs in them, and files that may be specs or hold many."""
    if os.path.isdir(path):
        yield from _below(path)
    elif _is_spec(path):
        yield path
    elif path.lower().endswith(".jsonl"):
        yield from _lines(path)


def _below(folder: str, seen: set[str] | None = None) -> Iterator[str]:
    """The specs in a folder; what it is linked to is looked into once, and not what holds it."""
    seen = {*map(str, Path(folder).resolve().parents)} if seen is None else seen
    seen.add(os.path.realpath(folder))
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if os.path.isdir(path):
            if os.path.realpath(path) not in seen:
                yield from _below(path, seen)
        elif _is_spec(path):
            yield path


def _globbed(folder: str) -> Iterator[str]:
    found = [
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(".yaml") and _is_spec(name) and not any(part.startswith(".") for part in _parts(place, name))
    ]
    yield from sorted(found, key=lambda path: path.split("/"))


def _parts(place: str, name: str) -> list[str]:
    return [*place.split("/"), name]


def _is_spec(path: str) -> bool:
    name = os.path.basename(path).lower()
    return name.endswith(SPECS) and not name.endswith(tuple(f".key{ending}" for ending in SPECS))


def _lines(path: str) -> Iterator[str]:
    if not os.path.isfile(path):
        yield path
        return
    with open(path, "rb") as file:
        lines = file.read().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    yield from (f"{path}:{number}" for number, line in enumerate(lines, start=1) if line.strip())


def is_exercise(name: str) -> bool:
    """Whether a file among exercises is one of them, and no key."""
    return _is_spec(name) and not skipped(name) and bool(os.path.splitext(name)[0])
