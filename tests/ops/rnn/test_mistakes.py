"""Mistakes in recurrent networks, each with the wrong arithmetic written out here."""

from __future__ import annotations

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
