"""Activations against arithmetic that is written out here, and their mistakes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from exercises import named, solved

from cnngrad import check

Z = np.array([0.5, -1.0, 0.0, 2.0])


d = np.array([2.0, -3.0, 5.0, -1.0])


def s(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("function", "id_", "wrong"),
    [
        ("sigmoid", "derivative-at-output", d * s(s(Z)) * (1 - s(s(Z)))),
        ("sigmoid", "derivative-at-input", d * Z * (1 - Z)),
        ("sigmoid", "derivative-forgotten", d),
        ("sigmoid", "mask-only", s(Z) * (1 - s(Z))),
        ("tanh", "derivative-at-output", d * (1 - np.tanh(np.tanh(Z)) ** 2)),
        ("tanh", "derivative-at-input", d * (1 - Z**2)),
        ("tanh", "sign-flipped", -d * (1 - np.tanh(Z) ** 2)),
        ("relu", "mask-from-delta", np.where(d > 0, d, 0)),
        ("relu", "mask-only", (Z > 0).astype(float)),
        ("relu", "zero-is-one", np.where(Z >= 0, d, 0)),
        ("relu", "derivative-forgotten", d),
        ("softmax", "softmax-diagonal", d * np.exp(Z) / np.exp(Z).sum() * (1 - np.exp(Z) / np.exp(Z).sum())),
    ],
)
def test_activations(function: str, id_: str, wrong: Any) -> None:
    assert id_ in named({"op": "activation", "function": function, "input": Z, "delta": d}, "dA", wrong)


SLOPES = [
    ("identity", -2.0, -2.0, 1.0),
    ("relu", -2.0, 0.0, 0.0),
    ("relu", 0.0, 0.0, 0.0),
    ("relu", 3.0, 3.0, 1.0),
    ("leaky_relu", -2.0, -0.02, 0.01),
    ("leaky_relu", 2.0, 2.0, 1.0),
    ("sigmoid", 0.0, 0.5, 0.25),
    ("tanh", 0.0, 0.0, 1.0),
    ("elu", -1.0, math.exp(-1) - 1, math.exp(-1)),
    ("elu", 2.0, 2.0, 1.0),
    ("softplus", 0.0, math.log(2), 0.5),
    ("silu", 1.0, 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(-1)) * (1 + 1 / (1 + math.e))),
    (
        "gelu",
        1.0,
        0.5 * (1 + math.erf(1 / math.sqrt(2))),
        0.5 * (1 + math.erf(1 / math.sqrt(2))) + math.exp(-0.5) / math.sqrt(2 * math.pi),
    ),
]


@pytest.mark.parametrize(("function", "at", "value", "slope"), SLOPES)
def test_every_function_has_its_value_and_its_slope(function: str, at: float, value: float, slope: float) -> None:
    found = solved(op="activation", function=function, input=[at], delta=[2])
    assert found["Z"] == pytest.approx([value], rel=1e-15)
    assert found["dA"] == pytest.approx([2 * slope], rel=1e-15)


def test_log_softmax_is_the_logarithm_of_softmax() -> None:
    # exp(0) + exp(log 3) = 4: softmax is 1/4, 3/4; dA[i] = dZ[i] - softmax[i] * sum of dZ, here 2 + 6 = 8
    found = solved(op="activation", function="log_softmax", input=[0, math.log(3)], delta=[2, 6])
    assert found["Z"] == pytest.approx([math.log(1 / 4), math.log(3 / 4)], abs=1e-15)
    assert found["dA"] == pytest.approx([2 - 8 / 4, 6 - 8 * 3 / 4], abs=1e-14)


def test_softmax_mixes_a_row() -> None:
    # exp(0) : exp(log 3) = 1 : 3, so p = (1/4, 3/4); dA = p*(dZ - p.dZ) with p.dZ = 1/4
    found = solved(op="activation", function="softmax", input=[0, math.log(3)], delta=[1, 0])
    assert found["Z"] == pytest.approx([1 / 4, 3 / 4])
    assert found["dA"] == pytest.approx([1 / 4 * (1 - 1 / 4), 3 / 4 * (0 - 1 / 4)])


def jacobian(p: Any) -> Any:
    """∂p[n]/∂A[j] of softmax, cell by cell."""
    return np.array([[p[n] * ((n == j) - p[j]) for j in range(len(p))] for n in range(len(p))])


def wrong_slopes(function: str, A: Any, d: Any) -> dict[str, list[Any]]:
    """dA as one gets it with each wrong slope, written out; the row for softmax in loops."""
    t, sig = np.tanh(A), s(A)
    if function == "tanh":
        return {"slope-sign": [d * (1 + t * t)], "one-lost": [d * -t * t], "factor-lost": [d * (1 - t), d * (1 + t)]}
    if function == "sigmoid":
        return {"slope-sign": [d * sig * (1 + sig)], "one-lost": [-d * sig**2], "factor-lost": [d * (1 - sig), d * sig]}
    if function in ("leaky_relu", "elu"):
        return {"leak-forgotten": [np.array([g if a > 0 else 0 for a, g in zip(A, d, strict=True)])]}
    p = np.exp(A) / np.exp(A).sum()
    J, last = jacobian(p), len(p) - 1
    turned = J.copy()
    for i in range(len(p)):
        turned[i, i] = -p[i] * (1 - p[i])
    return {
        "softmax-diagonal-sign": [d @ turned],
        "softmax-of-input": [d @ jacobian(A)],
        "softmax-overwritten": [np.array([d[last] * J[last, j] for j in range(len(p))])],
    }


@pytest.mark.parametrize("function", ["tanh", "sigmoid", "leaky_relu", "elu", "softmax"])
def test_wrong_slopes_are_named_on_random_numbers(function: str) -> None:
    rng = np.random.default_rng(4)
    for _ in range(5):
        A, d = rng.integers(-30, 30, 4) / 10, rng.integers(1, 9, 4) * rng.choice([-100, 100], 4)
        A[:2], d[1] = (-abs(A[0]) - 0.1, abs(A[1]) + 0.1), -100
        spec = {"op": "activation", "function": function, "input": A, "delta": d}
        for id_, answers in wrong_slopes(function, A, d).items():
            assert [named(spec, "dA", wrong) for wrong in answers] == [[id_]] * len(answers), id_


def test_softmax_goes_along_its_axis_when_it_is_computed_wrongly() -> None:
    A, d = np.array([[1.0, 0.5, 2], [0, -1, 1]]), np.array([[2.0, -1, 3], [4, 1, -2]])
    rows = [wrong_slopes("softmax", a, g) for a, g in zip(A, d, strict=True)]
    for id_ in rows[0]:
        wrong = np.array([row[id_][0] for row in rows])
        for axis, turned in ((-1, lambda array: array), (0, np.transpose), (-2, np.transpose)):
            spec = {"op": "activation", "function": "softmax", "input": turned(A), "delta": turned(d), "axis": axis}
            assert named(spec, "dA", turned(wrong)) == [id_]


def test_a_leak_that_two_decimals_hide_is_unclear() -> None:
    """-0.3*0.01 = -0.003: an answer of 0.00 says nothing about it; 0.000 is wrong, -0.003 right."""
    spec = {"op": "activation", "function": "leaky_relu", "input": [-1, 2], "delta": ["-0.3", -1]}
    judged = check(spec, {"dA": ["0.00", "-1.00"]}).answers["dA"]
    assert (judged.verdict, judged.decimals) == ("unclear", 3)
    assert check(spec, {"dA": ["-0.003", "-1"]}).verdict == "right"
    assert named(spec, "dA", ["0.000", "-1.000"]) == ["leak-forgotten"]
    assert named(spec, "Z", ["0.00", "2.00"]) == ["leak-forgotten"]
