"""Pages as tables: no column is lost, colour and marks, line drawing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from commands import some, terminal
from pages import ANSI, results

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.cli.output import ASCII
from cnngrad.ops.graph.page import COLUMNS
from cnngrad.render import Look, render
from cnngrad.render.table import _without_trailing_blanks
from cnngrad.report.blocks import Grid, Grids, Heading
from cnngrad.report.page import explanation_page, page


def test_columns_of_a_wide_grid_are_named_and_none_is_lost() -> None:
    grid = Grid("A", "A", [[str(1000 + i) for i in range(30)]], ["0"], [str(i) for i in range(30)])
    text = render("table", (Grids((grid,)),), Look(40))
    ranges = [(int(first), int(last)) for first, last in re.findall(r"A, columns (\d+) to (\d+)", text)]
    assert [column for first, last in ranges for column in range(first, last + 1)] == list(range(30))
    assert re.findall(r"\b1\d{3}\b", text) == [str(1000 + i) for i in range(30)]


def test_grids_stand_side_by_side_where_there_is_room() -> None:
    grids = Grids(tuple(Grid(name, name, [["1", "2"]], ["0"], ["0", "1"]) for name in ("A", "W", "Z")))
    # │   │ 0 │ 1 │ is 13 wide: three with gaps of 3 need 45
    lines = {width: render("table", (grids,), Look(width)).splitlines() for width in (45, 44)}
    assert len(lines[45]) == 6  # a title, three rules and two rows
    assert len(lines[44]) == 12


@pytest.mark.parametrize("spec", some(results(), 6))
def test_every_look_holds_the_same_words(spec: Any) -> None:
    """In colour, without line drawing; examples take turns, and odd exercises are drawn in both ways."""
    blocks = page(cnngrad.run(spec, method="matrix"))
    plain = render("table", blocks, Look(80))
    turn = len(spec) % 2 if isinstance(spec, str) else None
    if turn != 0:
        coloured = render("table", blocks, Look(80, color=True))
        assert ANSI.search(coloured)
        assert ANSI.sub("", coloured) == plain
    if turn != 1:
        ascii_only = render("table", blocks, Look(80, ascii_only=True))
        words_of = re.compile(r"[A-Za-z0-9.,:*\[\]()=']+")
        assert words_of.findall(ascii_only) == words_of.findall(plain)
        assert ascii_only.translate(ASCII).isascii()


def test_every_block_of_a_wide_table_of_gates_says_which_gate_a_row_is() -> None:
    shown = terminal("graph", "example:lecture-neuron", "--color", "never", columns=60)
    heads = [line.split("│")[1:-1] for line in shown.splitlines() if "│ node" in line]
    assert len(heads) >= 2
    assert all(head[0].strip() == "node" and "input" in map(str.strip, head) for head in heads)
    assert {word.strip() for head in heads for word in head} == {*COLUMNS}


def table(result: Result, **look: Any) -> str:
    """The page as a table."""
    return render("table", page(result), Look(**look))


def test_a_single_column_wider_than_the_terminal_is_not_cut() -> None:
    result = cnngrad.run({"op": "conv", "input": [1e-12 / 3] * 3, "kernel": [1]})
    assert "3.3333333e-13" in table(result, width=8)


def test_a_title_is_never_cut() -> None:
    blocks = (Grids((Grid("b", "b bias of a long name", [["1"]]),)),)
    assert "b bias of a long name" in render("table", blocks, Look(80))


def test_each_quantity_has_its_colour() -> None:
    coloured = table(cnngrad.run("example:by-hand-conv"), color=True)
    for title, code in (("A input", 63), ("W kernel", 130), ("dZ upstream", 28), ("Z output", 30), ("dW  2x2", 163)):
        assert f"\x1b[1;38;5;{code}m{title}" in coloured


def test_a_mark_is_never_colour_alone() -> None:
    text = table(cnngrad.run("example:ties"))
    assert "5*" in text
    assert "[ok]" in text


def test_without_line_drawing_everything_is_ascii() -> None:
    result = cnngrad.run("example:channels-nhwc", method="matrix")
    text = table(result, ascii_only=True).translate(ASCII)
    explained = render("table", explanation_page(result, ("dA[0,1,1,0]",)), Look(ascii_only=True))
    assert (text + explained.translate(ASCII)).isascii()


def test_user_text_is_no_markup() -> None:
    text = "[/] [red]x[/red] [link=http://a]b :smile: \\[w]"
    assert render("table", (Heading(text),), Look(color=True)) == f"\x1b[1m{text}\x1b[0m\n"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a  ", "a"),
        ("a \x1b[1m  \x1b[0m ", "a\x1b[1m\x1b[0m"),
        (" a \x1b[0mb", " a \x1b[0mb"),
        (" " * 500_000 + "b ", " " * 500_000 + "b"),
    ],
)
def test_blanks_at_the_end_go_in_one_pass(line: str, kept: str) -> None:
    assert _without_trailing_blanks(line) == kept
