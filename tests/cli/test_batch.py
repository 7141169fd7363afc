"""cnngrad batch: a line for every item, in order, whatever happens to one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Outcome, cnngrad

CONV = '{"op": "conv", "input": [1, 2, 3], "kernel": [1, 1]}'
"""Z is 1 + 2 = 3 and 2 + 3 = 5."""
WIDE = '{"op": "conv", "input": [1], "kernel": [1, 1]}'
"""The kernel begins in column 15 + 14 + 10 + 1 = 40."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows(done: Outcome) -> list[dict[str, Any]]:
    """The lines of stdout."""
    return [json.loads(line) for line in done.out.splitlines()]


def test_a_line_is_what_run_prints_as_json() -> None:
    Path("a.json").write_text(CONV)
    done = cnngrad("batch", "a.json", "example:ties")
    alone = [cnngrad("run", name, "--format", "json", "--trace", "none").out for name in ("a.json", "example:ties")]
    assert rows(done) == [json.loads(text) for text in alone]
    assert rows(done)[0]["results"] == {"Z": [3, 5]}
    assert (done.code, done.err) == (0, "2 items: 2 computed, 0 failed\n")


def test_an_item_that_fails_is_a_line_and_the_others_go_on() -> None:
    Path("many.jsonl").write_text(f"{CONV}\n\n{WIDE}\n{CONV}\n")
    done = cnngrad("batch", "missing.yaml", "many.jsonl")
    says = "spans 2 cells, but the padded length is 1; add padding or make the kernel smaller"
    assert [row["source"] for row in rows(done)] == ["missing.yaml", "many.jsonl:1", "many.jsonl:3", "many.jsonl:4"]
    assert rows(done)[0]["error"] == {
        "message": "does not exist; check the name and the folder",
        "line": None,
        "column": None,
        "key": None,
    }
    assert rows(done)[2] == {
        "format": 1,
        "source": "many.jsonl:3",
        "error": {"message": says, "line": 3, "column": 40, "key": "kernel"},
    }
    assert done.code == 1
    assert done.err == (
        "4 items: 2 computed, 2 failed; first: missing.yaml: does not exist; check the name and the folder\n"
    )


def test_where_no_path_gives_an_item_nothing_is_written() -> None:
    Path("old.jsonl").write_text("old")
    Path("empty").mkdir()
    done = cnngrad("batch", "missing.yaml", "*.yaml", "empty", "example:no", "-o", "old.jsonl")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "error: missing.yaml: does not exist; check the name and the folder",
        "error: *.yaml: matches no file; check the name and the folder",
        "error: empty: holds no spec, that is no file .yaml, .yml or .json; name another folder",
        "error: 'no' is no built-in example; 'cnngrad examples' lists them",
    ]
    assert Path("old.jsonl").read_text() == "old"
