"""Mistakes in graphs, each with the wrong arithmetic written out here."""

from __future__ import annotations

import pytest
from exercises import named

from cnngrad import check

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
