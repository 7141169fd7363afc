"""Rows to what is known of the class: counts, mistakes, carried errors; rows of any form."""

from __future__ import annotations

from typing import Any

import pytest
from classes import carried, mistake, right, row, small_class, unread, verdict, wrong

from cnngrad.batch.grading.summary import MOST_QUANTITIES, summarize
from cnngrad.report.class_summary import Entry


def test_what_is_counted_of_a_class() -> None:
    summary = summarize(small_class())
    assert summary.quantities == ("Z", "dA", "dW")
    assert summary.verdicts == {
        "Z": {"right": 4, "wrong": 2, "missing": 1},
        "dA": {"right": 1, "wrong": 2, "carried": 1, "unclear": 1, "rounded": 1, "missing": 1},
        "dW": {"right": 1, "wrong": 3, "carried": 1, "refused": 1, "missing": 1},
    }
    assert summary.seen == ("right", "unclear", "rounded", "carried", "missing", "wrong", "refused")
    assert summary.share("Z") == 4 / 7
    assert summary.right == 1
    assert [student.id for student in summary.absent] == ["s8"]
    assert [(student.id, student.error, student.place) for student in summary.unread] == [
        ("s7", "has a tab; use blanks", "7:12")
    ]


def test_each_student_has_an_entry_for_each_quantity() -> None:
    summary = summarize(small_class())
    third, fifth = summary.students[2], summary.students[4]
    assert (third.label, third.points, third.of) == ("s3 (Cy)", 2.0, 3.0)
    assert third.entries == {
        "Z": Entry("wrong", ("stride-ignored@conv1 in W[1]",)),
        "dA": Entry("carried", (), "Z"),
        "dW": Entry("carried", (), "Z"),
    }
    assert fifth.entries["Z"].names == ("kernel-not-turned and stride-ignored@conv1 in W[1]",)
    assert fifth.entries["dW"].names == ("sign-slip",)


def test_the_commonest_mistake_is_first_and_then_names_count() -> None:
    summary = summarize(small_class())
    assert [(found.name, found.kind, found.quantity, found.students) for found in summary.findings] == [
        ("kernel-not-turned", "mistake", "dA", (1, 3)),
        ("delta-rotated", "mistake", "dA", (3,)),
        ("kernel-not-turned and stride-ignored@conv1 in W[1]", "pair", "Z", (4,)),
        ("sign-slip", "slip", "dW", (4,)),
        ("stride-ignored@conv1 in W[1]", "mistake", "Z", (2,)),
    ]
    assert summary.shared == 1  # the answer that two mistakes explain
    assert summary.findings[0].says == "what is done in kernel-not-turned"


def test_a_carried_error_is_followed_to_the_first_one() -> None:
    answers = {"Z": right(), "a": wrong(), "b": carried("Z", "a"), "c": carried("Z", "b"), "d": carried("c", "a")}
    summary = summarize([row("s1", answers), row("s2", answers)])
    (found,) = summary.carried
    assert (found.origin, found.answers, found.students) == ("a", {"b": 2, "c": 2, "d": 2}, (0, 1))


@pytest.mark.parametrize("given", [["c"], ["b", "c"], [], ["there is none"], None, 3])
def test_a_chain_without_a_first_error_ends(given: Any) -> None:
    answers = {"b": carried("c"), "c": {"verdict": "carried", "given": given}}
    assert summarize([row("s1", answers)]).students[0].entries["c"].verdict == "carried"


def test_mistakes_of_an_answer_that_may_be_right_do_not_count() -> None:
    unclear = {"verdict": "unclear", "mistakes": [mistake("stride-ignored")]}
    assert summarize([row("s1", {"dW": unclear})]).findings == ()


def test_what_nobody_asked_for_is_no_column() -> None:
    answers = {"dW": right(), "Z": right(asked=False), "my name": {"verdict": "refused", "asked": False}}
    assert summarize([row("s1", answers)]).quantities == ("dW",)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"format": 1, "student": 7, "points": None, "answers": None},
        {"student": ["a"], "points": "3", "of": {}, "answers": [1]},
        {"student": "s", "answers": {"dW": None, "dA": {}, "Z": {"verdict": 3, "mistakes": {"id": 1}}}},
        {"student": "s", "answers": {"dW": {"verdict": "wrong", "mistakes": [1, {}], "pairs": [[], 1], "slips": [{}]}}},
        {"student": "s", "answers": {"dW": {"verdict": "wrong", "written": {"a": [1]}}}},
        {"student": "s", "laws": [], "verdict": "wrong"},
        {"student": "s", "error": "text"},
    ],
)
def test_a_row_of_any_form_is_one_student(odd: dict[str, Any]) -> None:
    summary = summarize([odd, row("s1", {"dW": right()})])
    assert len(summary.students) == 2
    assert summary.verdicts["dW"]["right"] == 1


def test_names_and_quantities_without_end_are_cut() -> None:
    rows = [
        row("x" * 10**5, {f"q{i}": verdict("refused") for i in range(3 * MOST_QUANTITIES)}),
        unread("y", "z" * 10**5),
    ]
    summary = summarize(rows)
    assert summary.students[0].id == "x" * 200 + "..."
    assert len(summary.students[1].error) == 1003
    assert len(summary.quantities) == MOST_QUANTITIES
    assert summary.left_out == 2 * MOST_QUANTITIES
