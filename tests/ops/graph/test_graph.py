"""Graphs against arithmetic that is written out here."""

from __future__ import annotations

import math

import pytest
from exercises import solved


def test_the_json_of_a_graph() -> None:
    found = solved(op="graph", expression={"q": "x + y", "f": "q * z"}, values={"x": -2, "y": 5, "z": -4})
    assert found == {
        "value": -12.0,
        "gradients": {"x": -4.0, "y": -4.0, "z": 3.0},
        "nodes": [
            {
                "name": "q",
                "expression": "x + y",
                "gate": "add",
                "inputs": ["x", "y"],
                "value": 3.0,
                "local": [1.0, 1.0],
                "upstream": -4.0,
            },
            {
                "name": "f",
                "expression": "q * z",
                "gate": "mul",
                "inputs": ["q", "z"],
                "value": -12.0,
                "local": [-4.0, 3.0],
                "upstream": 1.0,
            },
        ],
    }


GRADIENTS: list[tuple[str, dict[str, float], dict[str, float]]] = [
    ("x*x", {"x": 3}, {"x": 6}),
    ("x*x*x", {"x": 2}, {"x": 12}),
    ("x**3", {"x": 2}, {"x": 12}),
    ("x - y", {"x": 1, "y": 2}, {"x": 1, "y": -1}),
    ("x / y", {"x": 6, "y": 2}, {"x": 1 / 2, "y": -6 / 4}),
    ("-x", {"x": 1}, {"x": -1}),
    ("max(x, y, z)", {"x": 1, "y": 5, "z": 2}, {"x": 0, "y": 1, "z": 0}),
    ("max(x, y)", {"x": 5, "y": 5}, {"x": 1, "y": 0}),
    ("min(x, y)", {"x": 1, "y": 5}, {"x": 1, "y": 0}),
    ("abs(x)", {"x": -3}, {"x": -1}),
    ("sqrt(x)", {"x": 4}, {"x": 1 / 4}),
    ("exp(x)", {"x": 0}, {"x": 1}),
    ("log(x)", {"x": 4}, {"x": 1 / 4}),
    ("sin(x) + cos(x)", {"x": 0}, {"x": 1}),
    ("sigmoid(x)", {"x": 0}, {"x": 1 / 4}),
    ("tanh(x)", {"x": 0}, {"x": 1}),
    ("relu(x) + relu(y)", {"x": -1, "y": 2}, {"x": 0, "y": 1}),
    ("x**y", {"x": 2, "y": 3}, {"x": 12, "y": 8 * math.log(2)}),
    ("3", {"x": 2}, {"x": 0}),
    ("x", {"x": 2}, {"x": 1}),
]


@pytest.mark.parametrize(("expression", "values", "gradients"), GRADIENTS)
def test_gradients_of_expressions(expression: str, values: dict[str, float], gradients: dict[str, float]) -> None:
    found = solved(op="graph", expression=expression, values=values)
    assert found["gradients"] == pytest.approx(gradients, rel=1e-15)


def test_the_upstream_gradient_scales_everything() -> None:
    found = solved(op="graph", expression="x*y", values={"x": 2, "y": 3}, delta=10)
    assert found["gradients"] == {"x": 30, "y": 20}
