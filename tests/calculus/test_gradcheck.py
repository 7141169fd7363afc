"""The gradient check: right gradients pass at every scale, planted errors are found, rounding is never an error."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import cnngrad as command
from commands import some
from hypothesis import given, settings
from layers import conv, convolutions, exact, integers, pool

import cnngrad
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.gradcheck import Gradcheck, gradcheck
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool

INPUT = [[0.5, -1.25, 2.0], [1.5, 0.75, -0.5], [-2.0, 1.0, 0.25]]


DENSE = [{"op": "flatten"}, {"op": "dense", "weights": [[0.3, -0.2, 0.1, 0.4], [0.2, 0.5, -0.3, 0.1]]}]


SIGMOID = {"op": "activation", "function": "sigmoid"}


CONV = {"op": "conv", "kernel": [[0.5, -0.25], [1.5, 0.75]], "bias": 0.1}


def network(*layers: Any, **end: Any) -> dict[str, Any]:
    """A network over INPUT."""
    return {"op": "network", "input": INPUT, "layers": list(layers), **end}


def scaled(spec: dict[str, Any], by: float) -> dict[str, Any]:
    """A spec with its arrays multiplied."""
    arrays = ("input", "kernel", "weights", "delta", "inputs")
    return {key: (by * np.array(value)).tolist() if key in arrays else value for key, value in spec.items()}


PLAIN: dict[str, dict[str, Any]] = {
    "conv": {"op": "conv", "input": INPUT, "kernel": [[1.5, -0.5], [0.25, 2]], "delta": [[1, -2], [0.5, 3]]},
    "max pool": {"op": "pool", "input": INPUT, "window": 2, "stride": 1, "delta": [[1, -2], [0.5, 3]]},
    "average pool": {
        "op": "pool", "input": INPUT, "window": 2, "stride": 1, "mode": "average", "delta": [[1, -2], [0.5, 3]]
    },
    "dense": {"op": "dense", "input": [1.5, -2, 0.5], "weights": [[1, 2, 3], [-1, 0.5, 2]], "delta": [1, -2]},
}  # fmt: skip


CURVED: dict[str, dict[str, Any]] = {
    **{
        function: {"op": "activation", "function": function, "input": [0.5, -1.5, 2], "delta": [1, -2, 0.5]}
        for function in ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu", "softmax")
    },
    "mse": network(CONV, *DENSE, loss={"op": "mse", "target": [1, -1]}),
    "cross_entropy": network(CONV, *DENSE, loss={"op": "cross_entropy", "target": 1}),
    "binary_cross_entropy": network(CONV, *DENSE, SIGMOID, loss={"op": "binary_cross_entropy", "target": [0, 1]}),
    "sum": network(CONV, {"op": "batch_norm"}, {"op": "activation", "function": "tanh"}, loss={"op": "sum"}),
    "batch_norm": network(CONV, {"op": "batch_norm", "gamma": 1.5}, delta=[[1, -2], [0.5, 3]]),
    "graph": {"op": "graph", "expression": "x*y + sigmoid(z)*x**2", "values": {"x": 1.5, "y": -2, "z": 0.5}},
    "rnn": {"op": "rnn", "inputs": [1, -0.5, 2], "weights": {"input": 0.5, "recurrent": -0.75, "bias": 0.1},
            "deltas": [1, -2, 0.5]},
}  # fmt: skip


SPECS = {
    **PLAIN,
    **CURVED,
    **{f"{name}, times {by:g}": scaled(spec, by) for name, spec in PLAIN.items() for by in (1e-100, 1e-8, 1e8, 1e100)},
}


def planted(spec: dict[str, Any], *factors: float) -> list[tuple[tuple[str, tuple[int, ...]], Gradcheck]]:
    """What the check says where one cell after the other has its gradient times one of the factors in turn."""
    result = cnngrad.run(spec)
    exercise = result.exercise
    found: list[tuple[tuple[str, tuple[int, ...]], Gradcheck]] = []
    for name in exercise.given:
        right = result.arrays.get(gradient_name(name))
        for index in () if right is None else np.ndindex(right.shape):
            if right is not None and abs(right[index]) > 1e-9 * float(max(map(abs, right.flat))):
                wrong = {name: np.array(right)}
                wrong[name][index] *= factors[len(found) % len(factors)]
                checked = gradcheck(exercise.loss, exercise.given, wrong, multilinear=exercise.multilinear)
                found.append(((name, index), checked))
    return found


@pytest.mark.parametrize("name", some(SPECS))
def test_right_gradients_pass_and_every_cell_is_decided(name: str) -> None:
    found = cnngrad.run(SPECS[name], gradcheck=True).gradcheck
    assert found is not None
    assert (found.passed, found.skipped, found.undecided) == (True, [], [])


@pytest.mark.parametrize(
    "factors",
    [(1.001, 2, -1), *(pytest.param(each, marks=pytest.mark.slow) for each in ((2, -1, 1.001), (-1, 1.001, 2)))],
)
@pytest.mark.parametrize("name", some(SPECS))
def test_an_error_in_any_cell_is_found_and_named(name: str, factors: tuple[float, ...]) -> None:
    for cell, found in planted(SPECS[name], *factors):
        assert (found.passed, found.worst) == (False, cell)


def test_rounding_is_no_disagreement() -> None:
    # sigmoid(18) is 1 - 1.5e-8: the sixteen digits of a probability hold seven of what is missing to 1
    for first in (6.0, 12.0, 18.0, 21.0):
        layers = [{"op": "dense", "weights": [[first, 0.5], [0.25, -first]]}, SIGMOID]
        loss = {"op": "binary_cross_entropy", "target": [0, 1]}
        spec = {"op": "network", "input": [1, 1], "layers": layers, "loss": loss}
        found = cnngrad.run(spec, gradcheck=True).gradcheck
        assert found is not None
        assert found.passed, (first, found)


@pytest.mark.parametrize(
    ("expression", "x"), [("1/x", 1e-150), ("log(x)", 1e-300), ("sqrt(x)", 1e-12), ("x**0.5", 1e100), ("1/x", 1e-10)]
)
def test_steps_fit_the_number(expression: str, x: float) -> None:
    found = cnngrad.run({"op": "graph", "expression": expression, "values": {"x": x}}, gradcheck=True).gradcheck
    assert found is not None
    assert (found.passed, found.cells, found.undecided) == (True, 1, [])


def test_what_cannot_be_decided_is_said_and_recorded() -> None:
    options = ("graph", "cos(x)", "--at", "x=1e308", "--gradcheck")
    done = command(*options)
    assert (done.code, done.err) == (0, "")
    assert "no cell could be compared with central differences" in done.out
    assert "not decidable, rounding hides the difference: x)" in done.out
    check = json.loads(command(*options, "--format", "json").out)["gradcheck"]
    assert check == {
        "passed": True,
        "cells": 0,
        "largest_relative_error": None,
        "tolerance": 1e-5,
        "worst": None,
        "skipped": [],
        "undecided": ["x"],
    }


def in_fractions(spec: dict[str, Any]) -> dict[str, Any]:
    """The same in fractions."""
    return {**spec, "numbers": "exact"}


@pytest.mark.parametrize("loss", some([{"op": "mse", "target": [1, "1/3"]}, {"op": "sum"}, {"op": "sum", "factor": 3}]))
@pytest.mark.parametrize("layer", [{"op": "activation", "function": "relu"}, {"op": "pool", "window": 1}])
def test_a_network_of_fractions_is_checked(loss: Any, layer: Any) -> None:
    spec = in_fractions(network(CONV, layer, *DENSE, loss=loss))
    found = cnngrad.run(spec, gradcheck=True).gradcheck
    assert found is not None
    assert (found.passed, found.largest, found.skipped, found.undecided) == (True, 0.0, [], [])
    assert found.cells == 9 + 4 + 1 + 8 + 2
    for cell, wrong in planted(spec, 2):
        assert (wrong.passed, wrong.worst) == (False, cell)


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        ({"op": "cross_entropy", "target": 1}, "numbers: exp has no exact value; take numbers: float"),
        (
            {"op": "binary_cross_entropy", "target": [0, 1]},
            "loss: binary_cross_entropy needs probabilities between 0 and 1, but Z[0] is 1483/800; "
            "put a sigmoid before it",
        ),
    ],
)
def test_a_loss_without_exact_values_says_so(loss: Any, says: str) -> None:
    with pytest.raises(cnngrad.CnngradError) as caught:
        _ = cnngrad.run(in_fractions(network(CONV, *DENSE, loss=loss)), gradcheck=True).gradcheck
    assert str(caught.value) == f"<spec>: {says}"


@pytest.mark.parametrize(
    "spec",
    [
        PLAIN["conv"],
        PLAIN["max pool"],
        PLAIN["average pool"],
        PLAIN["dense"],
        CURVED["relu"],
        {"op": "graph", "expression": "(x*y - z**3)/(x + y)", "values": {"x": 1, "y": "1/3", "z": 2}},
        {"op": "graph", "expression": "1/x", "values": {"x": "1e-300"}},
        {
            "op": "rnn", "inputs": [1, 2, "1/3"], "weights": {"input": 2, "recurrent": "1/2"}, "activation": "relu",
            "delta": 1,
        },
    ],
)  # fmt: skip
def test_every_op_of_fractions_agrees(spec: Any) -> None:
    found = cnngrad.run(in_fractions(spec), gradcheck=True).gradcheck
    assert found is not None
    assert (found.passed, found.largest, found.skipped, found.undecided) == (True, 0.0, [], [])


def test_a_tie_of_fractions_is_skipped_and_a_near_tie_is_not() -> None:
    spec = {"op": "pool", "input": [1, "1.00000000000001", 2, 2], "window": 2, "delta": 1}
    found = cnngrad.run(in_fractions(spec), gradcheck=True).gradcheck
    assert found is not None
    assert (found.cells, found.skipped) == (2, [("A", (2,)), ("A", (3,))])


def test_a_single_fraction_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("op: activation\nnumbers: exact\nfunction: relu\ninput: 3\ndelta: 2\n")
    done = command("run", path, "--gradcheck")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    "spec",
    [
        # 1e-320 holds four digits, and its products with 2/7 hold three
        {"op": "conv", "input": [["-2/7", "-2/7"]], "kernel": [["-2/7"]], "delta": 1e-320},
        {"op": "conv", "input": [1e-160, 40, 40], "kernel": [1e-160, 40], "bias": 40, "padding": 1, "delta": 1e-320},
        {"op": "activation", "function": "sigmoid", "input": [1e29, 1e-160], "delta": [1e29, 1e-160]},
        {"op": "activation", "function": "tanh", "input": [1, -1e308], "delta": [-700, -1e308]},
    ],
)
def test_numbers_below_the_digits_of_the_loss_are_no_error(spec: Any) -> None:
    result = cnngrad.run(spec, gradcheck=True)
    assert result.gradcheck is not None
    assert result.gradcheck.passed
    assert all(law.holds for law in result.laws)


def test_a_wrong_derivative_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = {"op": "activation", "function": "tanh"}
    spec = {"op": "network", "input": [0.5, -0.4], "layers": [layer], "delta": [1, 2]}
    right, wrong = cnngrad.run(spec, gradcheck=True), replace(GATES["tanh"], partials=lambda z, _: (1 - z,))
    assert right.gradcheck is not None
    assert right.gradcheck.passed
    monkeypatch.setitem(GATES, "tanh", wrong)
    caught = cnngrad.run(spec, gradcheck=True).gradcheck
    assert caught is not None
    assert not caught.passed


def test_a_kink_is_skipped_and_a_steep_curve_is_not() -> None:
    kinked = cnngrad.run({"op": "activation", "function": "relu", "input": [0, 1], "delta": 1}, gradcheck=True)
    assert kinked.gradcheck is not None
    assert kinked.gradcheck.skipped == [("A", (0,))]
    steep = cnngrad.run({"op": "graph", "expression": "exp(30*x)", "values": {"x": 0.1}}, gradcheck=True)
    assert steep.gradcheck is not None
    assert (steep.gradcheck.passed, steep.gradcheck.cells, steep.gradcheck.skipped) == (True, 1, [])


EXERCISE = conv(integers((4, 4), 1), integers((2, 2), 2), dZ=integers((3, 3), 3))


def gradients(exercise: LayerExercise[Conv] | LayerExercise[Pool]) -> dict[str, Array]:
    """The gradients of an exercise, by the name of what they belong to."""
    results = exercise.solve()
    return {name: results[f"d{name}"].copy() for name in exercise.given if f"d{name}" in results}


@settings(max_examples=10)
@given(convolutions())
def test_right_gradients_pass(exercise: LayerExercise[Conv]) -> None:
    found = gradcheck(exercise.loss, exercise.given, gradients(exercise))
    assert found.passed
    assert found.skipped == []
    assert found.cells == exercise.A.size + exercise.parameters["W"].size + exercise.parameters["b"].size


@pytest.mark.parametrize("name", ["A", "W", "b"])
def test_a_planted_error_fails_and_is_named(name: str) -> None:
    claimed = gradients(EXERCISE)
    index = (1,) * claimed[name].ndim
    claimed[name][index] += 0.001 * np.abs(claimed[name]).max()
    found = gradcheck(EXERCISE.loss, EXERCISE.given, claimed)
    assert not found.passed
    assert found.worst == (name, index)


def test_an_exact_check_finds_the_smallest_error() -> None:
    exercise = conv(exact(integers((3,), 1)), exact(integers((2,), 2)), exact(integers(())), exact(integers((2,), 3)))
    claimed = gradients(exercise)
    assert gradcheck(exercise.loss, exercise.given, claimed).passed
    claimed["W"][1] += Fraction(1, 10**30)
    found = gradcheck(exercise.loss, exercise.given, claimed)
    assert not found.passed
    assert found.worst == ("W", (1,))


def test_cells_at_a_tie_are_skipped_and_named() -> None:
    exercise = pool(np.array([[5.0, 5, 1, 4], [3, 2, 0, 2]]), 2)
    found = gradcheck(exercise.loss, exercise.given, gradients(exercise))
    assert found.skipped == [("A", (0, 0)), ("A", (0, 1))]
    assert found.passed
    assert found.cells == 8 - 2


def test_a_wrong_mask_fails() -> None:
    exercise = pool(np.array([[1.0, 2], [3, 4]]), 2)
    found = gradcheck(exercise.loss, exercise.given, {"A": np.array([[0.0, 0], [1, 0]])})
    assert not found.passed


def test_large_losses_do_not_count_rounding_as_error() -> None:
    exercise = conv(1e6 * integers((6, 6), 1), 1e6 * integers((3, 3), 2), dZ=1e3 * integers((4, 4), 3))
    assert gradcheck(exercise.loss, exercise.given, gradients(exercise)).passed
