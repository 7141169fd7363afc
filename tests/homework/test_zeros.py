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


def test_zeros_of_a_form_that_is_often_zero_are_named_by_what_is_always_zero() -> None:
    """y reaches the smaller of z and x*y only where that is x*y: where it is z, most ways to dy give 0."""
    spec = {"op": "graph", "expression": "min(z, -x * y) * x", "values": {"x": 3, "y": -4, "z": 20}}
    assert check(spec, {"dy": -9}).verdict == "right"
    assert {each.id for each in check(spec, {"dy": 0}).answers["dy"].mistakes} == {"never-accumulated", "max-smaller"}
    spec = {"op": "graph", "expression": "(x + y) * z", "values": {"x": -2, "y": 5, "z": 0}}
    assert [each.id for each in check(spec, {"dz": 0}).answers["dz"].mistakes] == ["never-accumulated"]


def test_zeros_that_are_the_true_numbers_are_right() -> None:
    """relu is closed everywhere, the upstream gradient of x is 0; written as 0 or 0.0."""
    relu = {"op": "activation", "function": "relu", "input": [-1, -2], "delta": ["0.3", 4]}
    product = {"op": "graph", "expression": "sigmoid(x) * z", "values": {"x": 1, "z": 0}}
    for spec, quantity, answer in ((relu, "dA", [0, "0.0"]), (product, "dx", "0"), (product, "dx", "0.000")):
        assert check(spec, {quantity: answer}).answers[quantity].verdict == "right"
