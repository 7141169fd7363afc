"""What a run works on: files, folders, globs and lines of JSON, each by itself, in order, found as they are needed."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property, partial
from pathlib import PurePath
from typing import Any

from cnngrad.batch.folders import Place, found_in, is_glob, leads_back, matches
from cnngrad.batch.json_lines import STDIN, Awaited, counted_lines, lines_of, name_of
from cnngrad.errors import CnngradError, Mark, Problem, excerpt, option
from cnngrad.examples import PREFIX, example_path
from cnngrad.limits import DEFAULT, Limits
from cnngrad.records import dataclass
from cnngrad.spec.tree import Document

SPECS = (".yaml", ".yml", ".json")
"""How the files of a folder end that are specs; a file of many is read only where it is named."""
LINES = ".jsonl"
KEYS = tuple(f".key{ending}" for ending in SPECS)
"""How files of answers end."""


@dataclass(frozen=True, slots=True)
class Item:
    """One spec: in the file `path`; or `text`, the bytes of it, with its line in a file of many; or a Python value.

    `source` is its name in the output. `problem` says why there is nothing to work on; `nothing` that a whole PATH
    gives no item.
    """

    source: str
    path: str = ""
    text: bytes | None = None
    line: int = 0
    spec: Any = None
    problem: Problem | None = None
    nothing: bool = False


@dataclass
class Coming(Iterator[Item]):
    """The items of a run: `held` are there already, the others are found one by one."""

    held: deque[Item]
    others: Iterator[Item]
    expected: Callable[[], int | None]

    def __next__(self) -> Item:
        return self.held.popleft() if self.held else next(self.others)

    def awaited(self) -> int | None:
        """The descriptor that the next item will come from, where it is not there yet and others have to be waited
        for; else None."""
        return None if self.held else self.expected()


@dataclass(frozen=True)
class Items:
    """The items of these paths, found while they are iterated over; `output`, a file that is written, is none."""

    paths: Sequence[str]
    limits: Limits = DEFAULT
    output: str | None = None
    _awaited: Awaited = field(default_factory=Awaited, compare=False)

    def __iter__(self) -> Coming:
        """Every item in order, as soon as there is one; CnngradError, with a problem for each path, where no path gives
        one."""
        held: list[Item] = []
        items = self.every()
        for item in items:
            held.append(item)
            if not item.nothing:
                return Coming(deque(held), items, partial(self._awaited.descriptor, self.limits))
        raise CnngradError(*(item.problem for item in held if item.problem))

    def every(self) -> Iterator[Item]:
        """Every item in order; a path that gives none is an item with a problem."""
        for path in self.paths:
            yield from self._of(path)

    @cached_property
    def total(self) -> int | None:
        """How many items there are; None where that is known only at the end, as of a pipe."""
        counts = [self._count(path) for path in self.paths]
        return None if None in counts else sum(filter(None, counts))

    def _of(self, path: str) -> Iterator[Item]:
        found = False
        try:
            for place in self._places(path):
                for item in self._in(place):
                    found = True
                    yield item
            problem = Problem(_no_spec(path), "", Mark(name_of(path)))
        except CnngradError as error:
            problem = error.problems[0]
        if not found:
            yield Item(name_of(path), path, problem=problem, nothing=True)

    def _places(self, path: str) -> Iterator[Place]:
        """The files that a PATH means; CnngradError where there are none, and why."""
        if path == STDIN:
            return iter([Place(path)])
        if path.startswith(PREFIX):
            example_path(path.removeprefix(PREFIX))
            return iter([Place(path)])
        if os.path.isdir(path):
            return self._of_folder(path)
        if os.path.lexists(path):
            return iter([Place(path)])
        if is_glob(path):
            return self._of_glob(path)
        raise CnngradError(Problem("does not exist; check the name and the folder", "", Mark(path)))

    def _of_folder(self, folder: str) -> Iterator[Place]:
        return (place for place in found_in(folder) if place.problem or self._belongs(place.path, SPECS))

    def _of_glob(self, pattern: str) -> Iterator[Place]:
        """The files that match, and all in folders that do; where no ending is said, those that may be specs."""
        ending = PurePath(pattern).suffix
        endings = (*SPECS, LINES) if is_glob(ending) or not ending else ()
        keys = ".key." in PurePath(pattern).name
        walked: set[str] = set()
        for path in matches(pattern):
            if leads_back(path):
                continue
            if os.path.isdir(path):
                for place in self._of_folder(path):
                    if place.path not in walked:
                        walked.add(place.path)
                        yield place
            elif path not in walked and self._belongs(path, endings, keys=keys):
                yield Place(path)

    def _belongs(self, path: str, endings: tuple[str, ...], *, keys: bool = False) -> bool:
        """Whether a file that nobody named is a spec: no answers, and not what is being written."""
        name = os.path.basename(path).lower()
        if (endings and not name.endswith(endings)) or (name.endswith(KEYS) and not keys):
            return False
        return self.output is None or not _is_same(path, self.output)

    def _in(self, place: Place) -> Iterator[Item]:
        """The items of one file."""
        path = place.path
        if not _has_lines(path):
            yield Item(path, path, problem=place.problem)
            return
        try:
            for number, line in lines_of(path, self.limits, self._awaited):
                text, problem = (None, line) if isinstance(line, Problem) else (line, None)
                yield Item(f"{name_of(path)}:{number}", path, text, number, problem=problem)
        except CnngradError as error:
            yield Item(name_of(path), path, problem=error.problems[0], nothing=True)

    def _count(self, path: str) -> int | None:
        try:
            files = [place.path for place in self._places(path)]
        except CnngradError:
            return 1
        counts = [counted_lines(file, self.limits) if _has_lines(file) else 1 for file in files]
        return None if None in counts else max(1, sum(filter(None, counts)))


def items_of(paths: Sequence[str], limits: Limits = DEFAULT, output: str | None = None) -> Items:
    """The items of these paths; CnngradError where standard input is read twice, or what is read is written too."""
    if list(paths).count(STDIN) > 1:
        raise CnngradError("'-' is given twice; standard input can be read once")
    for path in paths:
        if output is not None and os.path.isfile(path) and _is_same(path, output):
            raise CnngradError(Problem(f"{excerpt(output, 200)} is read too; name another file", option("output")))
    return Items(tuple(paths), limits, output)


def items_of_values(values: Iterable[Any], limits: Limits = DEFAULT) -> Iterator[Item]:
    """The items of Python values: paths, as in `items_of`, and specs as dicts or as what was read of one."""
    for number, value in enumerate(values):
        if isinstance(value, str | os.PathLike) and isinstance(path := os.fspath(value), str):
            yield from Items((path,), limits).every()
        elif isinstance(value, Mapping | Document):
            yield Item(f"items[{number}]", spec=value)
        else:
            says = f"is of type {type(value).__name__}, which is no spec; give a path or a mapping"
            yield Item(f"items[{number}]", problem=Problem(says))


def _no_spec(path: str) -> str:
    if path == STDIN or _has_lines(path):
        return "holds no spec; write one on each line"
    if os.path.isdir(path):
        return "holds no spec, that is no file .yaml, .yml or .json; name another folder"
    return "matches no file; check the name and the folder"


def _has_lines(path: str) -> bool:
    """Whether a file holds many specs; a pipe does, unless it has the name of one spec."""
    name = path.lower()
    if path == STDIN or name.endswith(LINES):
        return True
    try:
        return not name.endswith(SPECS) and stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False
