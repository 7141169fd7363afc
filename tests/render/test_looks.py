"""The surroundings change nothing that matters: environment, width, colour, user text, line drawing."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import yaml
from commands import terminal
from layers import integers

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.cli.output import ASCII
from cnngrad.examples import example_names
from cnngrad.numbers.printing import show
from cnngrad.ops.graph.page import COLUMNS
from cnngrad.render import FORMATS, Look, render
from cnngrad.render.layout import columns_of
from cnngrad.report.blocks import Grid, Grids, Note, Words, piece, words
from cnngrad.report.explanation import explanation_page, explanation_record
from cnngrad.report.page import page

ANSI = re.compile(r"\x1b\[[0-9;]*m")
PAGES = [name for name, format_ in FORMATS.items() if format_.takes == "page"]
RECORDS = [name for name, format_ in FORMATS.items() if format_.takes == "record"]
TEXTS = [
    "[/]",
    "[bold]x[/bold] [link=http://a.b]c[/link]",
    ":smile: :warning:",
    "\\[red] \\\\",
    "{braces} %s %(x)s",
    "<b>&amp;</b>",
    "a  b   c",
    "12345678901234567890",
    "x" * 300,
]


def write(format_: str, result: Result, **look: Any) -> str:
    """The page of a result."""
    return render(format_, page(result), Look(**look))


ENVIRONMENTS: list[dict[str, str]] = [
    {"COLUMNS": "20", "LINES": "3"},
    {"COLUMNS": "500", "TERM": "dumb"},
    {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    {"TERM": "dumb", "NO_COLOR": "1"},
    {"FORCE_COLOR": "1"},
    {"TERM": "unknown", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1"},
    {"JUPYTER_COLUMNS": "30", "JUPYTER_LINES": "5", "DATABRICKS_RUNTIME_VERSION": "1"},
]


@pytest.mark.parametrize(("width", "color"), [(None, False), (60, True)], ids=["piped", "terminal"])
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_the_environment_changes_nothing(
    environment: dict[str, str], width: int | None, color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = cnngrad.run("example:ties")
    for name in {name for other in ENVIRONMENTS for name in other}:
        monkeypatch.delenv(name, raising=False)
    before = write("table", result, width=width, color=color)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert write("table", result, width=width, color=color) == before
    assert bool(ANSI.search(before)) is color


@pytest.mark.parametrize("color", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("format_", PAGES)
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_title_is_printed_as_it_was_written(text: str, format_: str, color: bool) -> None:
    result = cnngrad.run({"op": "conv", "title": text, "input": [1], "kernel": [1]})
    shown = ANSI.sub("", write(format_, result, width=1000, color=color))
    assert shown.splitlines()[0] == f"Convolution: {text}"


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_sentences_notes_and_cells_are_no_markup(text: str) -> None:
    grid = Grid("A", text, [[text]], [text], [text])
    shown = render("table", (words(text), Note(text), Grids((grid,))), Look(3000))
    # the sentence, the note, and the title, a row, a column and a cell of the grid
    assert shown.count(text) == 6


@pytest.mark.parametrize("width", [None, 40, 80])
@pytest.mark.parametrize("format_", PAGES)
def test_a_title_loses_no_word_on_a_narrow_terminal(format_: str, width: int | None) -> None:
    text = " ".join(f"word{i}" for i in range(60))
    result = cnngrad.run({"op": "conv", "title": text, "input": [1], "kernel": [1]})
    heading = write(format_, result, width=width).partition("\nA 1 -> Z 1")[0]
    assert heading.split() == ["Convolution:", *text.split()]


def test_what_cannot_be_printed_is_written_out() -> None:
    result = cnngrad.run({"op": "conv", "title": "a\x1b[31mb\u202ec\rd\ne", "input": [1], "kernel": [1]})
    for format_ in PAGES:
        assert write(format_, result).splitlines()[0] == "Convolution: a\\x1b[31mb\\u202ec\\rd\\ne"


NUMBERS: dict[str, dict[str, Any]] = {
    "wide": {"op": "conv", "input": integers((3, 60), 1, -(10**7), 10**7) / 1024, "kernel": [[1, -1]], "delta": 1},
    "tiny": {"op": "conv", "input": [1e-300, -3.5e-17, 5e-324], "kernel": [1], "delta": 1e-9},
    "huge": {"op": "conv", "input": [1e150, -2.5e22, 1e15, 999999999999999.0], "kernel": [1], "delta": -1e17},
    "channels": {"op": "conv", "input": integers((2, 4, 5, 2), 1) / 7, "kernel": integers((2, 3, 2, 2), 2) / 3},
    "depth": {"op": "pool", "layout": "NCDHW", "window": 2, "input": integers((1, 2, 2, 4, 4), 1) / 9, "delta": -1},
    "fractions": {"op": "conv", "numbers": "exact", "input": ["12345678901/98765432109"] * 9, "kernel": ["-1/3", 2]},
}


@pytest.mark.parametrize("format_", PAGES)
@pytest.mark.parametrize("width", [None, 40, 80, 200])
@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_is_whole_and_every_grid_fits(name: str, width: int | None, format_: str) -> None:
    result = cnngrad.run({"delta": 1, **NUMBERS[name]})
    text = write(format_, result, width=width)
    found = set(re.split(r"[\s│|\[\]()*]+", text))
    for quantity, array in result.derivation.values.items():
        if quantity != "argmax":
            missing = {show(value) for value in np.asarray(array).flat} - found
            assert not missing, quantity
    assert "…" not in text
    for line in (line for line in text.splitlines() if width and line[:1] == "│"):
        assert len(line) <= (width or 0) or line.count("│") <= 4  # a label and a single column


@pytest.mark.parametrize("precision", [0, 3, 20])
def test_precision_is_kept_in_every_grid(precision: int) -> None:
    result = cnngrad.run({"op": "conv", "input": [1 / 3, 2, -0.00001], "kernel": [1]}, precision=precision)
    assert [show(value, precision) for value in result.results["Z"]] == {
        0: ["3e-01", "2", "-1e-05"],
        3: ["0.333", "2.000", "-1.000e-05"],
        20: ["0.33333333333333331483", "2.00000000000000000000", "-0.00001000000000000000"],
    }[precision]
    for format_ in PAGES:
        text = write(format_, result, width=40)
        assert all(show(value, precision) in text for value in result.results["Z"])


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


@pytest.mark.parametrize("method", ["rotate", "matrix"])
@pytest.mark.parametrize("name", [name for name in example_names() if "notebook" not in name])
def test_a_look_without_line_drawing_is_ascii(name: str, method: str) -> None:
    result = cnngrad.run(f"example:{name}", method=method)
    explained = explanation_page(result, (result.traces[-1].cell.name(),))
    for blocks in (page(result), explained):
        for format_ in PAGES:
            assert render(format_, blocks, Look(80, ascii_only=True)).translate(ASCII).isascii()


@pytest.mark.parametrize("name", [name for name in example_names() if "notebook" not in name])
def test_every_look_holds_the_same_words(name: str) -> None:
    result = cnngrad.run(f"example:{name}", method="matrix")
    plain = write("table", result, width=100)
    assert ANSI.sub("", write("table", result, width=100, color=True)) == plain
    ascii_only = write("table", result, width=100, ascii_only=True)
    words_of = re.compile(r"[A-Za-z0-9.,:*\[\]()=']+")
    assert words_of.findall(ascii_only) == words_of.findall(plain)


@pytest.mark.parametrize("format_", PAGES)
def test_no_line_ends_in_blanks(format_: str) -> None:
    for color in (False, True):
        text = write(format_, cnngrad.run("example:max-pool"), color=color)
        assert not any(ANSI.sub("", line).endswith(" ") for line in text.splitlines())
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


def test_a_sum_is_broken_between_terms_only() -> None:
    result = cnngrad.run("example:channels-nhwc")
    trace = result.explain("Z[0,0,0,0]").trace
    blocks = explanation_page(result, ("Z[0,0,0,0]",))
    text = render("table", blocks, Look(40))
    for term in trace.terms:
        if not term.vanishes:
            assert "*".join(factor.name() for factor in term.factors) in text


def test_a_piece_wider_than_the_terminal_stands_alone() -> None:
    sentence = Words((piece("a"), piece("b" * 50), piece("c")), 2)
    assert render("text", (sentence,), Look(20)) == f"  a\n  {'b' * 50}\n  c\n"


def test_marks_stand_beside_their_numbers() -> None:
    grid = Grid("A", "A", [["-1.5", "7"], ["10", "8"]], signs={(0, 0): "part", (1, 1): "winner", (1, 0): "padding"})
    assert columns_of(grid) == [["[-1.5]", " 10   "], [" 7 ", " 8*"]]


@pytest.mark.parametrize("format_", RECORDS)
@pytest.mark.parametrize(
    "text", [*TEXTS, "yes", "1e5", "~", "- a", "a: b", "#c", " d ", "1:30", "\x00\x1b\u2028", "漢字 😀"]
)
def test_a_record_keeps_every_title(text: str, format_: str) -> None:
    record = cnngrad.run({"op": "conv", "title": text, "input": [1], "kernel": [1]}).to_dict()
    assert record["title"] == text
    assert read(format_, render(format_, record)) == record


@pytest.mark.parametrize("format_", RECORDS)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_record_keeps_every_bit(name: str, format_: str) -> None:
    result = cnngrad.run({"delta": 1, **NUMBERS[name]})
    found = read(format_, render(format_, result.to_dict()))
    assert found == result.to_dict()
    if result.exercise.kind.name == "float":
        for quantity, array in result.results.items():
            assert np.array_equal(np.asarray(found["results"][quantity], dtype=array.dtype), array)


@pytest.mark.parametrize("format_", RECORDS)
def test_the_record_of_an_explanation_can_be_read(format_: str) -> None:
    record = explanation_record(cnngrad.run("example:dilated-reflect"), ("dA[1]", "db"))
    assert read(format_, render(format_, record)) == record


def read(format_: str, text: str) -> Any:
    """A record as other programs read it."""
    return json.loads(text, parse_constant=_refuse) if format_ == "json" else yaml.safe_load(text)


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def test_every_block_of_a_wide_table_of_gates_says_which_gate_a_row_is() -> None:
    shown = terminal("graph", "example:lecture-neuron", "--color", "never", columns=60)
    heads = [line.split("│")[1:-1] for line in shown.splitlines() if "│ node" in line]
    assert len(heads) >= 2
    assert all(head[0].strip() == "node" and "input" in map(str.strip, head) for head in heads)
    assert {word.strip() for head in heads for word in head} == {*COLUMNS}
