"""The work on one spec: solved, and written as its line; it runs in a worker, which has no context but this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from cnngrad.api.solve import document, open_spec, solve
from cnngrad.batch.items import Item
from cnngrad.batch.json_lines import STDIN
from cnngrad.batch.rows import Line, error_row, line_of
from cnngrad.errors import CnngradError, Mark, Problem, indices_from, options_spelled, spelling
from cnngrad.limits import DEFAULT, Limits
from cnngrad.records import dataclass
from cnngrad.report.view import Options, allow_printed, printed_in_record
from cnngrad.spec.build import Setting, override
from cnngrad.spec.reader import read_text
from cnngrad.spec.tree import Document

FILES = 16
"""Files of many specs whose folders are kept: the lines of one come one after the other."""


@dataclass(frozen=True)
class Solving:
    """Solves an item and gives its line: what `run` says of it as JSON, or the row of its first problem."""

    settings: tuple[Setting, ...] = ()
    options: Options = field(default_factory=lambda: Options(trace="none"))
    limits: Limits = DEFAULT
    base: int = 0
    only: tuple[str, ...] = ()
    spelling: Callable[[str, str], str] = field(default_factory=spelling)
    """how messages write an option"""

    def __call__(self, item: Item) -> Line:
        with options_spelled(self.spelling), indices_from(self.base):
            try:
                return line_of(self._solved(item))
            except CnngradError as error:
                return failed_line(item, error.problems[0])

    def _solved(self, item: Item) -> dict[str, Any]:
        given = _without_answers(override(document_of(item, self.limits), self.settings, self.limits))
        result = solve(given, options=self.options, limits=self.limits, base=self.base, only=self.only)
        allow_printed(self.limits, printed_in_record(result))
        return result.to_dict()


def _without_answers(document: Document) -> Document:
    """The spec alone: whatever stands as its answers is no reason to fail."""
    root = document.root
    if "answers" not in root.entries:
        return document
    entries = {key: node for key, node in root.entries.items() if key != "answers"}
    return replace(document, root=replace(root, entries=entries))


def failed_line(item: Item, problem: Problem) -> Line:
    """The line of an item that has no result."""
    if item.line and problem.mark is not None and problem.mark.source == item.source:
        # A text of one line was read by itself: all of it is on its line in the file.
        says = problem.message.replace("first in line 1;", f"first in line {item.line};")
        problem = replace(problem, message=says, mark=Mark(item.source, item.line, problem.mark.column))
    return line_of(error_row(item.source, problem, item.path, item.line))


def document_of(item: Item, limits: Limits) -> Document:
    """The spec of an item; CnngradError says why it cannot be read."""
    if item.problem is not None:
        raise CnngradError(item.problem)
    if item.spec is not None:
        return replace(document(item.spec, limits, item.source), source=item.source)
    if item.text is None:
        return open_spec(item.path, limits)
    return read_text(item.text, item.source, _folder(item.path), limits)


@lru_cache(FILES)
def _folder(path: str) -> Path:
    """The folder that a file of many specs is in."""
    return Path() if path == STDIN else Path(path).parent
