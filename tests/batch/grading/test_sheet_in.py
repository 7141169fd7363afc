"""Answers in a sheet: which columns hold what, and what each row says."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnngrad.batch.grading.handed import Handed
from cnngrad.batch.grading.sheet_in import quantity_of, rows_handed_in
from cnngrad.errors import CnngradError
from cnngrad.limits import DEFAULT

KNOWN = ("Z", "dA", "dW", "db")


def rows(folder: Path, text: str | bytes) -> tuple[list[Handed], tuple[str, ...]]:
    path = folder / "class.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    handed, left_out = rows_handed_in(str(path), KNOWN, DEFAULT)
    return list(handed), left_out


def answers(handed: Handed) -> dict[str, str]:
    assert handed.cells is not None
    return {name: text for name, text, _ in handed.cells}


@pytest.mark.parametrize(
    ("heading", "quantity"),
    [
        ("dW", "dW"), (" dw ", "dW"), ("dL/dW", "dW"), ("dK", "dW"), ("dX", "dA"), ("out", "Z"), ("dW =", "dW"),
        ("dW:", "dW"),
        ("Question 2: dW", "dW"), ("Question 2: dW =", "dW"), ("Q2. dL/dW", "dW"), ("2) db", "db"), ("b) db", "db"),
        ("Frage 3: dA", "dA"), ("dW (2x2)", "dW"), ("dW [2 points]", "dW"), ("Answers [dW]", "dW"), ("`dW`", "dW"),
        ("Timestamp", None), ("Score", None), ("E-mail", None), ("", None), ("Question 2", None),
        ("What is dW like?", None),
    ],
)  # fmt: skip
def test_a_heading_names_a_quantity(heading: str, quantity: str | None) -> None:
    assert quantity_of(heading, KNOWN) == quantity


def test_a_form_of_google(tmp_path: Path) -> None:
    text = (
        "Timestamp,Email Address,Full name,Question 1: dA,dW =,Score\n"
        '2026/01/01,jane@x.org,Jane Doe,"[[1, 2], [3, 4]]","1 2\n3 4",7 / 10\n'
        "\n"
        "2026/01/01,bob@x.org,Bob,,5,\n"
    )
    (jane, bob), left_out = rows(tmp_path, text)
    assert left_out == ("Timestamp", "Score")
    assert (jane.student, jane.name, jane.source) == ("jane@x.org", "Jane Doe", f"{tmp_path}/class.csv:2")
    assert answers(jane) == {"dA": "[[1, 2], [3, 4]]", "dW": "1 2\n3 4"}
    assert (bob.student, bob.source, answers(bob)) == ("bob@x.org", f"{tmp_path}/class.csv:5", {"dA": "", "dW": "5"})


def test_a_question_names_a_quantity_where_no_other_column_does(tmp_path: Path) -> None:
    text = "id,1. What is dW? (2x2),Enter `dA` here,How hard was Z?,Z,Compute dL/db.,dW or dA?\n7,1,2,hard,3,4,5\n"
    (one,), left_out = rows(tmp_path, text)
    assert answers(one) == {"dW": "1", "dA": "2", "Z": "3", "db": "4"}
    assert left_out == ("How hard was Z?", "dW or dA?")
    with pytest.raises(CnngradError, match=r"two columns for dW, 'What is dW\?' and 'Why is dW so\?'"):
        rows(tmp_path, "id,What is dW?,Why is dW so?\n7,1,2\n")


def test_semicolons_decimal_commas_and_apostrophes(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfsep=;\r\nMatrikel;Nachname;Vorname;db;dW\r\n'00123;Doe;Jane;0,5;'-1,5 2\r\n"
    (jane,), left_out = rows(tmp_path, text)
    assert (jane.student, jane.name, left_out) == ("00123", "Jane Doe", ())
    assert answers(jane) == {"db": "0.5", "dW": "-1,5 2"}
    (tab,), _ = rows(tmp_path, "id\tdb\n7\t-1,25\n")
    assert answers(tab) == {"db": "-1.25"}
    (comma,), _ = rows(tmp_path, 'id,db\n7,"1,25"\n')  # 1.25, or 1 and 25: a check says how to write it
    assert answers(comma) == {"db": "1,25"}


def test_the_first_column_tells_students_apart_where_no_heading_is_known(tmp_path: Path) -> None:
    (jane,), left_out = rows(tmp_path, "Who,dW\njane,1\n")
    assert (jane.student, left_out) == ("jane", ())


def test_a_row_that_cannot_be_read_is_said_of_it_alone(tmp_path: Path) -> None:
    text = 'id,dW\nann,[[1, 2], [3, 4]]\nPoints possible,3\nbob,"[[1, 2]]"\ncy\n,7\n' + "z" * 200_000 + ",1\n"
    (ann, bob, cy, nobody, long), _ = rows(tmp_path, text)
    assert ann.problem is not None
    assert str(ann.problem) == (
        f"{tmp_path}/class.csv:2:1: has 5 cells, but there are 2 headings; put a cell with commas in quotes"
    )
    assert (bob.problem, answers(bob)) == (None, {"dW": "[[1, 2]]"})
    assert answers(cy) == {"dW": ""}
    assert (nobody.student, answers(nobody)) == ("", {"dW": "7"})
    assert long.problem is not None
    assert (
        str(long.problem)
        == f"{tmp_path}/class.csv:7:1: is no CSV: field larger than field limit (131072); fix the line"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ":1:1: has no column with answers; call them Z, dA, dW, db (the headings are none)"),
        ("id,x\n1,2\n", ":1:1: has no column with answers; call them Z, dA, dW, db (the headings are 'id', 'x')"),
        ("dW,db\n1,2\n", ":1:1: has no column that tells students apart; give one the heading 'student'"),
        ("id,dW,Q: dK\n1,2,3\n", ":1:1: has two columns for dW, 'dW' and 'Q: dK'; leave one out"),
        (b"id,dW\n\xff", ":2:1: has the byte 0xFF, which is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_sheet_that_cannot_be_used(text: str | bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(CnngradError) as caught:
        rows(tmp_path, text)
    assert str(caught.value) == f"{tmp_path}/class.csv{says}"


def test_a_heading_of_any_length_is_read_at_once() -> None:
    """The second would take hours, if its brackets were taken off one after the other."""
    assert quantity_of("dW" + " " * 1_000_000 + "=", ("dW",)) == "dW"
    assert quantity_of("dW" + "()" * 300_000, ("dW",)) is None
