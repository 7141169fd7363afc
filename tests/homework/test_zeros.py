"""Answers of zeros alone, right by luck or wrong."""

from __future__ import annotations

import numpy as np
import pytest
from exercises import SPEC

from cnngrad import check

LUCK = "all numbers are 0 in this exercise, and many wrong computations give zeros here too"


def test_zeros_that_are_right_by_luck_say_so() -> None:
    """With an upstream gradient of zeros everything is 0; with numbers in it nothing is."""
    judged = check({**SPEC, "delta": [[0, 0], [0, 0]]}, {"dW": [[0, 0], [0, 0]], "db": 0}).answers
    assert [(each.verdict, each.message) for each in judged.values()] == [("right", LUCK)] * 2
    assert check(SPEC, {"db": 10}).answers["db"].message == ""


def test_what_is_always_zero_is_no_luck() -> None:
    """The gradients of x - x and of 0*y are 0 for all numbers."""
    spec = {"op": "graph", "expression": "x - x + 0*y", "values": {"x": 3, "y": 5}}
    assert [each.message for each in check(spec, {"dx": 0, "dy": 0}).answers.values()] == ["", ""]


@pytest.mark.parametrize("quantity", ["dA", "dW", "db"])
def test_wrong_zeros_are_not_named_by_what_gives_them_here_alone(quantity: str) -> None:
    """An input of ones: few ways give zeros whatever the numbers are."""
    spec = {"op": "conv", "input": [[1, 1, 1]] * 3, "kernel": [[1, 0], [0, 2]], "delta": [[3, -1], [1, 2]]}
    shape = {"dA": (3, 3), "dW": (2, 2), "db": ()}[quantity]
    judged = check(spec, {quantity: np.zeros(shape).astype(int).tolist()}).answers[quantity]
    assert judged.verdict == "wrong"
    assert {each.id for each in judged.mistakes} <= {"pad-slice-zero", "never-accumulated"}
    assert not judged.pairs
    assert not judged.slips


def test_zeros_by_luck_are_named_by_nothing() -> None:
    """W is 0, so W in place of A's cell gives zeros for dW; on other exercises of the form it does not."""
    spec = {**SPEC, "kernel": [[0, 0], [0, 0]]}
    judged = check(spec, {"dW": [[0, 0], [0, 0]]}).answers["dW"]
    assert {each.id for each in judged.mistakes} <= {"never-accumulated"}
