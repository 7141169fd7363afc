"""cnngrad grade: what is written where, and what a run that goes on keeps."""

from __future__ import annotations

import csv
import json
import zipfile
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from commands import Outcome, cnngrad
from serial import serial

SPEC = "op: conv\ninput: [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nkernel: [[1, 0], [2, -1]]\ndelta: [[1, 2], [3, 4]]\n"
RIGHT = "dA: [[1, 2, 0], [5, 7, -2], [6, 5, -4]]\ndW: [[37, 47], [67, 77]]\n"
"""dW[0,0] = 1*1 + 2*2 + 3*4 + 4*5 = 37; dA[0,0] = dZ[0,0]*W[0,0] = 1, dA[2,2] = 4*(-1)."""
TURNED = "dA: [[-1, 0, 4], [-3, 3, 10], [0, 3, 4]]\ndW: [[37, 47], [67, 77]]\n"
"""dA with the kernel turned once too often: dA[0,0] = 1*(-1)."""


@pytest.fixture(autouse=True)
def class_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of four in an empty folder, graded without processes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cnngrad.batch.pool.outcomes", serial)
    Path("hw3.yaml").write_text(SPEC)
    Path("hw3.key.yaml").write_text("dA: 0\ndW: 0\n")
    Path("subs").mkdir()
    for name, text in {"ann": RIGHT, "bob": TURNED, "cy": "dW: [[37, 47], [67, 78]]\ndb: 10\n", "dan": "[1"}.items():
        Path(f"subs/{name}.yaml").write_text(text)


grade = partial(cnngrad, "grade", "hw3.yaml", "subs")


