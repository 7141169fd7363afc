"""Blocks of text as rows of cells: `|` in YAML, a text with line breaks in JSON, a .csv file."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property

from cnngrad.errors import Mark
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec.pasted import Nested, has_comma, in_two_ways, is_number
from cnngrad.spec.tree import Lines, Node, ScalarNode, SequenceNode

_HEADER = pattern(r"([|>])[-+1-9]*[ \t]*(?:#.*)?$")
_TUPLE = pattern(r"\(+\s*[-+0-9.]+(?:[eE][-+]?[0-9]+)?")
_QUOTES = pattern("[\"'#]")
_ROW_OF_SEMICOLONS = pattern(r"[^;()\[\]]*+(?:;[^;()\[\]]*+)++")
_BLANK_INSIDE = pattern(r"[^\s,] [ ]*[^\s,]")
"""Between two words; what is beside a tab is none."""


@dataclass(frozen=True)
class Ragged:
    """Planes or rows of different sizes: how many `unit`s each has, and the row where each begins."""

    shape: tuple[int, ...]
    unit: str
    sizes: Sequence[int]
    rows: Sequence[int]


@dataclass(frozen=True)
class Block:
    """The cells of a text and the width of each row; `numbers` are the lines of the rows, counted from 0.

    Blank lines separate planes. `semicolons` says that those may separate cells.
    """

    lines: list[str]
    semicolons: bool
    numbers: Sequence[int]
    widths: Sequence[int]
    cells: list[str]

    @classmethod
    def of(cls, text: str, *, semicolons: bool) -> Block:
        """The block of a text; it may have no row."""
        lines = text.splitlines()
        numbers = array("q", (i for i, line in enumerate(lines) if line.strip()))
        cells: list[str] = []
        widths = array("q")
        for i in numbers:
            row = cells_of(lines[i], semicolons)
            widths.append(len(row))
            cells += row
        return cls(lines, semicolons, numbers, widths, cells)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(cells), (rows, cells) or (planes, rows, cells), where nothing is ragged."""
        planes, height, width = len(self._starts), self._heights[0], self.widths[0]
        if planes > 1:
            return (planes, height, width)
        return (height, width) if height > 1 else (width,)

    def ragged(self) -> Ragged | None:
        """The planes that differ in height or, where none does, the rows that differ in width."""
        if len(set(self._heights)) > 1:
            return Ragged((len(self._heights),), "row", self._heights, self._starts)
        if len(set(self.widths)) > 1:
            return Ragged(self.shape[:-1], "cell", self.widths, range(len(self.widths)))
        return None

    @cached_property
    def _starts(self) -> list[int]:
        """The first row of each plane."""
        return [i for i, n in enumerate(self.numbers) if not i or n - self.numbers[i - 1] > 1]

    @cached_property
    def _heights(self) -> list[int]:
        ends = [*self._starts[1:], len(self.widths)]
        return [end - start for start, end in zip(self._starts, ends, strict=True)]

    def place(self, mark: Mark, first: int, source: Lines, row: int, cell: int = 0) -> Mark:
        """The place of a cell, where the text begins in line `first` of the source; `mark` is that of the block."""
        number = first + self.numbers[row]
        if not first or not mark.line or number > len(source.all):
            return mark
        line, written = self.lines[self.numbers[row]], source.all[number - 1]
        indent = len(written) - len(line) if written.endswith(line) else 0
        return Mark(mark.source, number, indent + _offset(line, cells_of(line, self.semicolons)[: cell + 1]) + 1)


def first_line(node: ScalarNode, mark: Mark, source: Lines) -> int | None:
    """The line of the source where a block's text begins; 0 where there is none, None if the text is folded."""
    if node.quoted or not mark.line:
        return 0
    # An anchor may push the | or > off the line where the value begins.
    for line, text in enumerate(source.all[node.line - 1 : node.line + 2], node.line):
        if header := _HEADER.search(text):
            return line + 1 if header[1] == "|" else None
    return 0


def rows_below(node: ScalarNode, lines: Sequence[str]) -> list[str]:
    """The lines of a plain text of several lines, which YAML makes one line of; nothing where they are not there."""
    left, found = node.text.split(), list[str]()
    for number, line in enumerate(lines[node.line - 1 :] if 0 < node.line <= len(lines) else ()):
        row = line[node.column - 1 :] if not number else line
        words = row.split()
        if node.quoted or words != left[: len(words)]:
            return []
        left = left[len(words) :]
        found += [row] if words else []
        if not left:
            return found
    return []


def text_of(node: SequenceNode, lines: Sequence[str]) -> str:
    """The text of a list in brackets as it was written; nothing where it is not there, or has a comment or quotes."""
    if not 0 < node.line <= len(lines) or lines[node.line - 1][node.column - 1 : node.column] != "[":
        return ""
    depth, text = 0, list[str]()
    for number in range(node.line - 1, len(lines)):
        line = lines[number][node.column - 1 if number == node.line - 1 else 0 :]
        if _QUOTES.search(line):
            return ""
        for place, character in enumerate(line, start=1):
            depth += (character == "[") - (character == "]")
            if not depth:
                return "\n".join([*text, line[:place]])
        text.append(line)
    return ""


def has_blanks(node: SequenceNode) -> bool:
    """Whether a word of the lists has a blank inside: numpy prints no commas, and YAML then sees one word; or begins
    a tuple, which YAML takes apart."""
    waiting: list[Node] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, SequenceNode):
            waiting += () if each.held is not None else each.items
        elif isinstance(each, ScalarNode) and not each.quoted and _TUPLE.fullmatch(each.text):
            return True
        elif isinstance(each, ScalarNode) and not each.quoted and len(words := each.text.split()) > 1:
            return all(is_number(word.strip(";")) for word in words)
    return False


def nodes_of(lists: list[Nested], node: ScalarNode) -> SequenceNode:
    """Lists of texts as nodes, all at the place of one node."""
    line, column = node.line, node.column
    items: list[Node] = [
        ScalarNode(each, line, column) if isinstance(each, str) else nodes_of(each, node) for each in lists
    ]
    return SequenceNode(items, line, column)


def cells_of(line: str, semicolons: bool) -> list[str]:
    """The cells of one line; an empty text where two commas, or two tabs, have nothing between them.

    In `1,5 2,5` the commas are decimal commas, not separators: they stay, for `pasted.number`. So do those of
    `1,5, 2,5`, which can be read in two ways.
    """
    if ";" in line and (semicolons or _ROW_OF_SEMICOLONS.fullmatch(line)):
        return [part.strip() for part in (line if semicolons else line.rstrip("; ")).split(";")]
    if "\t" in line and not _BLANK_INSIDE.search(line):
        return [part.strip() for part in line.strip().split("\t")]
    words = line.split()
    if "," not in line or (len(words) > 1 and all(has_comma(word) or "," not in word for word in words)):
        return words
    if in_two_ways(line):
        return [line.strip()]
    parts = (line if semicolons else line.rstrip().removesuffix(",")).split(",")
    return [cell for part in parts for cell in part.split() or [""]]


def _offset(line: str, cells: list[str]) -> int:
    """Where the last of `cells`, the first ones of `line`, begins."""
    start = end = 0
    for i, cell in enumerate(cells):
        if cell:
            start = line.find(cell, end)
            end = start + len(cell)
        else:
            start = end = min(end + 1, len(line)) if i else 0
    return max(0, start)
