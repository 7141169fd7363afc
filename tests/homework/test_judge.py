"""The verdict of an answer: shapes, blank cells, formulas and fractions, too few decimals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exercises import NETWORK, SPEC

from cnngrad import CnngradError, check


def test_too_few_decimals_are_unclear() -> None:
    """dZ = 1.2 and 1.4: db is 2.6, the count of cells 2, the mean 1.3: 3 is right, and so is none of those;
    with dZ = 0.9 and 0.9 the sum is 1.8 and the count is 2."""
    spec = {"op": "conv", "input": [1, 2, 3], "kernel": [1, 2], "delta": ["0.9", "0.9"]}
    judged = check(spec, {"db": "2"}).answers["db"]
    assert (judged.verdict, judged.decimals) == ("unclear", 1)
    assert judged.message == "with so few decimals a known mistake (bias-count) has the same digits; give 1 decimal"
    assert check(spec, {"db": "1.8"}).verdict == "right"
    leaky = {"op": "activation", "function": "leaky_relu", "input": ["-0.5", 2], "delta": [1, 3]}
    judged = check(leaky, {"dA": ["0.0", 3]}).answers["dA"]  # 0.01 on the negative side
    assert (judged.verdict, judged.decimals) == ("unclear", 2)
    assert "leak-forgotten" in judged.message


def test_the_true_value_itself_is_never_unclear() -> None:
    """dA = dZ*w = -0.003 and 3: `0` is as right for 0.003, the sign turned; `-0.003` and `3` leave nothing open, though
    twice 0.0004 (a gradient that was not reset) has the same digits in the third cell."""
    spec = {"op": "activation", "function": "identity", "input": [1, 2], "delta": ["-0.003", "0.0004"]}
    found = [check(spec, {"dA": answer}) for answer in (["0", "0"], ["-0.003", "0.000"], ["-0.003", "0.0004"])]
    assert [each.verdict for each in found] == ["unclear", "right", "right"]


@pytest.mark.parametrize(
    ("spec", "answer", "message"),
    [
        (
            {"op": "dense", "input": [1, 2], "weights": [[1, 0], [0, 1], [1, 1]], "delta": [1, 2, 3]},
            {"dW": [[1, 2, 3], [2, 4, 6]]},
            "has shape 2x3, but dW has shape 3x2: it is transposed, and the numbers are right",
        ),
        (SPEC, {"dW": [37, 47, 67, 77]}, "has shape 4, but dW has shape 2x2: the numbers are right, in another shape"),
        (SPEC, {"dW": [[1, 2, 3]]}, "has shape 1x3, but dW has shape 2x2"),
        (
            {**SPEC, "padding": 1, "delta": [[1, 0, 2, 1], [0, 1, 3, 2], [1, 1, 0, 1], [2, 0, 1, 1]]},
            {"dA": np.zeros((5, 5)).tolist()},
            "has shape 5x5, but dA has shape 3x3",
        ),
    ],
)
def test_wrong_shapes_are_named(spec: Any, answer: dict[str, Any], message: str) -> None:
    (judged,) = check(spec, answer).answers.values()
    assert (judged.verdict, judged.message) == ("refused", message)


def test_the_unpadded_input_is_named_by_its_shape() -> None:
    """Padding 1, window 3 over 4: without the padding one place of the kernel is left, the sum of dZ*A over 4x4."""
    A, dZ = np.arange(16).reshape(4, 4), np.arange(1, 17).reshape(4, 4)
    spec = {"op": "conv", "input": A, "kernel": np.eye(3, dtype=int), "padding": 1, "delta": dZ}
    judged = check(spec, {"dW": [[int((A * dZ).sum())]]}).answers["dW"]
    assert judged.verdict == "refused"
    assert judged.message == "has shape 1x1, but dW has shape 3x3"
    assert [mistake.id for mistake in judged.mistakes] == ["unpadded-input"]


def test_formulas_are_compared_as_formulas() -> None:
    spec = {"op": "conv", "numbers": "symbolic", "input": ["a", "b", "c"], "kernel": ["u", "v"], "delta": ["p", "q"]}
    assert check(spec, {"dW": ["q*b + a*p", "p*b + q*c"], "dA": ["p*u", "p*v + q*u", "q*v"]}).verdict == "right"
    judged = check(spec, {"dW": ["p*b + q*c", "p*a + q*b"]}).answers["dW"]
    assert "result-rotated" in [mistake.id for mistake in judged.mistakes]


def test_fractions_are_exact() -> None:
    spec = {"op": "pool", "mode": "average", "window": 3, "input": [1, 2, 4], "numbers": "exact"}
    assert check(spec, {"Z": ["7/3"]}).verdict == "right"
    assert check(spec, {"Z": ["2.333"]}).verdict == "right"
    assert check(spec, {"Z": ["233/100"]}).verdict == "wrong"


def test_open_cells_are_counted_not_judged() -> None:
    judged = check(SPEC, {"dW": [[37, None], ["_", 77]]}).answers["dW"]
    assert (judged.verdict, judged.cells_right, judged.cells) == ("wrong", 2, 4)
    assert judged.message == "2 cells are missing; what is there is right"
    assert check(SPEC, {"db": None}).answers["db"].message == "nothing is filled in"


@pytest.mark.parametrize("numbers", ["float", "exact"])
def test_without_a_step_no_step_is_wrong(numbers: str) -> None:
    """With learning_rate 0 the new weights are the old ones, however the step is made."""
    spec = {**NETWORK, "numbers": numbers, "learning_rate": "0"}
    verdict = check(spec, {"dense2.W": [[2, -1]], "dense1.W": [[1, 2], [3, 2]]})
    assert verdict.answers["dense2.W"].verdict == "right"
    judged = verdict.answers["dense1.W"]
    assert (judged.verdict, [mistake.id for mistake in judged.mistakes]) == ("wrong", [])


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        ("exp(a)/(exp(a) + exp(b))", "right"),
        ("1/(1 + exp(b)/exp(a))", "right"),
        ("1 - exp(b)/(exp(b) + exp(a))", "right"),
        ("exp(a)/(exp(a) - exp(b))", "wrong"),
        ("log(-1 - a**2)", "wrong"),  # it has no value anywhere
    ],
)
def test_a_formula_in_another_form_is_the_same_number(formula: str, verdict: str) -> None:
    spec = {"op": "activation", "function": "softmax", "numbers": "symbolic", "input": ["a", "b"]}
    assert check(spec, {"Z": [formula, "exp(b)/(exp(a) + exp(b))"]}).answers["Z"].verdict == verdict


def test_a_verdict_is_given_where_the_limits_do_not_allow_to_name_the_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for it is more work than the verdict: nothing of the submission is lost."""

    def exhausted(*_: object) -> None:
        raise CnngradError("more work than the limits allow")

    monkeypatch.setattr("cnngrad.exercise.mistake.candidates", exhausted)
    found = check(SPEC, {"dW": [[1, 2], [3, 4]], "db": 10, "dA": [1, 2]}).answers
    assert [(name, each.verdict) for name, each in found.items()] == [
        ("dW", "wrong"),
        ("db", "right"),
        ("dA", "refused"),
    ]
    says = "which mistake it is was not found out: that is more work than the limits allow"
    assert (found["dW"].message, found["dA"].message) == (says, "has shape 2, but dA has shape 3x3")
