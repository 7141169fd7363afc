"""Dense layers against arithmetic that is written out here, and their mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import recipes_code
from exercises import is_named, named, solved, whole

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


PLANES = {
    "op": "dense",
    "input": [[[1, 2, 3], [4, 5, 6]], [[0, 1, 0], [-1, 2, 1]]],
    "weights": [[1, 0, 2], [0, -1, 1]],
    "bias": [1, 2],
    "delta": [[[1, 2], [3, 4]], [[-1, 1], [0, 2]]],
}
"""Two examples of two rows with three features: 2x2x3 to 2x2x2."""


@pytest.mark.parametrize("numbers", ["float", "exact"])
def test_features_are_last_behind_any_axes(numbers: str) -> None:
    found = cnngrad.run({**PLANES, "numbers": numbers}).arrays
    assert found["Z"].tolist() == [
        [[1 * 1 + 3 * 2 + 1, -2 + 3 + 2], [4 * 1 + 6 * 2 + 1, -5 + 6 + 2]],
        [[0 + 0 + 1, -1 + 0 + 2], [-1 + 2 + 1, -2 + 1 + 2]],
    ]
    assert found["dA"].tolist() == [[[1, -2, 2 + 2], [3, -4, 6 + 4]], [[-1, -1, -2 + 1], [0, -2, 2]]]
    assert found["dW"].tolist() == [
        [1 * 1 + 3 * 4 - 0 + 0, 1 * 2 + 3 * 5 - 1 + 0, 1 * 3 + 3 * 6 - 0 + 0],
        [2 * 1 + 4 * 4 + 0 - 2, 2 * 2 + 4 * 5 + 1 + 4, 2 * 3 + 4 * 6 + 0 + 2],
    ]
    assert found["db"].tolist() == [1 + 3 - 1 + 0, 2 + 4 + 1 + 2]


def test_each_axis_before_the_features_has_a_letter() -> None:
    steps = cnngrad.run(PLANES).explain("dW[0,1]").to_dict()
    assert steps["formula"] == "sum of dZ[n,m,0]*A[n,m,1]"
    assert [term["factors"] for term in steps["terms"]][1] == ["dZ[0,1,0]", "A[0,1,1]"]


@pytest.mark.parametrize("rank", [1, 2, 3, 4, 5])
def test_every_rank_is_one_long_batch(rank: int) -> None:
    """Its rows one after the other, cell by cell: plain loops."""
    rng = np.random.default_rng(rank)
    shape = (2, 1, 3, 2)[: rank - 1]
    given, weights = rng.integers(-4, 5, (*shape, 3)), rng.integers(-4, 5, (2, 3))
    delta = rng.integers(-4, 5, (*shape, 2))
    dA, dW, db = np.zeros(given.shape), np.zeros((2, 3)), np.zeros(2)
    for place in np.ndindex(*shape):
        for o in range(2):
            db[o] += delta[(*place, o)]
            for i in range(3):
                dA[(*place, i)] += delta[(*place, o)] * weights[o, i]
                dW[o, i] += delta[(*place, o)] * given[(*place, i)]
    spec = {"op": "dense", "input": given, "weights": weights, "delta": delta}
    found = cnngrad.run(spec)
    for name, expected in (("dA", dA), ("dW", dW), ("db", db)):
        assert found.arrays[name].tolist() == expected.tolist()
        last = (*(n - 1 for n in expected.shape),)
        cell = found.explain(f"{name}[{','.join(map(str, last))}]").to_dict()
        assert sum(term["product"] for term in cell["terms"]) == expected[last]


@pytest.mark.parametrize("count", [2, 3, 6])
def test_an_average_over_examples_or_over_their_rows(count: int) -> None:
    spec = {"op": "dense", "input": [[[1], [2], [3]], [[4], [5], [6]]], "weights": [[7]], "delta": [[[8]] * 3] * 2}
    assert "batch-averaged" in named(spec, "dW", np.array([[8 * (1 + 2 + 3 + 4 + 5 + 6) / count]]))


def test_a_layer_of_a_network_keeps_the_axes_before_the_features() -> None:
    """A sequence in a batch: its layout is found, and what follows reads the batch."""
    rows = {"op": "network", "input": PLANES["input"], "delta": 1}
    dense = {"op": "dense", "weights": PLANES["weights"], "bias": PLANES["bias"]}
    found = cnngrad.run({**rows, "layers": [dense, {"op": "flatten"}]})
    assert found.to_dict()["settings"]["layout"] == "NLC"
    assert found.arrays["flatten1.Z"].tolist() == [[8, 3, 17, 3], [1, 1, 2, 1]]
    planes = cnngrad.run({**rows, "layout": "HWC", "layers": [dense, {"op": "pool", "window": 2}]})
    assert planes.arrays["pool1.Z"].tolist() == [[[17, 3]]]


def test_what_real_code_does_to_a_batch() -> None:
    """A dW and a db for every mistake that is computed in plain loops; as many examples as neurons, and fewer."""
    rng = np.random.default_rng(5)
    for examples in (2, 3):
        A, W, dZ = whole((examples, 4), rng), whole((3, 4), rng), whole((examples, 3), rng)
        spec = {"op": "dense", "input": A, "weights": W, "delta": dZ}
        for quantity, recipe, right in (
            ("dW", recipes_code.dense_kernel, dZ.T @ A),
            ("db", recipes_code.dense_bias, dZ.sum(axis=0)),
        ):
            for id_, wrong in recipe(A, dZ):
                is_named(spec, quantity, id_, wrong, right)
        is_named(spec, "dA", "gradient-not-reset", 2 * dZ @ W, dZ @ W)
        is_named(spec, "dA", "never-accumulated", 0 * dZ @ W, dZ @ W)
