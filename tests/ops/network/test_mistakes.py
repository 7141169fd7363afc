"""Mistakes in networks, each with the wrong arithmetic written out here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from exercises import NETWORK, named

import cnngrad
from cnngrad import check
from cnngrad.ops.network.mistakes import wrong_layer


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


def test_the_asker_of_the_forum_rounded_its_sigmoids() -> None:
    """0.25, -0.15 back through the weights and s(1-s) of 0.58, 0.57, 0.65, 0.55: the deltas that the question shows."""
    deltas = {(1, 1): "0.0364182", (0, 2): "0.068628", (2, 1): "0.04675125", (3, 3): "0.06818625"}
    answer = [[deltas.get((i, j), "0") for j in range(4)] for i in range(4)]
    judged = check("example:forum-network", {"conv1.dZ": answer}).answers["conv1.dZ"]
    assert [mistake.id for mistake in judged.mistakes] == ["rounded-early"]
    assert math.isclose(0.25 * 0.61 - 0.15 * 0.02, 0.1495)


def test_a_wrong_layer_reads_the_output_that_it_adds() -> None:
    """Z = A + S with its sign turned, where S is no parameter of the layer but the output of an earlier one."""
    residual = cnngrad.run({
        "op": "network",
        "input": [1, -2],
        "layers": [{"op": "activation", "function": "relu"}, {"op": "residual", "from": "input"}],
        "delta": [1, 1],
    }).exercise.parts["residual1"][0]  # fmt: skip
    A, S, dZ = np.array([1.0, 0.0]), np.array([1.0, -2.0]), np.array([5.0, 6.0])
    wrong = wrong_layer(residual, "Z", lambda attempt: attempt.then(np.negative))(residual.layer)
    assert wrong.forward(A, S).tolist() == [-2, 2]
    wrong = wrong_layer(residual, "dS", lambda attempt: attempt.then(np.negative))(residual.layer)
    assert [list(gradient) for gradient in wrong.backward(dZ, A + S, A, S)] == [[5, 6], [-5, -6]]
