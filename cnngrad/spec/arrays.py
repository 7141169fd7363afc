"""Arrays as they are written: nested lists, blocks of text, single numbers, files, Python values.

Two ways through: in bulk where one look shows plain decimals only, and cell by cell, which also reads fractions and
exact numbers and says of every bad cell which one it is and where it stands.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError, Mark, Problems, escape, excerpt
from cnngrad.limits import Limits
from cnngrad.numbers import grammar
from cnngrad.numbers.kinds import Array, Kind
from cnngrad.spec.files import MAX_AXES, check_shape, load, place_of
from cnngrad.spec.tokens import cells_of, fractions_of, in_bulk, offset
from cnngrad.spec.tree import ArrayNode, Document, MappingNode, Node, Row, ScalarNode, SequenceNode, words_of
from cnngrad.spec.uneven import different, why_no_number, why_uneven

SHOWN = 3
"""How many bad cells of one array are named; the rest is counted."""
_COUNTED = 1_000
Marker = Callable[[int], Mark]
_HEADER = re.compile(r"([|>])[-+1-9]*[ \t]*(?:#.*)?$")


def read_array(
    node: Node, key: str, kind: Kind, document: Document, limits: Limits, problems: Problems
) -> Array | None:
    """The array that `node`, the value of `key`, holds: float64 or fractions, of 0 to 5 axes.

    A nested list has an axis per level; a block of text is one row (1 axis), rows (2), or planes split by blank
    lines (3). Whatever is wrong is added to `problems`, and there is no array then.
    """
    return _Reading(key, kind, document, limits, problems).read(node)


@dataclass(frozen=True)
class _Reading:
    """One array being read."""

    key: str
    kind: Kind
    document: Document
    limits: Limits
    problems: Problems

    def read(self, node: Node, from_file: bool = False) -> Array | None:
        if isinstance(node, SequenceNode):
            return self._list(node)
        if isinstance(node, ArrayNode):
            return self._data(node)
        if isinstance(node, MappingNode):
            return self._file(node)
        return self._block(node, from_file) if node.block else self._number(node)

    def _file(self, node: MappingNode) -> Array | None:
        try:
            found, document = load(node, self.key, self.document, self.limits)
        except CnngradError as error:
            self.problems.extend(error.problems)
            return None
        if isinstance(found, ArrayNode):
            # Its cells have no place of their own; the name of the file has.
            found, document = ArrayNode(found.values, node.line, node.column), self.document
        return _Reading(self.key, self.kind, document, self.limits, self.problems).read(found, from_file=True)

    def _number(self, node: ScalarNode) -> Array | None:
        tokens = cells_of(node.text, False)
        if len(tokens) > 1 and all(map(grammar.is_number, tokens)):
            hint = "write them in brackets, or as rows of a block that starts with | behind the key"
            return self._refuse(f"is a text of {len(tokens)} numbers; {hint}", node)
        return self._filled([[node.text]], (), lambda _: self._mark(node))

    # --- nested lists

    def _list(self, node: SequenceNode) -> Array | None:
        level: Sequence[Node] = [node]
        shape: tuple[int, ...] = ()
        while isinstance(level[0], SequenceNode):
            if len(shape) == MAX_AXES:
                return self._refuse(f"is nested more than {MAX_AXES} deep; an array has at most {MAX_AXES} axes", node)
            if not self._even(level, shape):
                return None
            shape += (level[0].width,)
            if message := check_shape(shape, self.limits):
                return self._refuse(message, node)
            rows = [row.row for row in level if isinstance(row, SequenceNode) and row.row is not None]
            if len(rows) == len(level):
                return self._rows(rows, shape, level)
            level = list(chain.from_iterable(row.items for row in level if isinstance(row, SequenceNode)))
        cells = [cell for cell in level if isinstance(cell, ScalarNode)]
        if len(cells) < len(level):
            self._report(level, shape, why_no_number)
            return None
        return self._filled([[c.text for c in cells]], shape, lambda i: self._mark(cells[i]))

    def _rows(self, rows: list[Row], shape: tuple[int, ...], level: Sequence[Node]) -> Array | None:
        """An array whose last axis came as rows of words."""
        width = shape[-1]
        return self._filled(words_of(rows), shape, lambda i: self._mark(rows[i // width].scalar(i % width)))

    def _even(self, level: Sequence[Node], shape: tuple[int, ...]) -> bool:
        """Whether all of `level` are lists of one length, at least 1."""
        first = level[0]
        assert isinstance(first, SequenceNode)
        width = first.width
        if not width:
            self.problems.add(self._cell(0, shape), "is empty; give at least one number", self._mark(first))
            return False
        if all(type(row) is SequenceNode and row.width == width for row in level):
            return True
        what = "row" if first.row is None and isinstance(first.items[0], SequenceNode) else "cell"
        self._report(level, shape, lambda row, name: why_uneven(row, name, width, what))
        return False

    def _report(self, nodes: Sequence[Node], shape: tuple[int, ...], why: Callable[[Node, str], str | None]) -> None:
        """Name the first few of `nodes` that have something wrong, and count the others."""
        first = escape(self._cell(0, shape))
        found = [(i, message) for i, node in enumerate(nodes) if (message := why(node, first)) is not None]
        for i, message in found[:SHOWN]:
            self.problems.add(self._cell(i, shape), message, self._mark(nodes[i]))
        self._more(len(found))

    # --- blocks of text

    def _block(self, node: ScalarNode, from_file: bool) -> Array | None:
        start = 1 if from_file else self._first_line(node)
        if start is None:
            folded = "is folded text (>), which joins the rows; start the block with | instead"
            return self._refuse(folded, node)
        lines = node.text.splitlines()
        numbers = array("q", (i for i, line in enumerate(lines) if line.strip()))
        if not numbers:
            return self._refuse("is empty; give at least one number", node)
        cells: list[str] = []
        widths = array("q")
        for i in numbers:
            row = cells_of(lines[i], from_file)
            widths.append(len(row))
            cells += row

        def mark(row: int, cell: int = 0) -> Mark:
            line = lines[numbers[row]]
            return self._inside(node, start, numbers[row], line, cells_of(line, from_file)[: cell + 1])

        shape = self._block_shape(numbers, widths, mark)
        if shape is None:
            return None
        if message := check_shape(shape, self.limits):
            return self._refuse(message, node)
        width, longest = shape[-1], self.limits.scalar
        # Each other cell of a line takes two characters or more: cheaper than measuring every cell.
        short = all(len(lines[i]) - 2 * width < longest for i in numbers)
        return self._filled([cells], shape, lambda i: mark(i // width, i % width), short)

    def _first_line(self, node: ScalarNode) -> int | None:
        """The line of the file where the block's text begins; 0 where there is none, None if it is folded."""
        if node.quoted or not self._mark(node).line:
            return 0
        # An anchor may push the | or > off the line where the value begins.
        for line, text in enumerate(self.document.lines.all[node.line - 1 : node.line + 2], node.line):
            if header := _HEADER.search(text):
                return line + 1 if header[1] == "|" else None
        return 0

    def _block_shape(
        self, numbers: Sequence[int], widths: Sequence[int], mark: Callable[[int], Mark]
    ) -> tuple[int, ...] | None:
        """(cells), (rows, cells) or (planes, rows, cells)."""
        starts = [i for i, n in enumerate(numbers) if not i or n - numbers[i - 1] > 1]
        heights = [end - start for start, end in zip(starts, [*starts[1:], len(widths)], strict=True)]
        height, width = heights[0], widths[0]
        planes = [p for p, h in enumerate(heights) if h != height]
        if planes:
            self._uneven(planes, heights, (len(heights),), "row", lambda p: mark(starts[p]))
            return None
        shape: tuple[int, ...] = (height, width) if height > 1 else (width,)
        if len(heights) > 1:
            shape = (len(heights), height, width)
        uneven = [i for i, size in enumerate(widths) if size != width]
        if uneven:
            self._uneven(uneven, widths, shape[:-1], "cell", mark)
            return None
        return shape

    def _uneven(
        self, found: list[int], sizes: Sequence[int], shape: tuple[int, ...], what: str, mark: Callable[[int], Mark]
    ) -> None:
        first = escape(self._cell(0, shape))
        for i in found[:SHOWN]:
            message = different(sizes[i], first, sizes[0], what)
            self.problems.add(self._cell(i, shape), message, mark(i))
        self._more(len(found))

    def _inside(self, node: ScalarNode, start: int, index: int, line: str, tokens: list[str]) -> Mark:
        """The place of the last of `tokens`, the beginning of the block's line number `index`."""
        mark = self._mark(node)
        number = start + index
        if not start or not mark.line or number > len(self.document.lines.all):
            return mark
        source = self.document.lines.all[number - 1]
        indent = len(source) - len(line) if source.endswith(line) else 0
        return Mark(mark.source, number, indent + offset(line, tokens) + 1)

    # --- cells

    def _filled(
        self, pieces: Iterable[list[str]], shape: tuple[int, ...], mark: Marker, short: bool = True
    ) -> Array | None:
        """The array of `shape` whose cells read the texts of `pieces`; `short` says that none is over the limit of
        its length."""
        filled = np.empty(math.prod(shape), dtype=self.kind.dtype)
        known: dict[str, Any] = {}
        bad = start = 0
        for texts in pieces:
            values = in_bulk(texts) if short and not bad and self.kind.dtype is np.float64 else None
            if values is None:
                bad = self._learn(texts, start, known, bad, shape, mark)
            if bad >= _COUNTED:
                break
            if not bad:
                filled[start : start + len(texts)] = [known[text] for text in texts] if values is None else values
            start += len(texts)
        if bad:
            self._more(bad)
            return None
        return filled.reshape(shape)

    def _learn(
        self, texts: list[str], start: int, known: dict[str, Any], bad: int, shape: tuple[int, ...], mark: Marker
    ) -> int:
        """Add the values of `texts` to those that are known; how many texts are bad now, `bad` of them before."""
        for i, text in enumerate(texts, start):
            if text in known:
                continue
            try:
                known[text] = self._value(text)
            except ValueError as error:
                bad += 1
                if bad <= SHOWN:
                    self.problems.add(self._cell(i, shape), str(error), mark(i))
                if bad == _COUNTED:
                    break
        return bad

    def _value(self, text: str) -> Any:
        if message := self.limits.refusal("scalar", len(text), f"{excerpt(text)} has {len(text):,} characters"):
            raise ValueError(message)
        return self.kind.read(text)

    def _data(self, node: ArrayNode) -> Array | None:
        if message := check_shape(node.values.shape, self.limits):
            return self._refuse(message, node)
        with np.errstate(over="ignore"):
            floats = np.array(node.values, dtype=np.float64, order="C")
        finite = np.isfinite(floats)
        if not finite.all():
            bad = np.flatnonzero(~finite).tolist()
            for i in bad[:SHOWN]:
                message = grammar.why_not(str(float(floats.flat[i])))
                self.problems.add(self._cell(i, floats.shape), message, self._mark(node))
            self._more(len(bad))
            return None
        if self.kind.dtype is np.float64:
            return floats
        # Integers beyond 2**53 are exact only before they become floats.
        exact = node.values if node.values.dtype.kind in "iu" else floats
        return fractions_of(exact, self.kind)

    # --- what is wrong, and where

    def _mark(self, node: Node) -> Mark:
        return place_of(node, self.key, self.document)

    def _cell(self, flat: int, shape: tuple[int, ...]) -> str:
        """The name of a cell by its row-major number, as in `input[0,2]`."""
        index = []
        for size in reversed(shape):
            flat, i = divmod(flat, size)
            index.append(str(i))
        return f"{self.key}[{','.join(reversed(index))}]" if shape else self.key

    def _refuse(self, message: str, node: Node) -> Array | None:
        """No array; `message` says why."""
        self.problems.add(self.key, message, self._mark(node))
        return None

    def _more(self, count: int) -> None:
        """Count what was not shown, at the place of the last that was."""
        rest = count - SHOWN
        if rest > 0:
            more = f"at least {rest:,}" if count >= _COUNTED else f"{rest:,}"
            where = self.problems.found[-1].mark
            self.problems.add(self.key, f"has {more} more like these; mend the first ones", where)
