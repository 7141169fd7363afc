"""Specs as they are built: blocks, the bias of a course, what is kept as written, numbers in formulas."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnngrad
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.spec.build import build
from cnngrad.spec.reader import read_text

CONV = "op: conv\ninput: [1, 2, 3]\nkernel: [1]\n"


def test_a_block_of_one_row_is_a_matrix_where_one_is_needed() -> None:
    text = "op: conv\nlayout: HW\ninput: |\n  1 2 3\nkernel: |\n  1 -1\ndelta: |\n  1 1\n"
    result = build(read_text(text.encode(), "hw", Path(), DEFAULT), OPS).exercise.solve()
    assert result["Z"].tolist() == [[-1, -1]]


def test_a_block_of_one_row_is_a_vector_otherwise() -> None:
    text = "op: conv\ninput: |\n  1 2 3\nkernel: |\n  1 -1\n"
    assert build(read_text(text.encode(), "hw", Path(), DEFAULT), OPS).exercise.solve()["Z"].tolist() == [
        -1,
        -1,
    ]


def test_the_bias_may_have_the_shape_of_the_coursera_notebook() -> None:
    text = "op: conv\ninput: [[[1]]]\nkernel: [[[[1, 2]]]]\nbias: [[[[3, 4]]]]\ndelta: 1\n"
    results = build(read_text(text.encode(), "hw", Path(), DEFAULT), OPS).exercise.solve()
    assert results["Z"].tolist() == [[[4, 6]]]
    assert results["db"].tolist() == [[[[1, 1]]]]


def test_answers_and_title_are_kept_as_written() -> None:
    task = build(read_text((CONV + "title: 1e3\nanswers: {Z: [0.140]}\n").encode(), "hw", Path(), DEFAULT), OPS)
    assert task.title == "1e3"
    assert task.answers is not None
    assert list(task.answers.entries) == ["Z"]


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("a/4 + b/4 + c/4 + e/4", "a/4 + b/4 + c/4 + e/4"),  # 4 is a number, not the fifth gate
        ("a/2 + b/2 + c/2", "a/2 + b/2 + c/2"),
        ("a + 0", "a"),
        ("a*b + 0*c + 1*e + 2", "a*b + e + 2"),
        ("(a + 1)*(a + 1) - a**2", "2*a + 1"),
    ],
)
def test_numbers_in_a_formula_are_numbers(text: str, formula: str) -> None:
    spec = {"op": "conv", "numbers": "symbolic", "input": [text], "kernel": [1]}
    assert str(cnngrad.run(spec).results["Z"][0]) == formula
