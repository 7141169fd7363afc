"""Batches of a recurrent network: each example by itself, and PyTorch's RNN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from architectures import Numbers
from exercises import named
from pytorch import INSTALLED, torch

import cnngrad

WEIGHTS = {"input": [[1, -1], [2, 0]], "recurrent": [[0, 1], [1, 1]], "bias": [1, 2]}
BATCH: dict[str, Any] = {
    "op": "rnn",
    "layout": "NTD",
    "inputs": [[[1, 2], [3, 4], [0, 1]], [[0, 1], [1, -1], [2, 0]]],
    "weights": WEIGHTS,
    "activation": "identity",
    "h0": [[1, 0], [2, 1]],
    "deltas": [[[1, 0], [0, 1], [1, 2]], [[0, 0], [1, 1], [2, -1]]],
}
"""Two examples of three steps."""
SHARED = ("dW_input", "dW_recurrent", "db")


def alone(example: int, **other: Any) -> Any:
    """The results of one example."""
    given = {key: BATCH[key][example] for key in ("inputs", "h0", "deltas")}
    return cnngrad.run({**BATCH, "layout": "TD", **given, **other}).results


@pytest.mark.parametrize("numbers", ["float", "exact", "symbolic"])
def test_a_batch_is_its_examples_and_their_gradients_add_up(numbers: str) -> None:
    found, (one, two) = cnngrad.run({**BATCH, "numbers": numbers}), (alone(0), alone(1))
    for name in ("h", "dh", "dx", "dh0"):
        assert (found.results[name] == np.stack([one[name], two[name]])).all()
    for name in SHARED:
        assert (found.results[name] == one[name] + two[name]).all()
        for t, term in enumerate(found.results["terms"][name]):
            assert (term == one["terms"][name][t] + two["terms"][name][t]).all()
    assert [law.holds for law in found.laws] == [True]


def time_first() -> dict[str, Any]:
    """The same batch with the time before the examples."""
    return {**BATCH, "layout": "TND", **{key: np.swapaxes(BATCH[key], 0, 1) for key in ("inputs", "deltas")}}


def test_the_time_may_be_first() -> None:
    first, last = cnngrad.run(BATCH).results, cnngrad.run(time_first()).results
    for name in ("h", "dh", "dx"):
        assert (last[name] == np.swapaxes(first[name], 0, 1)).all()
    assert all((last[name] == first[name]).all() for name in (*SHARED, "dh0"))


def test_one_start_for_all_examples_has_the_sum_of_their_gradients() -> None:
    shared = cnngrad.run({**BATCH, "h0": [1, 0]}, gradcheck=True)
    each = cnngrad.run({**BATCH, "h0": [[1, 0], [1, 0]]}).results["dh0"]
    assert shared.results["dh0"].tolist() == (each[0] + each[1]).tolist()
    assert shared.gradcheck is not None
    assert shared.gradcheck.passed
    terms = shared.explain("dh0[0]").to_dict()["terms"]
    assert [term["factors"][0] for term in terms] == ["dh[0,0,0]", "dh[0,0,1]", "dh[1,0,0]", "dh[1,0,1]"]
    assert sum(term["product"] for term in terms) == shared.results["dh0"][0]


def test_the_delta_of_the_last_states_alone() -> None:
    for spec in (BATCH, time_first()):
        last = np.take(spec["deltas"], -1, spec["layout"].index("T"))
        others = {key: value for key, value in spec.items() if key != "deltas"}
        only_last = [[[0, 0], [0, 0], each] for each in last.tolist()]
        all_of_them = only_last if spec is BATCH else np.swapaxes(only_last, 0, 1)
        found, expected = cnngrad.run({**others, "delta": last}), cnngrad.run({**spec, "deltas": all_of_them})
        assert (found.results["dx"] == expected.results["dx"]).all()


def test_scalars_of_a_batch_keep_their_shape() -> None:
    spec: dict[str, Any] = {
        "op": "rnn",
        "layout": "TND",
        "inputs": [[3, 1], [4, 2]],
        "weights": {"input": 2, "recurrent": 5},
    }
    spec |= {"activation": "identity", "delta": [1, 10]}
    found = cnngrad.run(spec).results
    # h[0] = 2*3, 2*1; h[1] = 2*4 + 5*6, 2*2 + 5*2
    assert found["h"].tolist() == [[6, 2], [38, 14]]
    assert found["dh"].tolist() == [[5, 50], [1, 10]]
    assert found["dx"].tolist() == [[10, 100], [2, 20]]
    assert found["dh0"].tolist() == [25, 250]
    assert [term.tolist() for term in found["terms"]["dW_input"]] == [5 * 3 + 50 * 1, 1 * 4 + 10 * 2]
    assert found["dW_recurrent"] == 1 * 6 + 10 * 2
    state = str(cnngrad.run(spec).explain("h[1,1]"))
    assert "identity(W_input*x[1,1] + W_recurrent*h[0,1] + b)" in state
    assert "identity(2*2 + 5*2 + 0)" in state
    assert "used in dh[1,1]" in str(cnngrad.explain(spec, "delta[1,1]"))


@pytest.mark.parametrize("layout", ["NTD", "TND"])
@pytest.mark.parametrize("shared", [False, True])
def test_the_terms_of_every_cell_add_up(layout: str, shared: bool) -> None:
    spec = BATCH if layout == "NTD" else time_first()
    result = cnngrad.run({**spec, "h0": [1, 0] if shared else BATCH["h0"]})
    for name in (*SHARED, "dh", "dx", "dh0", "h"):
        for index in np.ndindex(result.arrays[name].shape):
            cell = result.explain(f"{name}[{','.join(map(str, index))}]").to_dict()
            assert sum(term["product"] for term in cell["terms"]) == result.arrays[name][index], (name, index)


def test_a_formula_has_the_example_where_the_layout_has_it() -> None:
    for layout, time in (("NTD", "n,t"), ("TND", "t,n")):
        shown = cnngrad.run({**BATCH, "layout": layout, "h0": 0, "deltas": 1} | {"h0": [0, 0]}).explain("db[0]")
        assert shown.to_dict()["formula"] == f"sum over t and n of dh[{time},i]*identity'(s[{time},i])"


@pytest.mark.parametrize(
    ("id_", "wrong"),
    [
        ("batch-averaged", lambda one, two: (one["db"] + two["db"]) / 2),
        ("batch-averaged", lambda one, two: (one["db"] + two["db"]) / 6),
        ("batch-last-only", lambda one, two: two["db"]),
        ("batch-first-only", lambda one, two: one["db"]),
        ("last-step-only", lambda one, two: one["terms"]["db"][-1] + two["terms"]["db"][-1]),
        ("steps-averaged", lambda one, two: (one["db"] + two["db"]) / 3),
        ("sign-flipped", lambda one, two: -one["db"] - two["db"]),
    ],
)
def test_mistakes_of_a_batch(id_: str, wrong: Any) -> None:
    for spec in (BATCH, time_first()):
        assert id_ in named(spec, "db", wrong(alone(0), alone(1)))


def test_a_lost_delta_is_lost_in_every_example() -> None:
    last = {"deltas": [[[0, 0], [0, 0], each[-1]] for each in BATCH["deltas"]]}
    wrong = cnngrad.run({**BATCH, **last}).results["dx"]
    assert "external-delta-lost" in named(BATCH, "dx", wrong)


def test_an_answer_follows_from_the_states_of_a_batch() -> None:
    right = cnngrad.run(BATCH).results
    states = right["h"].copy()
    states[1, 0] += 1
    # the last state of a step meets dh of the next one: dW_recurrent changes by the sum over n = 1 of dh[1,1]*1
    follows = right["dW_recurrent"] + np.outer(right["dh"][1, 1], [1, 1])
    answers = {"h": states.astype(int).tolist(), "dW_recurrent": follows.astype(int).tolist()}
    verdict = cnngrad.check(BATCH, answers)
    assert verdict.answers["dW_recurrent"].verdict == "carried"


@INSTALLED
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("layout", ["NTD", "TND", "TD"])
def test_batches_in_pytorch(activation: str, layout: str) -> None:
    numbers, sizes = Numbers(3), {"N": 3, "T": 4, "D": 2}
    shape, state = [sizes[letter] for letter in layout], [3] * ("N" in layout) + [2]
    W, U, b, h0 = numbers(2, 2), numbers(2, 2), numbers(2), numbers(*state)
    x, deltas = numbers(*shape), numbers(*shape[:-1], 2)
    rnn = torch.nn.RNN(2, 2, nonlinearity=activation, batch_first=layout == "NTD", dtype=torch.float64)
    with torch.no_grad():
        for name, value in (("weight_ih_l0", W), ("weight_hh_l0", U), ("bias_ih_l0", b), ("bias_hh_l0", [0, 0])):
            getattr(rnn, name).copy_(torch.tensor(value, dtype=torch.float64))
    given, start = (torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in (x, [h0]))
    h, _ = rnn(given, start)
    h.backward(torch.tensor(deltas, dtype=torch.float64))
    weights = {"input": W, "recurrent": U, "bias": b}
    found = cnngrad.run(
        {"op": "rnn", "inputs": x, "layout": layout, "weights": weights, "h0": h0, "activation": activation,
         "deltas": deltas}
    ).results  # fmt: skip
    theirs = {
        "h": h.detach(), "dx": given.grad, "dh0": start.grad[0], "dW_input": rnn.weight_ih_l0.grad,
        "dW_recurrent": rnn.weight_hh_l0.grad, "db": rnn.bias_ih_l0.grad,
    }  # fmt: skip
    for name, array in theirs.items():
        np.testing.assert_allclose(found[name], array.numpy(), rtol=0, atol=1e-12, err_msg=name)
