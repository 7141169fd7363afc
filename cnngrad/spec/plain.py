"""Texts that JSON and YAML read alike, and in one way only, in one pass over their tokens: what programs write.

`{"op": "conv", "input": [[1, 2], [3, 4]]}` is read here. Whatever else there is in a text (an escape, a comment, a key
that is given twice, more than a limit allows) leaves all of it to the parser, which also says what is wrong; the tree
is the same, with every place.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from cnngrad.limits import Limits
from cnngrad.patterns import pattern
from cnngrad.spec.rows import BLANKS, ROWS, WORD, WORDS, Row, Table
from cnngrad.spec.tree import MappingNode, Node, ScalarNode, SequenceNode

_LONGEST_KEY = 1000
"""A little less than YAML takes."""
_QUOTED = r'"([ !#-\[\]-~\xa0-\u1fff]*+)"'
_TOKENS = (
    rf"{_QUOTED} *+:",
    rf"({WORD}):(?=[ \n])",
    _QUOTED,
    rf"({WORD})",
    rf"\[({ROWS})\]",
    rf"\[({WORDS})\]",
    r"([\[{])",
    r"([,\]}])",
)
_TOKEN = pattern(rf"{BLANKS}(?:{'|'.join(_TOKENS)})", re.ASCII)
_QUOTED_KEY, _KEY, _TEXT, _WORD, _TABLE, _ROW, _OPEN, _SIGN = range(1, 9)
_BEHIND = (_QUOTED_KEY, _TEXT, _TABLE, _ROW)
"""Tokens whose group is behind a quote or a bracket."""
_AROUND = 4
"""Events of the parser around those of the nodes."""


class _OtherError(Exception):
    """The text is none of these."""


def plain_node(text: str, limits: Limits) -> Node | None:
    """The list or mapping that a text holds; nothing where it has to be parsed."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return _Reader(text.rstrip(" \n"), limits).read()
    except _OtherError:
        return None


class _Reader:
    """Goes through the tokens of one text; `wanted` says that a key or a value has to come next."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.breaks = [-1, *(found.start() for found in re.finditer("\n", text))]
        self.top: list[Node] = []
        self.stack: list[SequenceNode | MappingNode] = []
        self.key: str | None = None
        self.wanted = True
        self.events = _AROUND

    def read(self) -> Node:
        """The node at the top."""
        end = 0
        for found in _TOKEN.finditer(self.text):
            if found.start() != end or self.events > self.limits.values:
                raise _OtherError
            end = found.end()
            kind = found.lastindex or 0
            if kind == _SIGN:
                self._sign(found[_SIGN])
            elif not self.wanted:
                raise _OtherError
            else:
                self._token(kind, found[kind], found.start(kind) - (kind in _BEHIND))
        if end != len(self.text) or self.stack or self.wanted or self.events > self.limits.values:
            raise _OtherError
        return self.top[0]

    def _token(self, kind: int, text: str, start: int) -> None:
        line = bisect_left(self.breaks, start)
        column = start - self.breaks[line - 1]
        if kind <= _WORD:
            if len(text) > self.limits.scalar:
                raise _OtherError
            self.events += 1
            node = ScalarNode(text, line, column, kind in (_QUOTED_KEY, _TEXT))
            if kind <= _KEY:
                self._take_key(node)
            else:
                self._add(node)
        elif kind == _OPEN:
            self._open(MappingNode({}, {}, line, column) if text == "{" else SequenceNode([], line, column))
        else:
            self._hold(kind, text, line, column)

    def _take_key(self, node: ScalarNode) -> None:
        mapping, text = self.stack[-1] if self.stack else None, node.text
        if not isinstance(mapping, MappingNode) or self.key is not None:
            raise _OtherError
        if text in mapping.keys or len(text) > _LONGEST_KEY:
            raise _OtherError
        mapping.keys[text], self.key = node, text

    def _hold(self, kind: int, text: str, line: int, column: int) -> None:
        """A row or a table, which ends where it begins for all that is around it."""
        held = Row(text, line, column + 1) if kind == _ROW else Table(text, line, column + 1)
        rows = 1 if kind == _ROW else held.width
        self.events += 3 if kind == _ROW else 2 + 3 * rows
        self._check_depth(1 if kind == _ROW else 2)
        if self.events > self.limits.values or held.has_longer(self.limits.scalar):
            raise _OtherError
        self._add(SequenceNode(None, line, column, held))

    def _open(self, node: SequenceNode | MappingNode) -> None:
        self._check_depth(1)
        self.events += 2
        self._add(node)
        self.stack.append(node)
        self.wanted = True

    def _add(self, node: Node) -> None:
        """Put a value where it belongs."""
        around = self.stack[-1] if self.stack else None
        if isinstance(around, MappingNode):
            if self.key is None:
                raise _OtherError
            around.entries[self.key], self.key = node, None
        else:
            (self.top if around is None else around.items).append(node)
        self.wanted = False

    def _sign(self, sign: str) -> None:
        """A comma, or the end of what is open: an empty one, or one whose last value is there."""
        node = self.stack[-1] if self.stack else None
        ends = "}" if isinstance(node, MappingNode) else "]"
        empty = (isinstance(node, MappingNode) and not node.keys) or (isinstance(node, SequenceNode) and not node.width)
        if node is None or (self.wanted and (sign == "," or not empty)) or sign not in (",", ends):
            raise _OtherError
        self.wanted = sign == ","
        if not self.wanted:
            self.stack.pop()

    def _check_depth(self, levels: int) -> None:
        if len(self.stack) + levels > self.limits.nesting:
            raise _OtherError
