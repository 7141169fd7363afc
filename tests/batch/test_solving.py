"""The work on one spec: the line that run would print, or the row of what is wrong."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnngrad
from cnngrad.api.solve import document
from cnngrad.batch.items import Item
from cnngrad.batch.solving import Solving, failed_line
from cnngrad.cli.main import with_dashes
from cnngrad.errors import Problem, options_spelled
from cnngrad.limits import DEFAULT, Limits
from cnngrad.report.view import Options
from cnngrad.spec.build import Setting


def solved(item: Item, **options: Any) -> dict[str, Any]:
    """The row of an item."""
    line = Solving(**options)(item)
    row: dict[str, Any] = json.loads(line.text)
    assert line.text.endswith("}\n")
    assert line.failed == ("error" in row)
    return row


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Z is [1*3, 2*3]; dW is 1*1 + 2*1."""
    path = tmp_path / "a.yaml"
    path.write_text("op: conv\ninput: [1, 2]\nkernel: [3]\ndelta: 1\n")
    return path


def test_the_row_is_the_record_of_run(spec: Path) -> None:
    row = solved(Item(str(spec), str(spec)))
    assert row == cnngrad.run(spec, trace="none").to_dict()
    assert row["results"] == {"Z": [3, 6], "dA": [3, 3], "dW": [3], "db": 2}
    full = Options(trace="full", method="scatter", gradcheck=True)
    row = solved(Item(str(spec), str(spec)), options=full, only=("dW",), base=1)
    told = cnngrad.run(spec, trace="full", method="scatter", gradcheck=True, only=["dW"], index_base=1).to_dict()
    assert row == told
    assert row["trace"][0]["cell"] == "dW[1]"


def test_options_override_keys(spec: Path) -> None:
    settings = (Setting("--stride", "stride", "2"), Setting("--set", "kernel", "[5]"))
    assert solved(Item("a", str(spec)), settings=settings)["results"]["Z"] == [5]


def test_a_line_of_a_file_of_many_is_placed_in_that_file(tmp_path: Path) -> None:
    path = str(tmp_path / "m.jsonl")

    def error(text: bytes) -> list[Any]:
        row = solved(Item(f"{path}:7", path, text, 7))
        assert row["source"] == f"{path}:7"
        return list(row["error"].values())

    assert error(b'{"op": "conv", "input": [1], "kernel": [1, 1]}\n') == [
        "spans 2 cells, but the padded length is 1; add padding or make the kernel smaller",
        7,
        15 + 14 + 10 + 1,
        "kernel",
    ]
    assert error(b"[1]") == ["holds a list alone; write a mapping, one 'key: value' per line", 7, 1, None]
    assert error(b'{"op"')[0].startswith("is not valid JSON: ")
    assert error(b'{"op": "conv", "op": "pool"}') == ["is given twice, first in line 7; keep one", 7, 16, "op"]
    assert error(b'"\0"\n')[:3] == ["has the control character '\\x00'; remove it", 7, 2]


def test_a_file_that_a_line_names_is_in_the_folder_of_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "a.npy", np.array([1.0, 2.0]))
    text = b'{"op": "conv", "input": {"file": "a.npy"}, "kernel": [3]}'
    assert solved(Item("x:1", str(tmp_path / "m.jsonl"), text, 1))["results"]["Z"] == [3, 6]
    assert solved(Item("<stdin>:1", "-", text, 1))["error"]["message"].startswith("file 'a.npy' does not exist")
    monkeypatch.chdir(tmp_path)
    assert solved(Item("<stdin>:1", "-", text, 1))["results"]["Z"] == [3, 6]


def test_python_values(spec: Path) -> None:
    values = {"op": "conv", "input": np.array([1.0, 2.0]), "kernel": [3]}
    row = solved(Item("items[4]", spec=values))
    assert (row["source"], row["results"]) == ("items[4]", {"Z": [3, 6]})
    assert solved(Item("items[5]", spec=document(spec, DEFAULT)))["source"] == "items[5]"
    assert solved(Item("items[6]", spec={"op": "conv", "input": [1]}))["error"] == {
        "message": "is missing; op conv needs kernel: W, the kernel, in axes that follow the layout",
        "line": None,
        "column": None,
        "key": "kernel",
    }


def test_what_is_wrong_is_a_row(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.yaml")
    assert solved(Item(gone, gone))["error"]["message"] == "does not exist; check the name and the folder"
    assert solved(Item("d", problem=Problem("is odd")))["error"]["message"] == "is odd"
    assert json.loads(failed_line(Item("m:3", "m", b"", 3), Problem("took longer")).text)["error"]["line"] == 3


def test_messages_name_options_as_their_reader_does_in_any_process(spec: Path) -> None:
    with options_spelled(with_dashes):
        solving = Solving(limits=Limits(printed=1))
    row = json.loads(pickle.loads(pickle.dumps(solving))(Item("a", str(spec))).text)
    # Z, dA, dW, db have 2 + 2 + 1 + 1 numbers, and each of three laws two
    assert row["error"]["message"].endswith("take --only or --trace none, or raise it with --limit printed=12")
    assert "only or trace='none'" in solved(Item("a", str(spec)), limits=Limits(printed=1))["error"]["message"]


def test_standard_input_of_the_worker_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x"))
    assert "error" in solved(Item("<stdin>", "-", problem=Problem("cannot be read")))


@pytest.mark.parametrize("answers", ["", "5", "{dW: abc, no: 1}", "{Z: {file: none.npy}}"])
def test_answers_are_not_looked_at(answers: str, spec: Path) -> None:
    spec.write_text(f"{spec.read_text()}answers: {answers}\n")
    assert solved(Item(str(spec), str(spec)))["results"] == {"Z": [3, 6], "dA": [3, 3], "dW": [3], "db": 2}
