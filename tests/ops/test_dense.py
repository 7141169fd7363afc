"""Dense layers against arithmetic that is written out here, and their mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exercises import named, solved

import cnngrad

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


def test_a_dense_layer_sums_over_the_batch() -> None:
    found = solved(
        op="dense",
        input=[[1, 2], [3, 4]],
        weights=[[5, 6], [7, 8]],
        bias=[9, 10],
        delta=[[1, -1], [2, 3]],
    )
    assert found["Z"] == [[1 * 5 + 2 * 6 + 9, 1 * 7 + 2 * 8 + 10], [3 * 5 + 4 * 6 + 9, 3 * 7 + 4 * 8 + 10]]
    assert found["dA"] == [[1 * 5 - 1 * 7, 1 * 6 - 1 * 8], [2 * 5 + 3 * 7, 2 * 6 + 3 * 8]]
    assert found["dW"] == [[1 * 1 + 2 * 3, 1 * 2 + 2 * 4], [-1 * 1 + 3 * 3, -1 * 2 + 3 * 4]]
    assert found["db"] == [1 + 2, -1 + 3]


def test_one_vector_through_one_neuron() -> None:
    found = solved(op="dense", input=[1, 2], weights=[[3, 4]], bias=5, delta=[2])
    assert found == {"Z": [1 * 3 + 2 * 4 + 5], "dA": [2 * 3, 2 * 4], "dW": [[2 * 1, 2 * 2]], "db": 2}


def test_a_bias_of_one_number_has_one_exact_gradient() -> None:
    spec = {"op": "dense", "input": [[1, 2], [3, 4]], "weights": [[5, 6]], "bias": 7, "delta": [[1], [2]]}
    result = cnngrad.run({**spec, "numbers": "exact"})
    assert result.arrays["Z"].tolist() == [[1 * 5 + 2 * 6 + 7], [3 * 5 + 4 * 6 + 7]]
    assert result.arrays["db"] == 1 + 2
    assert result.explain("db").to_dict()["terms"][1]["factors"] == ["dZ[1,0]"]
