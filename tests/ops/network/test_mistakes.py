"""Mistakes outside the windows, each with the wrong arithmetic written out here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cnngrad import check
from cnngrad.ops import OPS


def named(spec: Any, quantity: str, wrong: Any) -> list[str]:
    """The ids that a wrong answer gets."""
    judged = check(spec, {quantity: np.asarray(wrong).astype(object).tolist()}).answers[quantity]
    assert judged.verdict in ("wrong", "refused"), judged
    return [mistake.id for mistake in judged.mistakes]


A, W, b = np.array([1.0, -2.0, 3.0]), np.array([[2.0, 1.0, -1.0], [0.0, 3.0, 4.0], [5.0, -3.0, 1.0]]), np.ones(3)
upstream = np.array([2.0, -1.0, 4.0])
DENSE = {"op": "dense", "input": A, "weights": W, "bias": b, "delta": upstream}


@pytest.mark.parametrize(
    ("quantity", "id_", "wrong"),
    [
        ("Z", "weights-transposed", W.T @ A + b),
        ("Z", "bias-forgotten", W @ A),
        ("Z", "elementwise-for-dot", np.diag(W) * A + b),
        ("dA", "weights-transposed", W @ upstream),
        ("dA", "elementwise-for-dot", np.diag(W) * upstream),
        ("dA", "unweighted", np.full(3, upstream.sum())),
        ("dA", "upstream-forgotten", W.sum(axis=0)),
        ("dA", "gradient-as-weights", np.outer(upstream, A).T @ upstream),
        ("dA", "sign-flipped", -(W.T @ upstream)),
        ("dW", "elementwise-for-dot", upstream * A),
        ("dW", "result-transposed", np.outer(A, upstream)),
        ("dW", "upstream-forgotten", np.outer(np.ones(3), A)),
        ("dW", "gradient-not-reset", 2 * np.outer(upstream, A)),
        ("db", "upstream-forgotten", np.ones(3)),
        ("db", "gradient-not-reset", 2 * upstream),
    ],
)
def test_dense(quantity: str, id_: str, wrong: Any) -> None:
    assert id_ in named(DENSE, quantity, wrong)


def test_a_batch_averaged() -> None:
    batch, deltas = np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([[1.0], [5.0]])
    spec = {"op": "dense", "input": batch, "weights": [[2, 3]], "delta": deltas}
    assert "batch-averaged" in named(spec, "dW", deltas.T @ batch / 2)


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


RNN = {"op": "rnn", "inputs": [1, 2, -1], "weights": {"input": 1, "recurrent": "0.5"}, "delta": 1}


@pytest.mark.parametrize(
    ("id_", "wrong"),
    [
        ("state-not-previous", "-0.350760"),
        ("last-step-only", "0.767032"),
        ("derivative-forgotten", "1.363838"),
        ("derivative-at-output", "0.927867"),
        ("recurrent-weight-missing", "0.787017"),
        ("steps-averaged", "0.259008"),
    ],
)
def test_the_recurrent_network_of_the_facts(id_: str, wrong: str) -> None:
    """h0 = 0, w = 0.5, u = 1, x = (1, 2, -1), tanh, L = h3: dw = 0.777024."""
    judged = check(RNN, {"dW_recurrent": wrong}).answers["dW_recurrent"]
    assert [mistake.id for mistake in judged.mistakes][:1] == [id_]
    assert check(RNN, {"dW_recurrent": "0.777024"}).verdict == "right"


def test_recurrent_mistakes_by_hand() -> None:
    """h_t = x_t + 2 h_{t-1}: h = 1, 4, 7; deltas 1, 10, 100 arrive as 421, 210, 100 = 1+2*210, 10+2*100, 100."""
    spec = {
        "op": "rnn",
        "inputs": [1, 2, -1],
        "weights": {"input": 1, "recurrent": 2},
        "activation": "identity",
        "deltas": [1, 10, 100],
    }
    right = 421 * 0 + 210 * 1 + 100 * 4
    assert check(spec, {"dW_recurrent": right, "dh": [421, 210, 100]}).verdict == "right"
    for id_, wrong in (
        ("first-step-only", 0),
        ("last-step-only", 400),
        ("external-delta-lost", 200 * 1 + 100 * 4),
        ("recurrent-weight-missing", 110 * 1 + 100 * 4),
        ("steps-averaged", right / 3),
        ("state-not-previous", 421 * 1 + 210 * 4 + 100 * 7),
        ("sign-flipped", -right),
    ):
        assert id_ in named(spec, "dW_recurrent", wrong), id_


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


NETWORK = {
    "op": "network",
    "input": [1, -2],
    "layers": [
        {"op": "dense", "weights": [[1, 2], [3, 1]]},
        {"op": "activation", "function": "relu"},
        {"op": "dense", "weights": [[2, -1]]},
    ],
    "loss": {"op": "mse", "target": [3]},
    "learning_rate": "0.1",
}
"""dense1 gives (-3, 1), relu (0, 1), dense2 -1, so dZ = -1 - 3 = -4; dense2.dW = (0, -4), back come (-8, 4), after
relu (0, 4), so dense1.dW = ((0, 0), (4, -8))."""


@pytest.mark.parametrize(
    ("quantity", "id_", "wrong"),
    [
        ("dense1.dW", "derivative-forgotten", [[-8, 16], [4, -8]]),
        ("dense1.dW", "loss-doubled", [[0, 0], [8, -16]]),
        ("dense1.dW", "gradient-not-reset", [[0, 0], [8, -16]]),
        ("dense1.dW", "loss-halved", [[0, 0], [2, -4]]),
        ("dense1.dW", "unweighted", [[0, 0], [-4, 8]]),
        ("dense1.dW", "updated-weights", [[0, 0], [2.4, -4.8]]),  # W2 - 0.1*(0, -4) = (2, -0.6); -4 * -0.6 = 2.4
        ("dense1.dW", "gradient-as-weights", [[0, 0], [16, -32]]),  # dense2.dW for W2: -4 * -4
        ("dense2.W", "step-uphill", [[2, -1.4]]),
        ("dense2.W", "step-twice", [[2, -0.96]]),  # -1 + 0.01*4
        ("dense2.W", "gradient-not-reset", [[2, -0.2]]),
    ],
)
def test_networks(quantity: str, id_: str, wrong: Any) -> None:
    right = check(NETWORK, {"dense1.dW": [[0, 0], [4, -8]], "dense2.W": [[2, "-0.6"]], "loss": 8})
    assert right.verdict == "right"
    assert id_ in named(NETWORK, quantity, wrong)


def test_softmax_differentiated_once_more() -> None:
    """After p - t the slope p(1-p) is multiplied again."""
    z = np.array([1.0, 2.0, -1.0])
    p = np.exp(z) / np.exp(z).sum()
    spec = {
        "op": "network",
        "input": z,
        "layers": [{"op": "activation", "function": "identity"}],
        "loss": {"op": "cross_entropy", "target": 1},
    }
    right = p - np.array([0, 1, 0])
    assert check(spec, {"dA": right.tolist()}).verdict == "right"
    assert "softmax-diagonal" in named(spec, "dA", right * p * (1 - p))


def test_flatten_in_another_order() -> None:
    """HWC 1x2x2: cells (1 2) (3 4) flatten to 1 2 3 4; channels first they are 1 3 2 4."""
    spec = {
        "op": "network",
        "input": [[[1, 2], [3, 4]]],
        "layers": [{"op": "flatten"}, {"op": "dense", "weights": [[1, 10, 100, 1000]]}],
        "delta": [1],
    }
    assert "flatten-order" in named(spec, "flatten1.Z", [1, 3, 2, 4])
    assert "flatten-order" in named(spec, "dense1.Z", [1 + 30 + 200 + 4000])
    assert "flatten-order" in named(spec, "flatten1.dA", [[[1, 100], [10, 1000]]])


def test_the_asker_of_the_forum_rounded_its_sigmoids() -> None:
    """0.25, -0.15 back through the weights and s(1-s) of 0.58, 0.57, 0.65, 0.55: the deltas that the question shows."""
    deltas = {(1, 1): "0.0364182", (0, 2): "0.068628", (2, 1): "0.04675125", (3, 3): "0.06818625"}
    answer = [[deltas.get((i, j), "0") for j in range(4)] for i in range(4)]
    judged = check("example:forum-network", {"conv1.dZ": answer}).answers["conv1.dZ"]
    assert [mistake.id for mistake in judged.mistakes] == ["rounded-early"]
    assert math.isclose(0.25 * 0.61 - 0.15 * 0.02, 0.1495)


def test_every_row_says_and_asks() -> None:
    for row in [row for op in OPS.values() for row in op.part("ROWS")]:
        assert row.says, row.id
        assert row.says[0].islower(), row.id
        assert row.ask.endswith("?"), row.id
        assert row.needs, row.id
    assert len(
        {
            (row.op, row.id, quantity)
            for row in [row for op in OPS.values() for row in op.part("ROWS")]
            for quantity in row.quantities
        }
    ) == sum(len(row.quantities) for row in [row for op in OPS.values() for row in op.part("ROWS")])


IDS = """
kernel-flipped bias-per-product bias-forgotten bias-first-for-all stride-ignored channels-first-only
channels-averaged padding-forgotten padding-once size-off-by-one same-symmetric dilation-off-by-one axes-swapped
max-pad-zero average-for-max max-for-average kernel-rotated-twice kernel-transposed delta-rotated delta-transposed
delta-not-dilated overwritten valid-not-full padding-not-cropped padding-cropped-twice pad-slice-zero
filter-last-only filter-first-only channels-swapped stride-dilation-swapped upstream-forgotten
input-instead-of-kernel batch-averaged positions-averaged sign-flipped result-rotated result-transposed
input-rotated unpadded-input all-averaged channels-summed kernel-instead-of-input bias-mean bias-batch-averaged
bias-one-cell bias-shared bias-count ties-all ties-split ties-last ties-first ties-column-major window-overwritten
mask-by-value times-value mask-only everyone minimum first-window-only divided-by-side share-only pad-counted
pad-not-counted derivative-at-output derivative-at-input derivative-forgotten mask-from-delta zero-is-one
softmax-diagonal loss-doubled loss-halved loss-averaged weights-transposed elementwise-for-dot unweighted
flatten-order updated-weights step-uphill step-twice gradient-not-reset gradient-as-weights fork-overwritten
product-not-swapped sum-scaled chain-divided exp-input max-both max-smaller rounded-early last-step-only
first-step-only state-not-previous external-delta-lost recurrent-weight-missing steps-averaged
"""


def test_the_table_is_complete() -> None:
    assert {row.id for row in [row for op in OPS.values() for row in op.part("ROWS")]} == set(IDS.split())
