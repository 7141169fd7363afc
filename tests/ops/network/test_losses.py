"""Losses against arithmetic that is written out here: their values, and what they pass back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from exercises import solved

import cnngrad

LOSSES: list[tuple[dict[str, Any], float, list[float]]] = [
    ({"op": "sum"}, 1 + 3, [1, 1]),
    ({"op": "sum", "factor": 2}, 2 * (1 + 3), [2, 2]),
    ({"op": "mse", "target": [0, 5]}, 0.5 * (1 + 4), [1 - 0, 3 - 5]),
    ({"op": "mse", "target": [0, 5], "factor": 1}, 1 + 4, [2 * 1, 2 * -2]),
    ({"op": "mse", "target": [0, 5], "reduction": "mean"}, 0.5 * (1 + 4) / 2, [1 / 2, -2 / 2]),
    ({"op": "mse", "target": [0, 5], "factor": 1, "reduction": "mean"}, (1 + 4) / 2, [1, -2]),
]


@pytest.mark.parametrize(("loss", "value", "delta"), LOSSES)
def test_losses_and_what_they_pass_back(loss: dict[str, Any], value: float, delta: list[float]) -> None:
    layers = [{"op": "activation", "function": "identity"}]
    found = solved(op="network", input=[1, 3], layers=layers, loss=loss)
    assert found["loss"] == value
    assert found["layers"][0]["results"]["dZ"] == delta


def test_cross_entropy_passes_back_softmax_minus_target() -> None:
    layers = [{"op": "activation", "function": "identity"}]
    for target in (1, [0, 1]):
        loss = {"op": "cross_entropy", "target": target}
        found = solved(op="network", input=[0, math.log(3)], layers=layers, loss=loss)
        assert found["loss"] == pytest.approx(-math.log(3 / 4))
        assert found["layers"][0]["results"]["dZ"] == pytest.approx([1 / 4, 3 / 4 - 1])


def test_the_classes_of_cross_entropy_are_along_any_axis() -> None:
    # the columns (0, log 3) and (0, 0): softmax is 1/4, 3/4 and 1/2, 1/2; the mean is over two columns
    layers = [{"op": "activation", "function": "identity"}]
    for axis in (0, -2):
        loss = {"op": "cross_entropy", "target": [1, 0], "axis": axis}
        found = solved(op="network", input=[[0, 0], [math.log(3), 0]], layers=layers, loss=loss)
        assert found["loss"] == pytest.approx(-(math.log(3 / 4) + math.log(1 / 2)) / 2)
        assert np.allclose(found["layers"][0]["results"]["dZ"], [[1 / 8, -1 / 4], [-1 / 8, 1 / 4]], rtol=1e-15)


def test_what_is_inside_the_loss_is_not_applied_before_it() -> None:
    said = {
        ("softmax", -1): "activation1: cross_entropy has softmax inside, so that softmax is applied twice; "
        "leave activation1 out",
        ("softmax", 1): "activation1: cross_entropy has softmax inside, so that softmax is applied twice; "
        "leave activation1 out",
        ("log_softmax", -1): "activation1: cross_entropy has log_softmax inside, so that the first one changes "
        "nothing; leave activation1 out",
        ("softmax", 0): None,
    }
    for (function, axis), warning in said.items():
        layer = {"op": "activation", "function": function, "axis": axis}
        spec = {"op": "network", "input": [[1, 2]], "layers": [layer], "loss": {"op": "cross_entropy", "target": [0]}}
        assert cnngrad.run(spec).warnings == ((warning,) if warning else ())
    layer = {"op": "activation", "function": "sigmoid"}
    loss = {"op": "binary_cross_entropy", "target": [0, 1]}
    assert not cnngrad.run({"op": "network", "input": [1, 2], "layers": [layer], "loss": loss}).warnings


def test_binary_cross_entropy_after_a_sigmoid_passes_back_the_difference() -> None:
    layers = [{"op": "activation", "function": "sigmoid"}]
    loss = {"op": "binary_cross_entropy", "target": [1, 0], "reduction": "sum"}
    found = solved(op="network", input=[0, math.log(3)], layers=layers, loss=loss)
    assert found["loss"] == pytest.approx(-math.log(1 / 2) - math.log(1 - 3 / 4))
    assert found["layers"][0]["results"]["dA"] == pytest.approx([1 / 2 - 1, 3 / 4 - 0])
