"""How pages look: no digit is ever lost, no line is broken inside a number."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import yaml

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.cli.output import ASCII
from cnngrad.examples import example_names
from cnngrad.numbers.printing import show
from cnngrad.render import Look, render
from cnngrad.render.layout import wrap
from cnngrad.render.table import _without_trailing_blanks
from cnngrad.report.blocks import Grid, Grids, Heading, words
from cnngrad.report.explanation import explanation_page
from cnngrad.report.page import page

ANSI = re.compile(r"\x1b\[[0-9;]*m")
WIDTHS = (None, 40, 80, 200)
ODD: dict[str, dict[str, Any]] = {
    "wide": {"op": "conv", "input": [[(-1) ** i * (i + 0.125) for i in range(40)]] * 2, "kernel": [[1]], "delta": 1},
    "tiny and huge": {"op": "conv", "input": [1e-12, -123456789.25, 1e20, 1e15, 7], "kernel": [1, -1], "delta": 3},
    "many planes": {"op": "conv", "layout": "NCHW", "input": [[[[1.5]] * 9] * 3] * 2, "kernel": [[[[2]]] * 3] * 2},
    "pooling": {"op": "pool", "window": 3, "stride": 1, "input": [[-1000.5 * i] * 30 for i in range(5)], "delta": 1},
    "exact": {"op": "conv", "numbers": "exact", "input": ["1/3", "22/7", "-5/9"], "kernel": ["1/11"], "delta": 1},
}


def results() -> list[Any]:
    """Examples and odd exercises."""
    examples = [pytest.param(f"example:{name}", id=name) for name in example_names() if "notebook" not in name]
    return examples + [pytest.param(spec, id=name) for name, spec in ODD.items()]


def table(result: Result, **look: Any) -> str:
    """The page as a table."""
    return render("table", page(result), Look(**look))


@pytest.mark.parametrize("format_", ["table", "text"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("spec", results())
def test_every_number_of_every_array_is_there_whole(spec: Any, width: int | None, format_: str) -> None:
    result = cnngrad.run(spec)
    shown = render(format_, page(result), Look(width))
    text = f"{shown}{' '.join(shown.split())}"  # a long formula is broken between its terms
    for name, array in {**result.exercise.given, **result.arrays}.items():
        if not name.endswith("argmax"):
            for value in np.asarray(array).flat:
                assert re.search(rf"(?<![\w.]){re.escape(show(value))}(?![\w.])", text), (name, value)


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("spec", results())
def test_grids_fit_into_the_terminal(spec: Any, width: int) -> None:
    lines = table(cnngrad.run(spec), width=width).splitlines()
    assert max(len(line) for line in lines if line[:1] in "╭│├╰") <= width
    assert not any("…" in line for line in lines)


def test_a_single_column_wider_than_the_terminal_is_not_cut() -> None:
    result = cnngrad.run({"op": "conv", "input": [1e-12 / 3] * 3, "kernel": [1]})
    assert "3.3333333e-13" in table(result, width=8)


def test_a_title_is_never_cut() -> None:
    blocks = (Grids((Grid("b", "b bias of a long name", [["1"]]),)),)
    assert "b bias of a long name" in render("table", blocks, Look(80))


@pytest.mark.parametrize("spec", results())
def test_colour_changes_nothing_but_colour(spec: Any) -> None:
    result = cnngrad.run(spec)
    coloured = table(result, width=80, color=True)
    assert ANSI.search(coloured)
    assert ANSI.sub("", coloured) == table(result, width=80)


def test_each_quantity_has_its_colour() -> None:
    coloured = table(cnngrad.run("example:by-hand-conv"), color=True)
    for title, code in (("A input", "34"), ("W kernel", "38;5;208"), ("dZ upstream", "32"), ("dW  2x2", "31")):
        assert f"\x1b[1;{code}m{title}" in coloured


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


def test_sentences_break_between_words_only() -> None:
    lines = ["".join(text for text, _ in line) for line in wrap(words("aa bbbb c dddddddddd", indent=1, hang=2), 8)]
    assert lines == [" aa bbbb", "   c", "   dddddddddd"]
    assert len(wrap(words("aa bbbb c " * 50), None)) == 1


@pytest.mark.parametrize("spec", results())
def test_json_and_yaml_hold_the_record(spec: Any) -> None:
    record = cnngrad.run(spec, trace="full").to_dict()
    assert json.loads(render("json", record)) == record
    assert yaml.safe_load(render("yaml", record)) == record


def test_json_puts_a_row_on_a_line() -> None:
    assert render("json", {"a": [[1.0, 2.0], [3.0, 4.0]], "b": {}, "c": []}) == (
        '{\n  "a": [\n    [1.0, 2.0],\n    [3.0, 4.0]\n  ],\n  "b": {},\n  "c": []\n}\n'
    )


def test_text_of_a_small_page() -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "input": [[1, 2], [3, 4]], "delta": 5}, trace="none")
    assert render("text", page(result), Look()) == (
        "Pooling\n\n"
        "A 2x2 -> Z 1x1, mode max, window 2, stride 2, padding 0, dilation 1, layout HW, ties first\n\n"
        "  A input  2x2\n         0  1\n    0 |  1  2\n    1 |  3  4\n\n"
        "  dZ upstream  1x1\n         0\n    0 |  5\n\n\n"
        "Forward\n\n"
        "  Z output  1x1\n         0\n    0 |  4\n\n"
        "  argmax in A's plane  1x1\n             0\n    0 |  (1,1)\n\n"
        "  mask  2x2\n         0  1\n    0 |  0  0\n    1 |  0  1\n\n\n"
        "Backward\n\n"
        "  dA  2x2\n         0  1\n    0 |  0  0\n    1 |  0  5\n\n\n"
        "Laws\n\n"
        "  [ok] sum(dA) = sum(dZ): 5   [ok] <A,dA> = <dZ,Z>: 20\n"
    )
