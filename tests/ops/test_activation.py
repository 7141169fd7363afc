"""Activations against arithmetic that is written out here, and their mistakes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from exercises import named, solved

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
