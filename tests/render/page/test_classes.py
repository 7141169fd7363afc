"""The page of a class: what its tables say, and that names are text."""

from __future__ import annotations

import pytest
from classes import HOSTILE, mistake, right, row, small_class, unknown, unread, wrong
from markup import faults, read

from cnngrad.batch.grading.summary import summarize
from cnngrad.errors import escape
from cnngrad.render.page.classes import Part, _stack, number_lines, render_class
from cnngrad.report.class_summary import Cluster


def test_the_matrix_has_every_student_with_every_verdict() -> None:
    table = read(render_class(summarize(small_class()))).find("table", id="matrix")
    assert table.rows() == [
        ["student", "name", "points", "Z", "dA", "dW"],
        ["s10", "Ana", "3", "✓ right", "✓ right", "✓ right"],
        ["s2", "Bo", "1", "✓ right", "✗ wrong kernel-not-turned", "✗ wrong equal 1"],
        ["s3", "Cy", "2", "✗ wrong stride-ignored@conv1 in W[1]", "→ carried from Z", "→ carried from Z"],
        ["s4", "", "1", "✓ right", "✗ wrong kernel-not-turned, delta-rotated", "✗ wrong equal 1"],
        [
            "s5",
            "",
            "0.5",
            "✗ wrong kernel-not-turned and stride-ignored@conv1 in W[1]",
            "~ unclear",
            "✗ wrong sign-slip",
        ],
        ["s6", "", "1.5", "✓ right", "≈ rounded", "! refused"],
        ["s7", "", "0", *["! not readable"] * 3],
        ["s8", "", "0", *["○ missing"] * 3],
    ]


def test_the_page_of_a_class_says_what_is_common() -> None:
    page = read(render_class(summarize(small_class()), "Homework 3"))
    assert page.find("h1").text == page.find("title").text == "Homework 3"
    assert "8 submissions: 1 all right, 5 with errors" in page.find("p", **{"class": "lead"}).text
    assert page.find("section", id="answers").find("table").rows() == [
        [
            "quantity",
            "right",
            "",
            "✓ right",
            "~ unclear",
            "≈ rounded",
            "→ carried",
            "○ missing",
            "✗ wrong",
            "! refused",
        ],
        ["Z", "57 %", "", "4", "", "", "", "1", "2", ""],
        ["dA", "14 %", "", "1", "1", "1", "1", "1", "2", ""],
        ["dW", "14 %", "", "1", "", "", "1", "1", "3", "1"],
    ]
    first = page.find("tr", id="m1")
    assert (
        first.text == "2 dA kernel-not-turned what is done in kernel-not-turned what of kernel-not-turned? s2 (Bo), s4"
    )
    assert page.find("li", id="c1").text == "dW: 2 students .50 0.250 s2 (Bo), s4"
    assert "Z: an error here is carried into 2 answers of 1 student (dA 1, dW 1): s3 (Cy)" in page.text
    assert page.find("section", id="absent").text == "Without an answer s8"
    assert page.find("section", id="unread").find("table").rows()[1] == ["s7", "s7.yaml:7:12", "has a tab; use blanks"]


def test_every_table_has_a_caption_and_heads_that_say_of_what() -> None:
    for table in read(render_class(summarize(small_class()))).all("table"):
        assert table.find("caption").text
        scopes = [head.attributes["scope"] for head in table.all("th")]
        rows = len(table.rows()) - 1
        assert (scopes.count("row"), scopes.count("col") > 2) == (rows, True)


def hostile_class() -> str:
    """A page on which every text of a student is hostile."""
    rows = [
        row(name, {name: unknown(name), "dW": wrong(mistake(name, where=name))}, name=f"{name} too") for name in HOSTILE
    ]
    rows += [row(f"{name} again", {name: unknown(name)}, source=name) for name in HOSTILE]
    return render_class(summarize([*rows, *(unread(name, name) for name in HOSTILE)]), HOSTILE[0])


def test_names_are_text_never_markup() -> None:
    page = hostile_class()
    tree = read(page)
    assert not [*tree.all("img")]
    assert len([*tree.all("script")]) == 1
    assert faults(page) == []
    ids = [cells[0] for cells in tree.find("table", id="matrix").rows()[1:]]
    assert ids[: len(HOSTILE) - 1] == [escape(name) for name in HOSTILE[:-1]]
    assert ids[len(HOSTILE) - 1] == "x" * 200 + "..."
    assert page.replace("\n", "").replace("\xa0", "").isprintable()
    page.encode()


@pytest.mark.parametrize("rows", [[], [row("s1", {"dW": right()})], [unread("s1", "is empty")], [{}, {"laws": []}]])
def test_any_class_has_a_page_without_faults(rows: list[dict[str, object]]) -> None:
    assert faults(render_class(summarize(rows))) == []


def test_the_page_of_a_class_is_self_contained() -> None:
    page = render_class(summarize(small_class()))
    assert faults(page) == []
    assert "http" not in page.replace("http-equiv", "")


def test_a_large_class_has_a_page_of_moderate_size() -> None:
    """A thousand students with ten quantities, a fifth of them wrong: under a megabyte."""
    answers = [
        {f"q{q}": wrong(mistake(f"m{(s + q) % 30}")) if (s + q) % 5 == 0 else right() for q in range(10)}
        for s in range(200)
    ]
    assert len(render_class(summarize(row(f"s{s}", each) for s, each in enumerate(answers)))) < 200_000


def test_a_bar_has_all_verdicts_from_the_best_to_the_worst() -> None:
    parts = [*_stack({"wrong": 1, "right": 2, "carried": 1})]
    assert parts == [Part("r", 0.0, 50.0), Part("c", 50.0, 25.0), Part("w", 75.0, 25.0)]


def test_numbers_of_a_cluster_stand_in_columns() -> None:
    assert number_lines(Cluster("dW", [["1", "-10"], ["0.5", None]], 4, ())) == "  1  -10\n0.5    ?"
    assert number_lines(Cluster("dW", [[["1"]], [["2"]]], 2, ())) == "1\n2"
    assert number_lines(Cluster("db", "3", 1, ())) == "3"
    assert number_lines(Cluster("db", [], 0, ())) == ""
    assert number_lines(Cluster("db", [["1"], ["2", "3"]], 3, ())) == "1\n2  3"
