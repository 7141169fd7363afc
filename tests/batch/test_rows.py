"""The line of an item, and what a line that failed says."""

from __future__ import annotations

from typing import Any

import pytest

from cnngrad.batch.rows import error_row, failed, line_of, said
from cnngrad.errors import Mark, Problem


def test_a_line_is_ascii_without_a_break_and_numbers_are_in_full() -> None:
    line = line_of({"format": 1, "source": "é\n\udcff", "results": {"Z": [0.1, 1 / 3]}})
    assert line.text == '{"format": 1, "source": "\\u00e9\\n\\udcff", "results": {"Z": [0.1, 0.3333333333333333]}}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        line_of({"Z": float("nan")})


@pytest.mark.parametrize(
    ("problem", "error", "says"),
    [
        (Problem("is odd", "kernel", Mark("a.yaml", 3, 9)), ["is odd", 3, 9, "kernel"], "a.yaml:3:9: kernel: is odd"),
        (Problem("is a pipe", "", Mark("a.yaml")), ["is a pipe", None, None, None], "a.yaml: is a pipe"),
        (Problem("took longer"), ["took longer", None, None, None], "a.yaml: took longer"),
        (Problem("is 0", "k", Mark("--stride")), ["--stride: is 0", None, None, "k"], "a.yaml: k: --stride: is 0"),
        (Problem("is x", "k", Mark("n.csv", 2, 1)), ["n.csv:2:1: is x", None, None, "k"], "a.yaml: k: n.csv:2:1: is x"),
        (Problem("is \x1b", "k\x1b"), ["is \\x1b", None, None, "k\\x1b"], "a.yaml: k\\x1b: is \\x1b"),
    ],
)  # fmt: skip
def test_a_problem_as_a_row_and_in_words(problem: Problem, error: list[Any], says: str) -> None:
    row = error_row("a.yaml", problem, "a.yaml")
    assert row == {
        "format": 1,
        "source": "a.yaml",
        "error": dict(zip(("message", "line", "column", "key"), error, strict=True)),
    }
    assert (failed(row), said(row)) == (True, says)


def test_an_item_of_a_file_of_many_has_its_line() -> None:
    row = error_row("m.jsonl:7", Problem("took longer"), "m.jsonl", 7)
    assert row["error"]["line"] == 7
    assert said(row) == "m.jsonl:7: took longer"
    row = error_row("m.jsonl:7", Problem("is odd", "kernel", Mark("m.jsonl", 7, 4)), "m.jsonl", 7)
    assert said(row) == "m.jsonl:7:4: kernel: is odd"


def test_a_gradient_check_that_fails_is_a_failed_item() -> None:
    row = {"source": "a", "gradcheck": {"passed": False, "largest_relative_error": 0.25}}
    assert (failed(row), said(row)) == (True, "a: gradient check failed: largest relative error 0.25")
    assert not failed({"source": "a", "gradcheck": {"passed": True}})
