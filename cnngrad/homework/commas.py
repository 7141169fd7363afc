"""Commas of an answer that may be decimal ones: a list `[0,5, 1,25]`, a column of `0,5`.

In a spec a comma in brackets separates, as in every program. A student who writes decimal commas at home writes them
there too, and would be judged for numbers that nobody wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnngrad.errors import Problem, excerpt
from cnngrad.patterns import pattern
from cnngrad.spec.arrays import LONE_COMMA
from cnngrad.spec.blocks import text_of
from cnngrad.spec.pasted import in_two_ways, two_ways
from cnngrad.spec.tree import Document, Node, ScalarNode, SequenceNode

_ZERO = pattern(r"(?<![0-9.])[0-9]+,0[0-9]")
"""0,05: a number does not begin with 05."""


def doubtful(node: Node, name: str, document: Document, shape: tuple[int, ...]) -> Problem | None:
    """The first commas that may be decimal ones in an answer to a quantity of this shape."""
    for text, place in _rows(node, document):
        if in_two_ways(text) or _ZERO.search(text):
            return Problem(two_ways(text.strip()), name, document.mark(place))
    if isinstance(node, ScalarNode) and node.block and shape[-1:] != (2,):
        rows = [row.strip() for row in node.text.splitlines() if row.strip()]
        if len(rows) > 1 and all(map(LONE_COMMA.fullmatch, rows)):
            says = f"{excerpt(rows[0])} may be one number or two, and so in every row; write decimal points"
            return Problem(says, name, document.mark(node))
    return None


def _rows(node: Node, document: Document) -> Iterator[tuple[str, SequenceNode]]:
    """The text of each list of numbers, as it was written."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, SequenceNode):
            continue
        if each.row is not None:
            yield each.row.text, each
        elif any(isinstance(item, SequenceNode) for item in each.items):
            waiting += reversed(each.items)
        else:
            yield text_of(each, document.lines.all)[1:-1], each
