"""Every format of a page, whatever the surroundings: no digit is lost, user text is no markup."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from commands import some
from pages import ANSI, NUMBERS, TEXTS, results, write

import cnngrad
from cnngrad.cli.output import ASCII
from cnngrad.examples import example_names
from cnngrad.numbers.printing import show
from cnngrad.render import FORMATS, Look, render
from cnngrad.report.blocks import Block, Grid, Grids, Note, words
from cnngrad.report.page import explanation_page, page

WIDTHS = (None, 40, 80, 200)


def widths(spec: Any) -> tuple[int | None, ...]:
    """The widths of a table, which takes its time: every one for an odd exercise, examples take turns."""
    return (WIDTHS[len(spec) % len(WIDTHS)],) if isinstance(spec, str) else WIDTHS


@pytest.mark.parametrize("spec", some(results(), 6))
def test_every_number_of_every_array_is_there_whole_and_every_grid_fits(spec: Any) -> None:
    result = cnngrad.run(spec)
    tables = {width: render("table", page(result), Look(width)) for width in widths(spec)}
    shown = [*tables.values(), *(render("text", page(result), Look(width)) for width in WIDTHS)]
    texts = [f"{text}{' '.join(text.split())}" for text in shown]  # a long formula is broken between its terms
    arrays = {**result.exercise.given, **result.arrays}
    for number in {show(v) for name in arrays if not name.endswith("argmax") for v in np.asarray(arrays[name]).flat}:
        whole = re.compile(rf"(?<![\w.]){re.escape(number)}(?![\w.])")
        assert all(whole.search(text) for text in texts), number
    for width, text in tables.items():
        assert "…" not in text
        assert not width or max(len(line) for line in text.splitlines() if line[:1] in "╭│├╰") <= width


PAGES = [name for name, format_ in FORMATS.items() if format_.takes == "page"]


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
@pytest.mark.parametrize("environment", some(ENVIRONMENTS, 2), ids=str)
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


@pytest.mark.parametrize("format_", PAGES)
@pytest.mark.parametrize("width", [None, 40, 120])
@pytest.mark.parametrize("name", some(NUMBERS, 6))
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


@pytest.mark.parametrize("precision", [0, 3, 17])
def test_precision_is_kept_in_every_grid(precision: int) -> None:
    result = cnngrad.run({"op": "conv", "input": [1 / 3, 2, -0.00001], "kernel": [1]}, precision=precision)
    assert [show(value, precision) for value in result.results["Z"]] == {
        0: ["3e-01", "2", "-1e-05"],
        3: ["0.333", "2.000", "-1.000e-05"],
        17: ["0.33333333333333331", "2.00000000000000000", "-0.00001000000000000"],
    }[precision]
    for format_ in PAGES:
        text = write(format_, result, width=40)
        assert all(show(value, precision) in text for value in result.results["Z"])


def explained(result: Any) -> tuple[Block, ...]:
    """The page of the last cell of the trace that the method has terms for; no block where it has none for any."""
    for trace in reversed(result.traces):
        with suppress(cnngrad.CnngradError):
            return explanation_page(result, (trace.cell.name(),))
    return ()


@pytest.mark.parametrize("method", ["rotate", "matrix"])
@pytest.mark.parametrize("name", some((name for name in example_names() if "notebook" not in name), 6))
def test_a_look_without_line_drawing_is_ascii(name: str, method: str) -> None:
    """With the matrix method the whole page is in another test; to rotate changes the page of a convolution alone."""
    result = cnngrad.run(f"example:{name}", method=method)
    pages = [explained(result) or explained(cnngrad.run(f"example:{name}"))]
    if method == "rotate" and result.exercise.record.name == "conv":
        pages.append(page(result))
    for blocks in pages:
        for format_ in PAGES:
            assert render(format_, blocks, Look(80, ascii_only=True)).translate(ASCII).isascii()


@pytest.mark.parametrize("format_", PAGES)
def test_no_line_ends_in_blanks(format_: str) -> None:
    for color in (False, True):
        text = write(format_, cnngrad.run("example:max-pool"), color=color)
        assert not any(ANSI.sub("", line).endswith(" ") for line in text.splitlines())
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
