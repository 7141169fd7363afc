"""Blocks of a report as a page for a browser: every text of the terminal is there, in elements that say what it is."""

from __future__ import annotations

from typing import Any

import pytest
from classes import HOSTILE
from commands import some
from markup import faults, read
from pages import grids, results, texts

import cnngrad
from cnngrad.render.page.blocks import render_page
from cnngrad.report.blocks import Grid, Grids, Heading, Listing, Note, Words, piece, words
from cnngrad.report.page import page
from cnngrad.report.verdict import verdict_page


@pytest.mark.parametrize("spec", some(results(), 6))
def test_a_page_has_every_text_of_the_blocks(spec: Any) -> None:
    blocks = page(cnngrad.run(spec))
    html = render_page(blocks, "page")
    assert faults(html) == []
    shown = read(html).find("main")
    assert [text for text in map(joined, texts(blocks)) if text not in shown.text] == []
    tables = [table.rows() for table in shown.all("table")]
    for grid, table in zip(grids(blocks), tables, strict=True):
        for line, row in zip(grid.cells, table[-len(grid.cells) :], strict=True):
            for text, cell in zip(reversed(line), reversed(row), strict=False):
                assert joined(text) in cell


def joined(text: str) -> str:
    """The text with single blanks, as a browser shows it."""
    return " ".join(text.split())


def test_a_grid_is_a_table_with_heads_and_marks() -> None:
    signs: Any = {(0, 0): "right", (0, 1): "wrong", (1, 0): "missing"}
    grid = Grid("dW", "dW given  2x2", [["1", "2"], ["?", "<4>"]], ["0", "1"], ["0", "1"], signs, note="and more")
    html = render_page((Grids((grid,)),), "t")
    table = read(html).find("table")
    assert table.rows() == [["", "0", "1"], ["0", "1✓ right", "2✗ wrong"], ["1", "? missing", "<4>"]]
    assert table.find("caption").text == "dW given 2x2"
    assert [head.attributes["scope"] for head in table.all("th")] == ["col", "col", "row", "row"]
    assert table.attributes["class"] == "grid gradient"
    assert "and more" in read(html).text


def test_words_have_the_colours_of_their_quantities() -> None:
    sentence = Words((piece("dW", "dW"), piece("wrong", "wrong"), piece("a b"), piece("c", "")), indent=4)
    (found,) = read(render_page((Heading("x"), sentence), "t")).all("p")
    assert found.attributes["class"] == "words in-4"
    assert [(span.text, span.attributes["class"]) for span in found.all("span")] == [
        ("dW", "gradient"),
        ("wrong", "is-wrong"),
        ("a b", " keep"),
    ]
    assert found.text == "dW wrong a b c"


def test_the_first_heading_is_that_of_the_page() -> None:
    tree = read(render_page((Heading("one"), Heading("two"), Note("n"), words("")), "title"))
    assert ([h.text for h in tree.all("h1")], [h.text for h in tree.all("h2")]) == (["one"], ["two"])
    assert tree.find("p").text == "(n)"
    assert read(render_page((words("a"),), "title")).find("h1").text == "title"


def test_a_listing_is_a_table() -> None:
    table = read(render_page((Listing(("a", "b"), [("1", "<2>")]),), "t")).find("table")
    assert table.rows() == [["a", "b"], ["1", "<2>"]]


def test_texts_are_never_markup() -> None:
    for name in HOSTILE:
        grid = Grid(name, name, [[name]], [name], [name], note=name)
        blocks = (Heading(name), words(name), Note(name), Listing((name,), [(name,)]), Grids((grid,)))
        html = render_page(blocks, name)
        assert faults(html) == []
        assert not [*read(html).all("img")]
        assert html.replace("\n", "").isprintable()


def test_a_page_of_a_check_has_marks_and_no_expected_numbers_unless_told() -> None:
    verdict = cnngrad.check("example:by-hand-conv", {"dW": [[37, 2], [3, 4]]})
    html = {hint: render_page(verdict_page(verdict, hint), "check") for hint in ("cell", "full")}
    assert read(html["cell"]).find("table").rows()[1:] == [
        ["0", "37✓ right", "2✗ wrong"],
        ["1", "3✗ wrong", "4✗ wrong"],
    ]
    assert [hint for hint, text in html.items() if "67" in read(text).find("main").text] == ["full"]
