"""Mistakes in recurrent networks, each with the wrong arithmetic written out here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exercises import named

from cnngrad import check

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


def through_time(wrong: str, f: str, x: Any, W: Any, U: Any, h0: Any, deltas: Any) -> tuple[Any, Any, Any]:
    """dU, dW and db by the loop of the course, with one mistake in it."""
    h = [h0]
    for row in x:
        s = W @ row + U @ h[-1]
        h.append(np.tanh(s) if f == "tanh" else 1 / (1 + np.exp(-s)))
    states = h[1:]  # states[-1] is the last one
    dU, dW, db, back = np.zeros_like(U), np.zeros_like(W), np.zeros_like(h0), np.zeros_like(h0)
    for t in reversed(range(len(x))):
        z = states[t]
        slope = {
            "slope-sign": {"tanh": 1 + z * z, "sigmoid": z * (1 + z)},
            "one-lost": {"tanh": -z * z, "sigmoid": -z * z},
            "factor-lost": {"tanh": 1 + z, "sigmoid": z},
        }.get(wrong, {"tanh": 1 - z * z, "sigmoid": z * (1 - z)})[f]
        ds = (deltas[t] + back) * slope
        before = states[t - 1] if t or wrong == "state-wraparound" else h0
        dU += np.outer(ds, before)
        dW += np.outer(ds, x[t])
        db += ds
        back = U.T @ ds
    return dU, dW, db


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_mistakes_of_a_loop_are_named_on_random_numbers(activation: str) -> None:
    rng = np.random.default_rng(2)
    x, h0, deltas, W, U = (rng.integers(-9, 10, shape) / 10 for shape in ((3, 2), 2, (3, 2), (2, 2), (2, 2)))
    weights = {"input": W, "recurrent": U}
    spec = {"op": "rnn", "inputs": x, "h0": h0, "weights": weights, "activation": activation, "deltas": deltas}
    for id_ in ("slope-sign", "one-lost", "factor-lost", "state-wraparound"):
        dU, dW, db = through_time(id_, activation, x, W, U, h0, deltas)
        assert named(spec, "dW_recurrent", dU) == [id_]
        if id_ != "state-wraparound":
            assert (named(spec, "dW_input", dW), named(spec, "db", db)) == ([id_], [id_])
    dU, *_ = through_time("", activation, x, W, U, h0, deltas)
    assert named(spec, "dW_recurrent", 2 * dU) == ["gradient-not-reset"]


def test_a_bias_whose_steps_were_not_added_up() -> None:
    """h_t = x_t + 2 h_{t-1}: the last state has 4 times the bias of the first step, 2 times that of the second."""
    spec = RNN | {"weights": {"input": 1, "recurrent": 2}, "activation": "identity"}
    assert check(spec, {"db": 4 + 2 + 1}).verdict == "right"
    assert named(spec, "db", [4, 2, 1]) == ["bias-not-summed"]


def test_a_bias_whose_steps_and_examples_were_not_added_up() -> None:
    """h_t = x_t + 2 h_{t-1} for two examples with the upstream gradients 1 and 3 at the last state."""
    terms = np.array([[4, 2, 1], [12, 6, 3]])[..., None]  # (N, T, H)
    spec = RNN | {"weights": {"input": [[1]], "recurrent": [[2]], "bias": [0]}, "activation": "identity"}
    for layout, time in (("NTD", 1), ("TND", 0)):
        inputs = np.moveaxis(np.arange(6).reshape(2, 3, 1), 1, time)
        batch = spec | {"inputs": inputs, "layout": layout, "delta": [[1], [3]]}
        assert check(batch, {"db": [terms.sum()]}).verdict == "right"
        for wrong in (np.moveaxis(terms, 1, time), terms.sum(axis=0), terms.sum(axis=1)):
            assert named(batch, "db", wrong) == ["bias-not-summed"], wrong
