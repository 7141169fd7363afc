"""Cells by name: read with either base, and refused with the full text."""

from __future__ import annotations

import pytest

import cnngrad
from cnngrad.exercise.terms import Cell, parse_cell


def test_cells_are_parsed_with_either_base() -> None:
    shapes = {"dW": (2, 3), "db": ()}
    assert parse_cell(" dW[ 1 , 2 ] ", shapes) == Cell("dW", (1, 2))
    assert parse_cell("dW[1,2]", shapes, base=1) == Cell("dW", (0, 1))
    assert parse_cell("dW[1][2]", shapes) == parse_cell("dw [1] [ 2 ]", shapes) == Cell("dW", (1, 2))
    assert parse_cell("db", shapes) == parse_cell("db[]", shapes) == Cell("db")
    assert Cell("dW", (0, 1)).name(1) == "dW[1,2]"


@pytest.mark.parametrize(
    ("text", "base", "message"),
    [
        ("dW[0", 0, "'dW[0' names no cell; write one like dW[0,0]"),
        ("dW[-1,0]", 0, "'dW[-1,0]' names no cell; write one like dW[0,0]"),
        ("dW[0,0]", 1, "'dW[0,0]': the cells of dW are dW[1,1] to dW[2,3]"),
        ("dW[2,0]", 0, "'dW[2,0]': the cells of dW are dW[0,0] to dW[1,2]"),
        ("dW[0]", 0, "'dW[0]': the cells of dW are dW[0,0] to dW[1,2]"),
        ("dW", 0, "'dW': the cells of dW are dW[0,0] to dW[1,2]"),
        ("db[0]", 0, "'db[0]': db is a single number; write db alone"),
        ("dWx[0,0]", 0, "'dWx[0,0]': this exercise has no 'dWx'; did you mean 'dW'?"),
        ("dW[0][0][0]", 0, "'dW[0][0][0]': the cells of dW are dW[0,0] to dW[1,2]"),
        ("dW[0]1]", 0, "'dW[0]1]' names no cell; write one like dW[0,0]"),
        ("\x1b[0]", 0, "'\\x1b[0]' names no cell; write one like dW[0,0]"),
    ],
)
def test_cells_that_do_not_exist(text: str, base: int, message: str) -> None:
    with pytest.raises(cnngrad.CnngradError) as caught:
        parse_cell(text, {"dW": (2, 3), "db": ()}, base)
    assert str(caught.value) == message
