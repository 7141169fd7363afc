"""The blocks of a report as a page for a browser: a student's feedback, for one."""

from __future__ import annotations

from cnngrad.render.columns import SIGNS
from cnngrad.render.page.frame import page_text
from cnngrad.report.blocks import Grid, Grids, Heading, Listing, Note, Page, Words, sentences

SAYS = {
    "part": "took part",
    "winner": "won its window",
    "padding": "padding",
    "pad-part": "padding that took part",
    "differs": "differs",
    "right": "right",
    "wrong": "wrong",
    "missing": "missing",
    "good": "all points",
    "half": "half of the points",
    "bad": "no points",
}
"""What a marked cell is, for those who do not see its mark."""
KINDS = {Heading: "heading", Words: "words", Grids: "grids", Listing: "listing", Note: "note"}
"""The macro of the template for each kind of block."""
DEEPEST = 12
"""Steps of indentation that the style sheet has."""


def render_page(page: Page, title: str) -> str:
    """One self-contained file of the blocks; `title` is that of the window, and the heading where no block is one."""
    blocks = [(KINDS[type(block)], block) for block in sentences(page)]
    headed = bool(blocks) and blocks[0][0] == "heading"
    values = {"signs": SIGNS, "says": SAYS, "numbers_of": _numbers_of, "indent": _indent}
    return page_text("blocks.html", title=title, blocks=blocks, headed=headed, **values)


def _numbers_of(grid: Grid) -> list[bool]:
    """For each column, whether it holds numbers, which stand to the right."""
    return [column not in grid.left for column in range(len(next(iter(grid.cells), ())))]


def _indent(sentence: Words) -> int:
    return min(sentence.indent, DEEPEST)
