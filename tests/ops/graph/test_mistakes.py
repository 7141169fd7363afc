"""Mistakes in graphs, each with the wrong arithmetic written out here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from exercises import named

import cnngrad
from cnngrad import check
from cnngrad.exercise.mistake import candidates

GRAPH = {"op": "graph", "expression": {"q": "x * y", "r": "q + x", "f": "r * z"}, "values": {"x": 2, "y": 5, "z": 3}}


@pytest.mark.parametrize(
    ("quantity", "id_", "wrong"),
    [
        ("dx", "fork-overwritten", 15),  # 3*5 alone, or 3*1 alone; together 18
        ("dx", "fork-overwritten", 3),
        ("dy", "product-not-swapped", 12 * 5),  # dr = r = 12, dq = 12, dy = 12*y
        ("dx", "sum-scaled", 3 * 10 * 5 + 3 * 2),  # dq = 3*q, and 3*x straight
        ("dy", "chain-divided", 1 / 3 / 2),
        ("dy", "upstream-forgotten", 2),
        ("dz", "sign-flipped", -12),
    ],
)
def test_graphs(quantity: str, id_: str, wrong: float) -> None:
    """f = (x*y + x)*z at 2, 5, 3: q = 10, r = 12, f = 36; dz = 12, dr = 3, dy = 3*2 = 6, dx = 3*5 + 3 = 18."""
    right = check(GRAPH, {"dx": 18, "dy": 6, "dz": 12})
    assert right.verdict == "right"
    judged = check(GRAPH, {quantity: repr(wrong)}).answers[quantity]
    assert id_ in [mistake.id for mistake in judged.mistakes], judged


def test_gates_of_their_own() -> None:
    exp = {"op": "graph", "expression": "exp(x) * 4", "values": {"x": 2}}
    assert "exp-input" in named(exp, "dx", 8)
    routed = {"op": "graph", "expression": "max(x, y) * 4", "values": {"x": 2, "y": 1}}
    assert "max-both" in named(routed, "dy", 4)
    assert "max-smaller" in named(routed, "dx", 0)
    kink = {"op": "graph", "expression": "relu(x) * 4", "values": {"x": 0}}
    assert "zero-is-one" in named(kink, "dx", 4)


def test_rounded_early_in_a_graph() -> None:
    """The neuron of the lecture with two decimals: 0.37, 1.37, 0.73; -0.53, -0.53, -0.20, so dw0 = -0.20."""
    judged = check("example:lecture-neuron", {"dw0": "-0.20", "dw1": "-0.40"})
    assert judged.answers["dw0"].verdict == "right"
    assert judged.answers["dw1"].verdict == "rounded"
    assert [mistake.id for mistake in judged.answers["dw1"].mistakes] == ["rounded-early"]


RULES: dict[str, Callable[..., tuple[float, ...]]] = {
    "-": lambda g: (g, -g),
    "/": lambda g, a, b: (g / b, -g * a / b**2),
    "tanh": lambda g, t: (g * (1 - t * t),),
}
WRONG: list[tuple[str, str, Callable[..., tuple[float, ...]]]] = [
    ("minus-forgotten", "-", lambda g: (g, g)),
    ("quotient-rule", "/", lambda g, a, b: (g / b, g * a / b**2)),
    ("quotient-rule", "/", lambda g, _, b: (g / b, g / b)),
    ("quotient-rule", "/", lambda g, a, b: (g / a, g * b)),
    ("slope-sign", "tanh", lambda g, t: (g * (1 + t * t),)),
    ("one-lost", "tanh", lambda g, t: (g * -t * t,)),
    ("factor-lost", "tanh", lambda g, t: (g * (1 - t),)),
    ("factor-lost", "tanh", lambda g, t: (g * (1 + t),)),
]


class Value:
    """A number with its gradient, as in micrograd: its inputs, and the gradients that it gives them."""

    def __init__(self, data: float, rules: Any, inputs: Any = (), local: Any = lambda _: ()) -> None:
        self.data, self.rules, self.inputs, self.local, self.grad = data, rules, inputs, local, 0.0

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, self.rules, (self, other), lambda g: (g, g))

    def __mul__(self, other: Value) -> Value:
        a, b = self.data, other.data
        return Value(a * b, self.rules, (self, other), lambda g: (g * b, g * a))

    def __sub__(self, other: Value) -> Value:
        return Value(self.data - other.data, self.rules, (self, other), self.rules["-"])

    def __truediv__(self, other: Value) -> Value:
        a, b = self.data, other.data
        return Value(a / b, self.rules, (self, other), lambda g: self.rules["/"](g, a, b))

    def tanh(self) -> Value:
        t = float(np.tanh(self.data))
        return Value(t, self.rules, (self,), lambda g: self.rules["tanh"](g, t))

    def backward(self) -> None:
        """From the output back, each value after all that read it."""
        order: list[Value] = []

        def visit(value: Value) -> None:
            if all(value is not other for other in order):
                for each in value.inputs:
                    visit(each)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            for each, gradient in zip(value.inputs, value.local(value.grad), strict=True):
                each.grad += gradient

    def recursion(self) -> None:
        """Inputs left to right, each visit with the total so far."""
        for each, gradient in zip(self.inputs, self.local(self.grad), strict=True):
            each.grad += gradient
            each.recursion()


EXPRESSION = {"p": "x / y", "q": "p - z", "r": "tanh(q)", "s": "r * q", "f": "s + p"}


def gradients(at: Any, rules: Any = RULES, passes: tuple[str, ...] = ("backward",)) -> dict[str, float]:
    """Those of x, y, z after some backward passes through the expression."""
    x, y, z = inputs = [Value(number, rules) for number in at]
    p = x / y
    q = p - z
    out = q.tanh() * q + p
    out.grad = 1.0
    for name in passes:
        getattr(out, name)()
    return dict(zip(("dx", "dy", "dz"), (each.grad for each in inputs), strict=True))


def test_mistakes_of_micrograd_are_named_on_random_numbers() -> None:
    rng = np.random.default_rng(3)
    for _ in range(2):
        at = [float(number) for number in rng.integers(1, 20, 3) * rng.choice([-1, 1], 3) / 10]
        spec = {"op": "graph", "expression": EXPRESSION, "values": dict(zip("xyz", at, strict=True))}
        right = gradients(at)
        assert check(spec, {name: repr(number) for name, number in right.items()}).verdict == "right"
        wrong = [(id_, gradients(at, {**RULES, gate: rule})) for id_, gate, rule in WRONG]
        wrong += [
            ("gradient-not-reset", gradients(at, passes=("backward", "backward"))),
            ("counted-again", gradients(at, passes=("recursion",))),
        ]
        for id_, answer in wrong:
            for name, number in answer.items():
                assert number == right[name] or id_ in named(spec, name, repr(number)), (id_, name)


def test_a_graph_with_very_many_paths_is_not_walked_by_recursion() -> None:
    """Three doublings: v2 has 1, then 2; v1 has 1, 2, then 4, 6; x gets each of these twice. Thirty have 2^30 paths."""
    for doublings, found in ((3, [2 * (1 + 2 + 4 + 6)]), (30, [])):
        steps = {"v1": "x + x"} | {f"v{i}": f"v{i - 1} + v{i - 1}" for i in range(2, doublings + 1)}
        exercise = cnngrad.run({"op": "graph", "expression": steps, "values": {"x": 1}}).exercise
        (row,) = (each for each in candidates(exercise, "dx") if each.mistake.id == "counted-again")
        assert [float(result) for result in row.results()] == found


def test_a_wrong_slope_in_functions_of_two_kinds() -> None:
    """f = sigmoid(x)*tanh(x) with s = sigmoid(0.5), t = tanh(0.5): df/dx = s(1-s)*t + s*(1-t*t)."""
    s, t = 1 / (1 + math.exp(-0.5)), math.tanh(0.5)
    spec = {"op": "graph", "expression": "sigmoid(x) * tanh(x)", "values": {"x": 0.5}}
    assert check(spec, {"dx": repr(s * (1 - s) * t + s * (1 - t * t))}).verdict == "right"
    for id_, of_s, of_t in (
        ("slope-sign", s * (1 + s), 1 + t * t),
        ("slope-sign", s * (1 + s), 1 - t * t),
        ("one-lost", -s * s, -t * t),
        ("factor-lost", 1 - s, 1 + t),
        ("factor-lost", s, 1 - t),
    ):
        assert named(spec, "dx", repr(of_s * t + s * of_t)) == [id_]
