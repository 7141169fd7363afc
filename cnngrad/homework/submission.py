"""What a student hands in as a file: a mapping of answers, arrays that numpy saved, or a text that is no YAML.

Where a file is no YAML, each answer in it is read by itself: what is wrong with one concerns that one alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from cnngrad.errors import CnngradError, Mark, Problem
from cnngrad.exercise.names import in_group
from cnngrad.homework.around import answers_in, entries_of_dict, text_of_html
from cnngrad.homework.written import MISSING
from cnngrad.limits import Limits
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec.files import arrays_of_file
from cnngrad.spec.pasted import is_pasted
from cnngrad.spec.reader import decode, read_bytes, read_node
from cnngrad.spec.tree import Document, Folder, Lines, MappingNode, Node, ScalarNode, SequenceNode, move

WITHOUT_NAME = ""
"""What the only array of a file without names is called."""
MOST = 1_000
"""Answers of a file that is no YAML."""
_NAME = r"""(?:(?:[-*•]|[0-9]{1,2}[.)])[ \t]+)?[*`]*(["']?)((?:[^\W\d]|∂)[\w./ ∂]{0,99}?)\1[*`]*(?<![ \t])"""
"""No blank at its end: that would be tried with each of many blanks behind a name."""
_PRINTED = r"\[|(?:\w+\.)*(?:array|tensor)\("
_HEAD = pattern(rf"{_NAME}(?:\s*([:\uff1a](?!=)|:?=(?!=))[*`]*[ \t]*|[ \t]+(?={_PRINTED}))(.*)", re.DOTALL)
"""`dW: 1`, `dW = 1`, `dW [[1. 2.]`."""
_ALONE = pattern(rf"{_NAME}\s*()()")
"""A name in a line of its own, with what a program printed below."""
_MARKS = str.maketrans("*`-", "   ")
"""What Markdown has around a name."""
_NUMBERS = pattern(r"[0-9\[\]]")
_COMMENT = pattern(r"(?:^|(?<=\s))#.*", re.MULTILINE)
_PAGES = (".html", ".htm")
"""What learning platforms make of a text that is typed in."""
_NUMPY = (b"\x93NUMPY", b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class HandedIn:
    """The answers of a submission as nodes; `unread` says why some of them are none."""

    answers: MappingNode
    document: Document
    unread: Mapping[str, Problem] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> HandedIn:
        """The answers of a file that may have them under `answers`."""
        inner = document.root.entries.get("answers")
        return cls(inner if isinstance(inner, MappingNode) else document.root, document)


def read_submission(path: str, limits: Limits) -> HandedIn:
    """The submission in a file, or on standard input for `-`; CnngradError where nothing of it can be read."""
    return submission_of(*read_bytes(path, limits), limits)


def submission_of(data: bytes, source: str, folder: Folder, limits: Limits) -> HandedIn:
    """The submission in the bytes of a file; `source` is the name that errors show, `folder` what `file:` is relative
    to. CnngradError where nothing of it can be read."""
    if data.startswith(_NUMPY):
        try:
            arrays = arrays_of_file(data, limits)
        except CnngradError as error:
            raise CnngradError(*(replace(problem, mark=Mark(source)) for problem in error.problems)) from None
        unread = {
            name: replace(error.problems[0], key=name, mark=Mark(source))
            for name, error in arrays.items()
            if isinstance(error, CnngradError)
        }
        entries = {name: ScalarNode("") if isinstance(each, CnngradError) else each for name, each in arrays.items()}
        root = MappingNode(entries, {name: ScalarNode(name) for name in arrays})
        return HandedIn(root, Document(root, source, folder), unread)
    if b"\0" not in data:
        text = decode(data, source)
        text = text_of_html(text) if source.lower().endswith(_PAGES) else text
        data = answers_in(text).encode()
    try:
        node, lines = read_node(data, source, limits)
    except CnngradError:
        found = None if b"\0" in data else _answers(data.decode(), source, folder, limits)
        if found is None:
            raise
        return found
    # `dW = [1, 2]` is one text in YAML.
    found = _answers(lines.text, source, folder, limits) if _is_text(node) else None
    root = node if isinstance(node, MappingNode) else _without_name(node)
    return found or HandedIn.of(Document(root, source, folder, lines))


def submission_of_cells(cells: Sequence[tuple[str, str, int]], source: str) -> HandedIn:
    """The answers in cells of a sheet: the name of each, its text as behind `dW = ` in a file, and its line."""
    entries: dict[str, Node] = {
        name: ScalarNode(text, line, 1, quoted=True, block="\n" in text.strip()) for name, text, line in cells
    }
    keys = {name: ScalarNode(name, line, 1) for name, _, line in cells}
    root = MappingNode(entries, keys, 1, 1)
    return HandedIn(root, Document(root, source, os.curdir))


def _is_text(node: Node) -> bool:
    """Whether it is one text, or a list of lines that begin with names."""
    if isinstance(node, SequenceNode):
        return (
            node.row is None
            and bool(node.items)
            and all(isinstance(item, ScalarNode) and _HEAD.match(item.text) for item in node.items)
        )
    return isinstance(node, ScalarNode)


def _without_name(node: Node) -> MappingNode:
    """A file that holds a list or a text alone; a list of `- name: value` has names."""
    items = node.items if isinstance(node, SequenceNode) and node.row is None else []
    named = [item for item in items if isinstance(item, MappingNode)]
    names = [name for item in named for name in item.entries]
    if names and len(named) == len(items) and len({*names}) == len(names):
        entries = {name: value for item in named for name, value in item.entries.items()}
        return MappingNode(entries, {name: key for item in named for name, key in item.keys.items()}, 1, 1)
    return MappingNode({WITHOUT_NAME: node}, {WITHOUT_NAME: ScalarNode("", node.line, node.column)}, 1, 1)


def _answers(text: str, source: str, folder: Folder, limits: Limits) -> HandedIn | None:
    """The answers of a text that is no YAML as a whole; None where it has none, or too many."""
    if is_pasted(text):
        root = _without_name(ScalarNode(text, 1, 1, quoted=True, block=True))
        return HandedIn(root, Document(root, source, folder, Lines(text)))
    answers = _Answers(source, limits)
    if not (answers.read_dict(text) or answers.read(text.splitlines())):
        return None
    root = MappingNode(answers.entries, answers.keys, 1, 1)
    return HandedIn(root, Document(root, source, folder, Lines(text)), answers.unread)


@dataclass
class _Answers:
    """Reads a text answer by answer: `name: value` or `name = value`, the value over several lines."""

    source: str
    limits: Limits
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, ScalarNode] = field(default_factory=dict)
    unread: dict[str, Problem] = field(default_factory=dict)

    def read(self, lines: Sequence[str], first: int = 0, owner: str = "") -> bool:
        """Take the answers from lines that begin in line `first`, counted from 0; not where there is none, or too many.
        Words before the first one, such as a greeting, are left out; a line with numbers there is kept as a name."""
        starts = [i for i, line in enumerate(lines) if line[:1].strip() and _head(line, lines[i + 1 : i + 2])]
        before = lines[: starts[0]] if starts else lines
        if not starts or len(starts) > MOST:
            return False
        lost = [i for i, line in enumerate(before) if not _is_empty(line) and _NUMBERS.search(line)]
        if lost:
            name = before[lost[0]].strip()
            self.entries[name], self.keys[name] = ScalarNode(""), ScalarNode(name, first + lost[0] + 1, 1)
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            self._answer(lines[start:end], first + start, owner)
        return True

    def read_dict(self, text: str) -> bool:
        """Take the answers from a dict as Python prints it; not where the text is none."""
        entries = [(entry.splitlines(), line) for entry, line in entries_of_dict(text)]
        if not entries or len(entries) > MOST or not all(_HEAD.match(lines[0]) for lines, _ in entries):
            return False
        for lines, line in entries:
            self._answer(lines, line, "")
        return True

    def _answer(self, lines: Sequence[str], line: int, owner: str) -> None:
        """Take one answer, whose first line is the line of this number."""
        head = _head(lines[0], lines[1:2])
        assert head is not None
        key = head[2].strip()
        if not owner and _is_empty(head[4]) and self._nested(lines[1:], line + 1, key):
            return
        name = in_group(owner, key)
        if name in self.keys:
            says = f"is given twice, first in line {self.keys[name].line}; keep one"
            self.unread[name] = Problem(says, name, Mark(self.source, line + 1, 1))
            return
        self.keys[name] = ScalarNode(name, line + 1, 1)
        try:
            self.entries[name] = self._value(lines, head, line)
        except CnngradError as error:
            self.entries[name] = ScalarNode("", line + 1, 1)
            self.unread[name] = _moved(replace(error.problems[0], key=name), line)

    def _nested(self, lines: Sequence[str], first: int, owner: str) -> bool:
        """Take the answers of a layer, or of all, which are indented by the same blanks."""
        indent = next((each[: len(each) - len(each.lstrip(" "))] for each in lines if not _is_empty(each)), "")
        below = [each.removeprefix(indent) for each in lines]
        return bool(indent) and self.read(below, first, "" if owner == "answers" else owner)

    def _value(self, lines: Sequence[str], head: re.Match[str], line: int) -> Node:
        """The value of an answer as YAML or, where it is none, as it was pasted."""
        text = _COMMENT.sub("", "\n".join([head[4], *lines[1:]]))
        pasted = ScalarNode(text, line + 1, head.start(4) + 1, quoted=True, block="\n" in text.strip())
        if head[3] != ":" or is_pasted(text):
            return pasted
        first = lines[0][: head.end(3)].translate(_MARKS) + lines[0][head.end(3) :]
        try:
            node, _ = read_node("\n".join([first, *lines[1:]]).encode(), self.source, self.limits)
        except CnngradError:
            if text.strip() in MISSING:
                return pasted
            raise
        if not isinstance(node, MappingNode):  # `db:10` is one text in YAML
            return pasted
        value = next(iter(node.entries.values()))
        move(value, line)
        return value


def _head(line: str, below: Sequence[str]) -> re.Match[str] | None:
    """The name that begins an answer in a line, and what is behind it; `below` is the next line."""
    alone = _ALONE.fullmatch(line) if below and re.match(_PRINTED, below[0].strip()) else None
    return alone or _HEAD.match(line)


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _moved(problem: Problem, lines: int) -> Problem:
    mark = problem.mark
    return replace(problem, mark=replace(mark, line=mark.line + lines)) if mark and mark.line else problem
