"""Mistakes in networks, each with the wrong arithmetic written out here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from commands import some
from exercises import NETWORK, named

import cnngrad
from cnngrad import check
from cnngrad.exercise.mistake import candidates
from cnngrad.ops.network.layer_mistakes import NetworkAttempt, wrong_layer


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


TANH = [{"op": "activation", "function": "tanh"}]


def layered(wrong: str, x: Any, weights: list[Any], target: Any, *, only: int | None = None) -> list[Any]:
    """dW of each dense layer with tanh after all but the last, half the squared error; the slope is wrong in one layer
    of tanh (counted from the input) or in all."""
    a, kept = x, []
    for W in weights:
        z = W @ a
        kept.append((a, z))
        a = np.tanh(z)
    back, found = kept[-1][1] - target, []
    for place in reversed(range(len(weights))):
        before, z = kept[place]
        if place < len(weights) - 1:
            t = np.tanh(z)
            right = 1 - t * t
            slope = {
                "slope-sign": 1 + t * t,
                "one-lost": -t * t,
                "factor-lost": 1 - t,
                "derivative-forgotten": t * 0 + 1,
                "derivative-at-output": 1 - np.tanh(t) ** 2,
                "derivative-at-input": 1 - z * z,
            }.get(wrong, right)
            back = back * (slope if only in (None, place) else right)
        found.append(np.outer(back, before))
        back = weights[place].T @ back
    return found[::-1]


def places(spec: Any, quantity: str, wrong: Any) -> list[tuple[str, str]]:
    """The mistakes that a wrong answer gets, with their layers."""
    judged = check(spec, {quantity: np.asarray(wrong).astype(object).tolist()}).answers[quantity]
    assert judged.verdict == "wrong"
    assert all(not each.layer or each.says.startswith(f"in {each.layer}") for each in judged.mistakes)
    return [(each.id, each.layer) for each in judged.mistakes]


@pytest.mark.parametrize(
    "id_", some(("factor-lost", "slope-sign", "one-lost", "derivative-forgotten", "derivative-at-output"), 5)
)
def test_the_same_wrong_slope_in_one_layer_and_in_all(id_: str) -> None:
    rng = np.random.default_rng(7)
    x, target = rng.integers(-9, 10, 3) / 10, np.array([0.5])
    weights = [rng.integers(-9, 10, shape) / 10 for shape in ((2, 3), (2, 2), (1, 2))]
    layers = [layer for W in weights for layer in ({"op": "dense", "weights": W}, *TANH)][:-1]
    spec = {"op": "network", "input": x, "layers": layers, "loss": {"op": "mse", "target": target}}
    right = layered("", x, weights, target)
    assert check(spec, {"dense1.dW": right[0].tolist(), "dense2.dW": right[1].tolist()}).verdict == "right"
    assert places(spec, "dense1.dW", layered(id_, x, weights, target)[0]) == [(id_, "all")]
    assert places(spec, "dense1.dW", layered(id_, x, weights, target, only=0)[0]) == [(id_, "activation1")]
    assert places(spec, "dense1.dW", layered(id_, x, weights, target, only=1)[0]) == [(id_, "activation2")]
    assert places(spec, "dense2.dW", layered(id_, x, weights, target)[1]) == [(id_, "activation2")]
    wrong = layered("derivative-at-input", x, weights, target)[0]
    assert places(spec, "dense1.dW", wrong) == [("derivative-at-input", "all")]


def correlated(A: Any, K: Any) -> Any:
    size = len(A) - len(K) + 1
    return np.array([[(A[i : i + len(K), j : j + len(K)] * K).sum() for j in range(size)] for i in range(size)])


def spread(dZ: Any, K: Any) -> Any:
    """dA by the loop of the course."""
    dA = np.zeros((len(dZ) + len(K) - 1, len(dZ) + len(K) - 1))
    for i, j in np.ndindex(dZ.shape):
        dA[i : i + len(K), j : j + len(K)] += K * dZ[i, j]
    return dA


def test_convolutions_that_are_all_wrong_in_the_same_way() -> None:
    """Three kernels: K3 and K2 are between dZ and dW of the first. dA has the turned kernel, or dZ is turned in dA and
    in dW."""
    rng = np.random.default_rng(8)
    A, dZ = rng.integers(-4, 5, (5, 5)), rng.integers(-4, 5, (2, 2))
    kernels = [rng.integers(-4, 5, (2, 2)) for _ in range(3)]
    spec = {"op": "network", "input": A, "layers": [{"op": "conv", "kernel": K} for K in kernels], "delta": dZ}

    def turned(array: Any) -> Any:
        return array[::-1, ::-1]

    rotated = correlated(A, spread(spread(dZ, turned(kernels[2])), turned(kernels[1])))
    assert ("kernel-rotated-twice", "all") in places(spec, "conv1.dW", rotated)
    assert ("kernel-rotated-twice", "all") not in places(
        spec, "conv1.dW", correlated(A, spread(spread(dZ, turned(kernels[2])), kernels[1]))
    )
    first = spread(spread(turned(dZ), kernels[2]), kernels[1])
    deltas = spread(turned(spread(turned(dZ), kernels[2])), kernels[1])
    assert ("delta-rotated", "conv3") in places(spec, "conv1.dW", correlated(A, first))
    assert ("delta-rotated", "all") in places(spec, "conv1.dW", correlated(A, turned(deltas)))
    assert ("delta-rotated", "all") in places(spec, "conv1.dW", correlated(A, deltas))
    flipped = correlated(correlated(correlated(A, turned(kernels[0])), turned(kernels[1])), turned(kernels[2]))
    assert ("kernel-flipped", "all") in places(spec, "conv3.Z", flipped)


def test_losses_and_steps_on_random_numbers() -> None:
    rng = np.random.default_rng(9)
    x, W = rng.integers(-9, 10, (4, 3)) / 10, rng.integers(-9, 10, (3, 3)) / 10
    t = np.eye(3)[[0, 2, 1, 0]]
    spec = {
        "op": "network",
        "input": x,
        "layers": [{"op": "dense", "weights": W}],
        "loss": {"op": "cross_entropy", "target": [0, 2, 1, 0]},
        "learning_rate": "0.1",
    }
    z = x @ W.T
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    right = ((p - t) / 4).T @ x
    assert check(spec, {"dense1.dW": right.tolist(), "dense1.W": (W - 0.1 * right).tolist()}).verdict == "right"
    assert places(spec, "dense1.dW", (-t / p / 4).T @ x) == [("softmax-forgotten", "")]
    assert places(spec, "dense1.dW", ((p - 1) * t / 4).T @ x) == [("target-class-only", "")]
    assert places(spec, "dense1.dZ", (p - 1) * t / 4) == [("target-class-only", "")]
    assert places(spec, "dense1.W", W - 0.1 * W) == [("weights-in-step", "")]
    assert ("batch-averaged-twice", "") in places(spec, "dense1.dW", right / 4)
    spec["loss"] = {**spec["loss"], "reduction": "sum"}  # type: ignore[dict-item]
    assert ("batch-averaged-twice", "") in places(spec, "dense1.dW", right / 4)


def test_what_a_run_has_in_common_with_the_right_one_is_not_computed_again() -> None:
    """A wrong dA of the second layer: the third one and the loss go back as they did, the first one goes on anew."""
    layers = [{"op": "dense", "weights": [[1, 2], [3, 1]]} for _ in range(3)]
    exercise = cnngrad.run({"op": "network", "input": [1, -2], "layers": layers, "delta": [1, 1]}).exercise
    (row,) = (
        each.mistake
        for each in candidates(exercise, "dense1.dW")
        if (each.mistake.id, each.mistake.layer) == ("sign-flipped", "dense2")
    )
    (wrong,) = row.variants(NetworkAttempt.at(exercise, "dense1.dW"))
    assert isinstance(wrong, NetworkAttempt)
    found = wrong.amended.gradients
    assert found.parts["dense3"] is exercise.gradients.parts["dense3"]
    assert np.array_equal(found.parts["dense1"][0], -exercise.gradients.parts["dense1"][0])
