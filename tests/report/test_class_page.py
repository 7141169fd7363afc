"""The class at a glance on a terminal: what it says, and that long lists are short."""

from __future__ import annotations

import pytest
from classes import HOSTILE, carried, mistake, right, row, small_class, unknown, unread, wrong

from cnngrad.batch.grading.summary import summarize
from cnngrad.render import Look, render
from cnngrad.report.class_page import glance, headline, numbers_text, short_list, shown_share
from cnngrad.report.class_summary import Cluster


def test_the_class_at_a_glance() -> None:
    shown = render("text", glance(summarize(small_class())), Look(100))
    assert shown == GLANCE


GLANCE = """\
The class at a glance

8 submissions: 1 all right, 5 with errors, 1 without an answer, 1 not readable; points: mean 1.12 of
3, median 1

  Answers
    quantity  right  share              unclear  rounded  carried  missing  wrong  refused
    Z             4   57 %  ######....                                   1      2
    dA            1   14 %  #.........        1        1        1        1      2
    dW            1   14 %  #.........                          1        1      3        1


The commonest mistakes

  2  dA
      kernel-not-turned: what is done in kernel-not-turned
  1  dA
      delta-rotated: what is done in delta-rotated
  1  Z
      kernel-not-turned and stride-ignored@conv1 in W[1]: what is done in kernel-not-turned; what is
      done in stride-ignored
  1  dW
      sign-slip: a slip in some cells
  1  Z
      stride-ignored@conv1 in W[1]: what is done in stride-ignored
  (several mistakes give the numbers of 1 answer: each of them counts)

Equal answers that nothing explains

  dW 2 students: [[.50, 0.250]]
      s2 (Bo) and s4

Carried over from an earlier error

  Z: an error here is carried into 2 answers of 1 student (dA 1, dW 1)

Without an answer

  s8

Not readable

  s7.yaml:7:12: has a tab; use blanks
"""


def test_a_class_without_rows_has_a_page() -> None:
    assert render("text", glance(summarize([])), Look(80)) == "The class at a glance\n\n0 submissions: 0 all right\n"


def test_a_perfect_class_has_no_empty_sections() -> None:
    shown = render("text", glance(summarize([row("s1", {"dW": right()})])), Look(80))
    assert "1 submission: 1 all right; points: mean 1 of 1, median 1" in shown
    assert "mistakes" not in shown


def test_many_of_a_kind_are_counted() -> None:
    answers = {f"q{i:02}": wrong(mistake(f"m{i:02}")) for i in range(13)}
    rows = [row(f"s{i}", {**answers, "dW": unknown("7")}) for i in range(20)]
    shown = render("text", glance(summarize([*rows, *(unread(f"u{i}", "is empty") for i in range(12))])), Look(120))
    assert "20  q09\n      m09: " in shown
    assert "m10" not in shown
    assert "(and 3 more mistakes)" in shown
    assert "s0, s1, s2, s3, s4, s5, s6, s7 and 12 more" in shown
    assert "u9.yaml:7:12: is empty" in shown
    assert "(and 2 more submissions)" in shown


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = [mistake("stride-ignored", says="the stride is ignored in each of the windows, " * 3)]
    rows = [*small_class(), *(row(f"s{i}", {"Z": wrong(*long), "dW": unknown(["0.123456"] * 40)}) for i in range(40))]
    shown = render("table", glance(summarize(rows)), Look(width))
    assert max(map(len, shown.splitlines())) <= width


def test_texts_of_students_are_escaped() -> None:
    rows = [row(name, {name: carried(), "dW": unknown(name)}, name=name) for name in HOSTILE for _ in range(2)]
    for name in HOSTILE:
        rows += [unread(name, name)]
    shown = render("text", glance(summarize(rows)), Look(80))
    assert all(line.isprintable() for line in shown.splitlines())


def test_lists_and_shares() -> None:
    assert short_list(["a", "b", "c"], 2) == "a, b and c"
    assert short_list(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert [shown_share(share) for share in (0.0, 0.001, 0.5, 0.999, 1.0)] == ["0 %", "1 %", "50 %", "99 %", "100 %"]


def test_numbers_of_a_cluster() -> None:
    assert numbers_text(Cluster("dW", [["1", None], ["", "2"]], 4, ())) == "[[1, ?], [?, 2]]"
    assert numbers_text(Cluster("dW", [["1", "2"], ["3", "4"]], 4, ()), 2) == "[[1, 2], ...]"
    assert numbers_text(Cluster("dW", [["1", "2"], ["3", "4"]], 4, ()), 3) == "[[1, 2], [3, ...]]"
    assert numbers_text(Cluster("db", "3", 1, ())) == "3"
    assert numbers_text(Cluster("dW", None, 10_000, ())) == "10000 numbers"


def test_the_headline_knows_points_of_different_exercises() -> None:
    rows = [row("s1", {"dW": right()}), row("s2", {"dW": right(), "dA": wrong()})]
    assert headline(summarize(rows)) == "2 submissions: 1 all right, 1 with errors; points: mean 1, median 1"
