"""--index-base 1: every cell that is named counts from one, in messages as on pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import cnngrad

import cnngrad as library

SPEC = "op: conv\ninput: [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nkernel: [[1, 0], [2, -1]]\ndelta: [[1, 2], [3, 4]]\n"
MESSAGES = [
    (
        ("run", "hw", "--set", "input=[[1, 2, a]]"),
        "--set: input[1,3]: 'a' is not a number; write one like 1, -2.5, 1e-3 or 3/7",
    ),
    (
        ("run", "hw", "--set", "input=[[1, 2], [3]]"),
        "--set: input[2]: has 1 cell but input[1] has 2; give every row the same length",
    ),
    (("explain", "hw", "dW[0,1]"), "'dW[0,1]': the cells of dW are dW[1,1] to dW[2,2]"),
    (("explain", "hw", "dW["), "'dW[' names no cell; write one like dW[1,1]"),
]


@pytest.mark.parametrize(("args", "message"), MESSAGES)
def test_messages_count_from_one(
    args: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hw").write_text(SPEC)
    assert cnngrad(*args, "--index-base", "1").err == f"error: {message}\n"
    # 0 is back for the next command
    assert "[1,1]" not in cnngrad(*args).err


def test_a_verdict_and_an_audit_count_from_one(tmp_path: Path) -> None:
    path = tmp_path / "hw.yaml"
    path.write_text(SPEC)
    answers = tmp_path / "mine.yaml"
    answers.write_text("dA: [[1, 2, 0], [5, 7, -2], [6, 5, -5]]\ndW: [[37, 47], [67]]\n")
    done = cnngrad("check", path, answers, "--index-base", "1", "--format", "json")
    found = json.loads(done.out)["answers"]
    assert found["dA"]["wrong"] == ["dA[3,3]"]
    assert "dW[2]: has 1 cell but dW[1] has 2" in done.out
    repair = [cnngrad("audit", path, "--criterion", "sum", *more).out.splitlines()[-1] for more in ((), ONE)]
    ((zero, left), (one, left_too)) = (line.split(" leaves ") for line in repair)
    assert (zero, one) == ("repair: delta[0,0]: 1 -> 3", "repair: delta[1,1]: 1 -> 3")
    assert left == left_too
    assert str(library.audit(str(path), "sum", index_base=1)).endswith(f"{repair[1]}\n")


ONE = ("--index-base", "1")


def test_python_counts_from_one_too() -> None:
    with pytest.raises(library.CnngradError, match=r"input\[1,3\]: 'a' is not a number"):
        library.run({"op": "conv", "input": [["1", "2", "a"]], "kernel": [[1]]}, index_base=1)


def test_argmax_is_the_flat_index_from_zero_in_json_and_coordinates_from_the_base_on_pages() -> None:
    found = json.loads(cnngrad("pool", "--only", "argmax", *ONE, "--format", "json").out)["results"]["argmax"]
    assert found == [[11, 9], [22, 22]]
    # 11 is row 2 and column 1 of five columns, from 0
    assert "(3,2)" in cnngrad("pool", "--only", "argmax", *ONE).out
