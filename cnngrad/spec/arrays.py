"""Arrays as they are written: nested lists, blocks of text, single numbers, files, Python values.

Two ways through: in bulk where one look shows plain decimals only, and cell by cell, which also reads fractions and
exact numbers and says of every bad cell which one it is and where.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError, Mark, Problems, escape, excerpt
from cnngrad.limits import Limits
from cnngrad.numbers import grammar
from cnngrad.numbers.kinds import FLOAT, Array, Kind
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec import pasted
from cnngrad.spec.blocks import Block, cells_of, first_line, has_blanks, nodes_of, rows_below, text_of
from cnngrad.spec.files import MAX_AXES, check_shape, load, place_of
from cnngrad.spec.rows import Numbers, Row, Table, words_of
from cnngrad.spec.tree import ArrayNode, Document, MappingNode, Node, ScalarNode, SequenceNode
from cnngrad.spec.uneven import different, why_no_number, why_uneven
from cnngrad.wording import read_cell

LONE_COMMA = pattern(r"\s*[-+\u2212]?(?:[1-9][0-9]{0,2}\.[0-9]{3}|[0-9]+),[0-9]+(?:/[0-9]+)?\s*")
"""One number with a decimal comma, or two: 1,5 and 1.234,5."""
_OF_DIGITS = pattern(r"[-+\u2212\s0-9.,;]*")
_ONE_OR_TWO = "write 1.5 for one, [1, 5] for two"
_ROWS = "write [[1, 2], [3, 4]], or rows of a block that starts with | behind the key"
SHOWN = 3
"""How many bad cells of one array are named; the rest is counted."""
_COUNTED = 1_000
Marker = Callable[[int], Mark]
Bad = tuple[int, str]
"""The row-major number of a bad cell or row, and what is wrong with it."""


def read_array(
    node: Node, key: str, kind: Kind, document: Document, limits: Limits, problems: Problems
) -> Array | None:
    """The array that `node`, the value of `key`, holds: float64 or fractions, of 0 to 5 axes.

    A nested list has an axis per level; a block of text is one row (1 axis), rows (2), or planes split by blank
    lines (3). Whatever is wrong is added to `problems`, and there is no array then.
    """
    return _ArrayReader(key, kind, document, limits, problems).read(node)


@dataclass(frozen=True)
class _ArrayReader:
    """Reads one array. Every method gives None where it has added what is wrong to the problems."""

    key: str
    kind: Kind
    document: Document
    limits: Limits
    problems: Problems

    def read(self, node: Node, from_file: bool = False) -> Array | None:
        if isinstance(node, SequenceNode):
            return self._list(node)
        if isinstance(node, ArrayNode):
            return self._array(node)
        if isinstance(node, MappingNode):
            return self._file(node)
        if not node.block and grammar.DECIMAL.fullmatch(node.text):
            return self._cell_alone(node)
        if says := pasted.foreign(node.text):
            return self._refuse(says, node)
        if not from_file and pasted.is_pasted(node.text):
            return self._pasted(node)
        return self._block(node, from_file) if node.block else self._number(node)

    def _file(self, node: MappingNode) -> Array | None:
        try:
            found, document = load(node, self.key, self.document, self.limits)
        except CnngradError as error:
            self.problems.found.extend(error.problems)
            return None
        if isinstance(found, ArrayNode):
            # Its cells have no place of their own; the name of the file has.
            found, document = ArrayNode(found.values, node.line, node.column), self.document
        return _ArrayReader(self.key, self.kind, document, self.limits, self.problems).read(found, from_file=True)

    def _number(self, node: ScalarNode) -> Array | None:
        """A single number; or the rows of numbers that YAML made one line of."""
        if LONE_COMMA.fullmatch(node.text):
            return self._refuse(f"{excerpt(node.text)} may be one number or two; {_ONE_OR_TWO}", node)
        if _OF_DIGITS.fullmatch(node.text) and (says := pasted.open_blank(node.text)):
            return self._refuse(says, node)
        if not pasted.is_number(node.text) and len(cells_of(node.text, False)) > 1:
            rows = rows_below(node, self.document.lines.all) or [node.text]
            if "\n" in node.text:
                hint = "write them in brackets, or as rows of a block that starts with | behind the key"
                return self._refuse(f"is a text of {len(cells_of(node.text, False))} numbers; {hint}", node)
            if all(map(pasted.is_number, chain.from_iterable(cells_of(row, False) for row in rows))):
                return self._block(ScalarNode("\n".join(rows), node.line, node.column, quoted=True), False)
        if pasted.is_typeset(node.text):
            return self._refuse(f"{excerpt(node.text)} has signs that no array has here; {_ROWS}", node)
        return self._cell_alone(node)

    def _cell_alone(self, node: ScalarNode) -> Array | None:
        return self._filled([[node.text]], (), lambda _: self._mark(node))

    def _pasted(self, node: ScalarNode) -> Array | None:
        """An array as a program prints it."""
        try:
            lists = pasted.array(node.text)
        except ValueError as error:
            return self._refuse(str(error), node)
        return self._list(nodes_of(lists, node), printed=True)

    # --- nested lists

    def _list(self, node: SequenceNode, *, printed: bool = False) -> Array | None:
        """The array of nested lists; those that were `printed` by a program are split into cells already."""
        if not printed and has_blanks(node) and (text := text_of(node, self.document.lines.all)):
            return self._pasted(ScalarNode(text, node.line, node.column))
        if (table := node.table) is not None and table.shape:
            return self._table(table, node)
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
                return self._rows(rows, shape)
            level = list(chain.from_iterable(row.items for row in level if isinstance(row, SequenceNode)))
        cells = [cell for cell in level if isinstance(cell, ScalarNode)]
        if len(cells) < len(level):
            return self._refuse_nodes(level, shape, why_no_number)
        return self._filled([[c.text for c in cells]], shape, lambda i: self._mark(cells[i]))

    def _table(self, table: Table | Numbers, node: SequenceNode) -> Array | None:
        """An array that came as one table."""
        for axes in range(1, len(table.shape) + 1):
            if message := check_shape(table.shape[:axes], self.limits):
                return self._refuse(message, node)
        if self.kind is FLOAT and isinstance(table, Numbers) and (floats := table.floats()) is not None:
            return floats
        return self._filled([table.texts], table.shape, lambda i: self._mark(ScalarNode(*table.place(i))))

    def _rows(self, rows: list[Row], shape: tuple[int, ...]) -> Array | None:
        """An array whose last axis came as rows of words."""
        width = shape[-1]
        return self._filled(words_of(rows), shape, lambda i: self._mark(ScalarNode(*rows[i // width].place(i % width))))

    def _even(self, level: Sequence[Node], shape: tuple[int, ...]) -> bool:
        """Whether all of `level` are lists of one length, at least 1."""
        first = level[0]
        assert isinstance(first, SequenceNode)
        width = first.width
        if not width:
            self.problems.add(self._cell(0, shape), "is empty; give at least one number", self._mark(first))
            return False
        if len(level) == 1 or all(type(row) is SequenceNode and row.width == width for row in level):
            return True
        unit = "row" if first.row is None and isinstance(first.items[0], SequenceNode) else "cell"
        self._refuse_nodes(level, shape, lambda row, name: why_uneven(row, name, width, unit))
        return False

    def _refuse_nodes(
        self, nodes: Sequence[Node], shape: tuple[int, ...], why: Callable[[Node, str], str | None]
    ) -> Array | None:
        first = escape(self._cell(0, shape))
        found = [(i, message) for i, node in enumerate(nodes) if (message := why(node, first)) is not None]
        return self._refuse_cells(found, shape, lambda i: self._mark(nodes[i]))

    # --- blocks of text

    def _block(self, node: ScalarNode, from_file: bool) -> Array | None:
        mark, source = self._mark(node), self.document.lines
        first = 1 if from_file else first_line(node, mark, source)
        if first is None:
            folded = "is folded text (>), which joins the rows; start the block with | instead"
            return self._refuse(folded, node)
        block = Block.of(node.text, semicolons=from_file)
        if not block.cells:
            return self._refuse("is empty; give at least one number", node)
        if not from_file and LONE_COMMA.fullmatch(node.text):
            return self._refuse(f"{excerpt(node.text.strip())} may be one number or two; {_ONE_OR_TWO}", node)
        if says := pasted.open_blank(node.text):
            return self._refuse(says, node)
        if ragged := block.ragged():
            if unclear := next(filter(pasted.in_two_ways, block.cells), ""):
                return self._refuse(pasted.two_ways(unclear), node)
            size, name, rows = ragged.sizes[0], escape(self._cell(0, ragged.shape)), ragged.rows
            found = [(i, different(n, name, size, ragged.unit)) for i, n in enumerate(ragged.sizes) if n != size]
            return self._refuse_cells(found, ragged.shape, lambda i: block.place(mark, first, source, rows[i]))
        if message := check_shape(block.shape, self.limits):
            return self._refuse(message, node)
        width = block.shape[-1]
        return self._filled([block.cells], block.shape, lambda i: block.place(mark, first, source, *divmod(i, width)))

    # --- cells

    def _filled(self, pieces: Iterable[list[str]], shape: tuple[int, ...], mark: Marker) -> Array | None:
        """The array of `shape` whose cells are the texts of `pieces`."""
        filled = np.empty(math.prod(shape), dtype=self.kind.dtype)
        known: dict[str, Any] = {}
        bad: list[Bad] = []
        start = 0
        for texts in pieces:
            values = None if bad or self.kind.dtype is not np.float64 else grammar.to_floats(texts, self.limits.scalar)
            if values is None:
                bad += islice(self._learn(texts, start, known), _COUNTED - len(bad))
            if len(bad) == _COUNTED:
                break
            if not bad:
                filled[start : start + len(texts)] = [known[text] for text in texts] if values is None else values
            start += len(texts)
        if bad:
            return self._refuse_cells(bad, shape, mark)
        return filled.reshape(shape)

    def _learn(self, texts: list[str], start: int, known: dict[str, Any]) -> Iterator[Bad]:
        """Add the values of `texts`, from the cell `start` on, to those that are known; what is wrong with others."""
        for i, text in enumerate(texts, start):
            if text not in known:
                try:
                    self.limits.allow("scalar", len(text), f"{excerpt(text)} has {len(text):,} characters")
                    known[text] = self._read(text)
                except ValueError as error:
                    yield i, str(error)

    def _read(self, text: str) -> Any:
        """The number that a text writes, in the grammar or as people paste it."""
        try:
            return self.kind.read(text)
        except ValueError:
            plain = pasted.number(text)
            if plain == text:
                raise
            return self.kind.read(plain)

    def _array(self, node: ArrayNode) -> Array | None:
        if message := check_shape(node.values.shape, self.limits):
            return self._refuse(message, node)
        with np.errstate(over="ignore"):
            floats = np.array(node.values, dtype=np.float64, order="C")
        finite = np.isfinite(floats)
        if not finite.all():
            bad = np.flatnonzero(~finite).tolist()
            found = [(i, grammar.why_not(str(float(floats.flat[i])))) for i in bad[:SHOWN]]
            return self._refuse_cells(found, floats.shape, lambda _: self._mark(node), len(bad))
        if self.kind.dtype is np.float64:
            return floats
        # Integers beyond 2**53 are exact only before they become floats.
        exact = node.values if node.values.dtype.kind in "iu" else floats
        cells = [self.kind.number(Fraction(value)) for value in exact.ravel().tolist()]
        return np.array(cells, dtype=object).reshape(exact.shape)

    # --- what is wrong, and where

    def _mark(self, node: Node) -> Mark:
        return place_of(node, self.key, self.document)

    def _cell(self, flat: int, shape: tuple[int, ...]) -> str:
        """The name of a cell by its row-major number."""
        return read_cell(self.key, np.unravel_index(flat, shape))

    def _refuse(self, message: str, node: Node) -> Array | None:
        self.problems.add(self.key, message, self._mark(node))
        return None

    def _refuse_cells(self, found: list[Bad], shape: tuple[int, ...], mark: Marker, count: int = 0) -> Array | None:
        """Name the first few of `count` bad cells, and count the others at the place of the last that is named."""
        count = count or len(found)
        for i, message in found[:SHOWN]:
            self.problems.add(self._cell(i, shape), message, mark(i))
        rest = count - SHOWN
        if rest > 0:
            more = f"at least {rest:,}" if count >= _COUNTED else f"{rest:,}"
            where = self.problems.found[-1].mark
            self.problems.add(self.key, f"has {more} more like these; fix the first ones", where)
        return None