def rows(path: str = "out.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def test_a_table_and_the_class_at_a_glance() -> None:
    done = grade("--width", "80")
    assert (done.code, done.err) == (1, "4 submissions: 1 all right, 3 not\n")
    assert done.out.startswith(
        "Students\n"
        "╭─────────┬────────┬────────────────────────┬──────────────────╮\n"
        "│ student │ points │ dA                     │ dW               │\n"
        "├─────────┼────────┼────────────────────────┼──────────────────┤\n"
        "│ ann     │ 2 of 2 │ ✓ right                │ ✓ right          │\n"
        "│ bob     │ 1 of 2 │ ✗ wrong                │ ✓ right          │\n"
        "│         │        │   kernel-rotated-twice │                  │\n"
        "│ cy      │ 0 of 2 │ ○ missing              │ ✗ wrong          │\n"
        "│         │        │                        │   addition-slip  │\n"
    )
    assert "The class at a glance" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_all_right_is_exit_code_0() -> None:
    for name in ("bob", "cy", "dan"):
        Path(f"subs/{name}.yaml").write_text(RIGHT)
    assert grade("--format", "json").code == 0


def test_lines_are_those_of_check_with_the_student() -> None:
    assert grade("-o", "out.jsonl").out == ""
    assert grade("--format", "jsonl").out == Path("out.jsonl").read_text()
    found = rows()
    assert [row["student"] for row in found] == ["ann", "bob", "cy", "dan"]
    assert [(row["points"], row["of"]) for row in found] == [(2, 2), (1, 2), (0, 2), (0, 2)]
    for row in found:
        told = cnngrad("check", "hw3.yaml", row["source"], "--require", "hw3.key.yaml", "--format", "json")
        for answer in row["answers"].values():
            answer.pop("written", None)
        assert row == json.loads(told.out) | {"student": Path(row["source"]).stem, "source": row["source"]}
    assert rows()[2]["answers"]["dW"]["slips"]


def test_what_nothing_explains_is_there_as_it_was_written() -> None:
    Path("subs/cy.yaml").write_text("dW: [[37.0, 4], [5, .5]]\ndA: 3\n")
    grade("-o", "out.jsonl")
    assert rows()[2]["answers"]["dW"]["written"] == [["37.0", "4"], ["5", ".5"]]
    assert all(
        "written" not in answer for row in rows() for answer in row["answers"].values() if row["student"] != "cy"
    )


def test_a_sheet_is_safe_for_spreadsheets() -> None:
    Path("subs/=cmd|'calc'.yaml").write_text(RIGHT)
    Path("subs/cy.yaml").write_text("dW: [[37, 47], [67, 78]]\nquestion: 10\n")
    grade("-o", "out.csv")
    head, formula, ann, bob, cy, dan = csv.reader(Path("out.csv").read_text().splitlines())
    assert head == ["student", "name", "source", "points", "of", "verdict", "error", *(
        f"{name} {what}" for name in ("dA", "dW") for what in ("verdict", "mistakes", "points")
    )]  # fmt: skip
    assert formula[0] == "'=cmd|'calc'"
    assert ann == ["ann", "", "subs/ann.yaml", "2.0", "2", "right", "", "right", "", "1.0", "right", "", "1.0"]
    assert bob[7:] == ["wrong", "kernel-rotated-twice", "0.0", "right", "", "1.0"]
    assert "this exercise has no 'question'" in cy[6]
    assert cy[7:9] == ["missing", ""]
    assert cy[11].endswith(" dW[1,1]")
    assert dan[5:7] == ["refused", rows_of_error()]


def rows_of_error() -> str:
    told = json.loads(cnngrad("check", "hw3.yaml", "subs/dan.yaml", "--format", "json").out)["error"]
    return f"{told['line']}:{told['column']}: {told['message']}"


def test_feedback_is_what_check_prints() -> None:
    grade("--feedback", "new/feedback", "--hint", "cell", "-o", "out.jsonl")
    for name in ("ann", "bob", "cy"):
        told = cnngrad("check", "hw3.yaml", f"subs/{name}.yaml", "--require", "dA,dW", "--hint", "cell")
        assert Path(f"new/feedback/{name}.txt").read_text() == told.out
    assert "kernel-rotated-twice" not in Path("new/feedback/bob.txt").read_text()
    assert rows()[1]["answers"]["dA"]["mistakes"][0]["id"] == "kernel-rotated-twice"
    assert "subs/dan.yaml:1:" in Path("new/feedback/dan.txt").read_text()


def test_feedback_and_report_for_a_browser() -> None:
    Path("subs/<b>x<").mkdir()
    Path("subs/<b>x</hw.yaml").write_text(TURNED)
    grade("--feedback", "feedback", "--feedback-format", "html", "--report", "class.html", "-o", "out.html")
    assert sorted(path.name for path in Path("feedback").iterdir()) == [
        "ann.html", "b-x.html", "bob.html", "cy.html", "dan.html",
    ]  # fmt: skip
    assert "kernel-rotated-twice" in Path("feedback/bob.html").read_text()
    page = Path("class.html").read_text()
    assert page == Path("out.html").read_text()
    assert "<b>x<" not in page
    assert "&lt;b&gt;x&lt;" in page


def test_a_report_beside_lines_on_stdout() -> None:
    done = grade("--format", "jsonl", "--report", "class.html")
    assert done.out.count("\n") == 4
    assert "kernel-rotated-twice" in Path("class.html").read_text()


def test_files_for_gradescope() -> None:
    grade("--format", "gradescope", "-o", "out.json")
    results = json.loads(Path("out.json").read_text())
    assert [each["extra_data"] for each in results] == [
        {"student": name, "source": f"subs/{name}.yaml"} for name in ("ann", "bob", "cy", "dan")
    ]
    assert [(each["score"], each["max_score"], len(each["tests"])) for each in results] == [
        (2, 2, 2), (1, 2, 2), (0, 2, 3), (0, 2, 2),
    ]  # fmt: skip
    told = json.loads(cnngrad("check", "hw3.yaml", "subs/bob.yaml", "--require", "dA,dW", "--format", "gradescope").out)
    assert {**results[1], "extra_data": None} == {**told, "extra_data": None}
    Path("each").mkdir()
    grade("--format", "gradescope", "-o", "each")
    assert [json.loads(path.read_text()) for path in sorted(Path("each").iterdir())] == results


def test_a_suite_of_junit_for_each_student() -> None:
    root = ElementTree.fromstring(grade("--format", "junit").out)
    assert root.attrib == {"tests": "9", "failures": "3", "errors": "2"}
    assert [suite.get("name") for suite in root] == ["ann", "bob", "cy", "dan"]
    assert [len(suite) for suite in root] == [2, 2, 3, 2]
    assert [case.get("name") for case in root[1] if case.find("failure") is not None] == ["dA"]


def resumed(text: str, *more: str) -> Outcome:
    Path("out.jsonl").write_text(text)
    return grade("-o", "out.jsonl", "--resume", *more)


def test_a_run_goes_on_where_it_was_interrupted() -> None:
    grade("-o", "out.jsonl", "--feedback", "feedback", "--report", "class.html")
    whole, page = Path("out.jsonl").read_text(), Path("class.html").read_text()
    lines = whole.splitlines(keepends=True)
    for text in ("", lines[0], "".join(lines[:3]), "".join(lines[:2]) + lines[2][:30], whole):
        done = resumed(text, "--feedback", "feedback", "--report", "class.html")
        assert (done.code, Path("out.jsonl").read_text(), Path("class.html").read_text()) == (1, whole, page)
    assert done.err == "4 submissions: 1 all right, 3 not (4 of them before)\n"
    assert sorted(path.name for path in Path("feedback").iterdir()) == ["ann.txt", "bob.txt", "cy.txt", "dan.txt"]
    done = resumed(lines[1])
    assert (done.code, Path("out.jsonl").read_text()) == (2, lines[1])
    assert done.err == (
        "error: --resume: out.jsonl: line 1 is about 'bob: subs/bob.yaml', but 'ann: subs/ann.yaml' comes here; "
        "give the same items, or write another file\n"
    )


def test_an_exercise_for_each_student() -> None:
    for folder in ("exercises", "answers"):
        Path(folder).mkdir()
    for name in ("17", "18", "19"):  # as generate writes them; f = x*y, so df/dx = y
        Path(f"exercises/{name}.yaml").write_text(f"op: graph\nexpression: x * y\nvalues:\n  x: 3\n  y: {name}\n")
        Path(f"exercises/{name}.key.yaml").write_text("# The key\ndx: 0\ndy: 0\n")
    for name in ("17", "18"):
        Path(f"answers/doe_{name}_1_hw.yaml").write_text(f"dx: {name}\ndy: 3\n")
    Path("answers/170.yaml").write_text("dW: 1\n")
    Path("exercises/18.yaml").write_text("op: conf\n")
    done = cnngrad("grade", "exercises", "answers", "-o", "out.jsonl")
    assert (done.code, done.err) == (1, "4 submissions: 1 all right, 3 not\n")
    one, other, lost, absent = sorted(rows(), key=lambda row: (row["student"], row["source"] or ""))[:1] + rows()[1:]
    assert (one["student"], one["verdict"], one["points"], one["of"]) == ("17", "right", 2, 2)
    assert (other["student"], other["verdict"], other["points"]) == ("170", "refused", 0)
    assert other["error"]["message"] == "there is no exercise of '170' in exercises; did you mean '17'?"
    assert (lost["student"], lost["verdict"]) == ("18", "refused")
    assert lost["error"]["message"] == (
        "the exercise cannot be used: exercises/18.yaml:1:5: op: 'conf' is unknown; did you mean 'conv'?"
    )
    assert (absent["student"], absent["source"], absent["verdict"], absent["points"], absent["of"]) == (
        "19", None, "missing", 0, 2,
    )  # fmt: skip
    assert absent["error"]["message"] == "has handed in nothing"
    assert resumed_class(Path("out.jsonl").read_text()) == Path("out.jsonl").read_text()


def resumed_class(whole: str) -> str:
    Path("out.jsonl").write_text(whole[: len(whole) // 2])
    cnngrad("grade", "exercises", "answers", "-o", "out.jsonl", "--resume")
    return Path("out.jsonl").read_text()


def test_a_sheet_of_answers_with_a_note_of_what_is_left_out() -> None:
    Path("class.csv").write_text('id,dA,dW,Score\nann,"[[1, 2, 0], [5, 7, -2], [6, 5, -4]]","37 47\n67 77",\n')
    done = cnngrad("grade", "hw3.yaml", "class.csv", "--format", "json")
    assert (done.code, json.loads(done.out)["source"]) == (0, "class.csv:2")
    assert done.err == (
        "class.csv: columns that are no quantities are left out: 'Score'\n1 submission: 1 all right, 0 not\n"
    )


def test_an_archive_gives_the_rows_of_its_folder() -> None:
    with zipfile.ZipFile("subs.zip", "w") as writer:
        for path in Path("subs").iterdir():
            writer.write(path)
    grade("-o", "out.jsonl")
    cnngrad("grade", "hw3.yaml", "subs.zip", "-o", "zip.jsonl")
    assert [row | {"source": f"subs.zip/{row['source']}"} for row in rows()] == rows("zip.jsonl")


def test_a_key_in_the_spec_that_names_no_quantity_is_said_before_anything_is_written() -> None:
    Path("hw3.key.yaml").unlink()
    Path("hw3.yaml").write_text(f"{SPEC}answers: {{dQ: 1}}\n")
    done = grade("--feedback", "feedback", "-o", "out.jsonl")
    assert (done.code, done.err) == (2, "error: hw3.yaml:5:11: dQ: this exercise has no 'dQ'; it has Z, dA, dW, db\n")
    assert not Path("feedback").exists()
    assert not Path("out.jsonl").exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("hw3.yaml", "nowhere"), "nowhere: does not exist; check the name and the folder"),
        (("hw3.yaml", "new"), "new: holds no submissions; put a file for each student into it"),
        (("new", "subs"), "new: holds no exercise; give the file of one, or a folder with NAME.yaml for each student"),
        (("subs/ann.yaml", "subs"), "subs/ann.yaml:1:1: op: is missing; write one of"),
        (("hw3.yaml", "subs", "--require", "dQ"), "--require: this exercise has no 'dQ'; it has Z, dA, dW, db"),
        (("hw3.yaml", "subs", "--feedback", "subs/f"), "--feedback: is in subs, where it would be taken for"),
        (("hw3.yaml", "subs", "-o", "x.html", "--report", "x.html"), "--report: 'x.html' is the output too"),
        (("hw3.yaml", "subs", "-o", "x.csv", "--resume"), "--resume: continues a .jsonl file alone"),
        (("hw3.yaml", "subs", "--report", "no/x.html"), "--report: there is no folder 'no'; make it first"),
    ],
)
def test_what_cannot_be_graded_is_exit_code_2(args: tuple[str, ...], says: str) -> None:
    Path("new").mkdir()
    done = cnngrad("grade", *args)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
