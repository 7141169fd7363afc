"""Recurrent networks against arithmetic that is written out here, and against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from architectures import Numbers
from exercises import solved

import cnngrad


def test_a_recurrent_network_of_two_steps() -> None:
    # identity: h0 = 1; h[0] = 2*3 + 5*1 + 1 = 12; h[1] = 2*4 + 5*12 + 1 = 69
    found = solved(
        op="rnn",
        inputs=[3, 4],
        weights={"input": 2, "recurrent": 5, "bias": 1},
        h0=1,
        activation="identity",
        deltas=[10, 1],
    )
    assert found["h"] == [12, 69]
    assert found["dh"] == [10 + 1 * 5, 1]
    assert found["dx"] == [15 * 2, 1 * 2]
    assert found["dh0"] == 15 * 5
    assert found["terms"] == {"dW_input": [15 * 3, 1 * 4], "dW_recurrent": [15 * 1, 1 * 12], "db": [15, 1]}
    assert (found["dW_input"], found["dW_recurrent"], found["db"]) == (15 * 3 + 4, 15 + 12, 15 + 1)


def test_the_delta_of_the_last_state_alone() -> None:
    spec = {"op": "rnn", "inputs": [3, 4], "weights": {"input": 2, "recurrent": 5}, "activation": "identity"}
    alone, all_of_them = (solved(**spec, **given) for given in ({"delta": 7}, {"deltas": [0, 7]}))
    assert alone == all_of_them
    assert alone["dh"] == [7 * 5, 7]


def test_matrices_of_a_recurrent_network_against_numpy() -> None:
    x, W, U, b = (np.array(rows) for rows in ([[1, 2], [3, 4]], [[1, -1], [2, 0]], [[0, 1], [1, 1]], [1, 2]))
    found = solved(
        op="rnn",
        inputs=x.tolist(),
        weights={"input": W.tolist(), "recurrent": U.tolist(), "bias": b.tolist()},
        activation="identity",
        delta=[1, 2],
    )
    first = W @ x[0] + b
    last = W @ x[1] + U @ first + b
    back = U.T @ [1, 2]
    assert found["h"] == [first.tolist(), last.tolist()]
    assert found["dW_recurrent"] == np.outer([1, 2], first).tolist()
    assert found["dW_input"] == (np.outer(back, x[0]) + np.outer([1, 2], x[1])).tolist()
    assert found["dx"] == [(W.T @ back).tolist(), (W.T @ [1, 2]).tolist()]


@pytest.mark.parametrize("function", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("hidden", [1, 3])
def test_recurrent_networks(function: str, hidden: int) -> None:
    numbers = Numbers(hidden)
    spec = {
        "op": "rnn",
        "inputs": numbers(4, 2),
        "weights": {"input": numbers(hidden, 2), "recurrent": numbers(hidden, hidden), "bias": numbers(hidden)},
        "h0": numbers(hidden),
        "activation": function,
        "deltas": numbers(4, hidden),
    }
    result = cnngrad.run(spec, gradcheck=True)
    assert result.gradcheck is not None
    assert result.gradcheck.passed
    assert all(law.holds for law in result.laws)
    for name, terms in result.results["terms"].items():
        assert sum(terms) == pytest.approx(result.results[name], rel=1e-12, abs=1e-14)
