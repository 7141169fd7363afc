"""Names of quantities: their own, and those of courses."""

from __future__ import annotations

import pytest

import cnngrad
from cnngrad.api.solve import document
from cnngrad.examples import example_names
from cnngrad.exercise.names import named, unknown_quantity
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.spec.build import build

CONV = ("Z", "dA", "dW", "db")
RNN = ("h", "dh", "dx", "dh0", "dW_input", "dW_recurrent", "db")
MLP = (*(f"{layer}.{name}" for layer in ("dense1", "dense2") for name in CONV), "loss", "dA", "dense1.W")
MIXED = ("conv1.Z", "conv1.dW", "conv1.db", "relu1.Z", "dense1.Z", "dense1.dW", "dense1.db")


@pytest.mark.parametrize(
    ("known", "names"),
    [
        (CONV, {name: name for name in CONV}),
        (CONV, dict.fromkeys(("dx", "dX", "dA_prev", "DA", "da", "dL/dA", "dL/dX", "∂L/∂x", "dinput"), "dA")),
        (CONV, dict.fromkeys(("dw", "dK", "dL/dW", "dLoss/dk", "dkernel", "dWeights", "grad_weight"), "dW")),
        (CONV, {"dB": "db", "dbias": "db", "z": "Z", "out": "Z", "OUT": "Z", " dw ": "dW"}),
        (CONV, dict.fromkeys(("dQ", "W", "conv1.dW", "dW1", "", "d", "dL/dZ", "dZ"), None)),
        (RNN, {"dx": "dx", "dX": "dx", "dWhh": "dW_recurrent", "dWxh": "dW_input", "dWax": "dW_input", "dA": None}),
        (MLP, {"dense1.dw": "dense1.dW", "Dense2.dX": "dense2.dA", "dW": None, "dx": "dA", "LOSS": "loss"}),
        (MLP, {"dW1": "dense1.dW", "dw2": "dense2.dW", "db2": "dense2.db", "W1": "dense1.W", "dW3": None}),
        (MLP, {"Z1": None, "dA1": None, "dense1.dL/dW": "dense1.dW"}),
        (MIXED, {"dW1": None, "dW2": "dense1.dW", "conv1.dK": "conv1.dW"}),
        (("x", "dx", "t1", "dt1"), {"gradients.x": "dx", "gradients.t1": "dt1", "updates.x": "x", "gradients.q": None}),
        (
            MLP,
            {"updates.dense1.W": "dense1.W", "results.loss": "loss", "updates.dense2.W": None, "conv1.dense1.W": None},
        ),
        (("x", "X", "dx", "dX"), {"x": "x", "X": "X", "dx": "dx", "DX": None}),
    ],
)
def test_a_name_means_one_quantity_or_none(known: tuple[str, ...], names: dict[str, str | None]) -> None:
    assert {name: named(name, known) for name in names} == names


def test_what_is_said_of_a_name_that_means_several_or_none() -> None:
    assert unknown_quantity("dW1", MIXED) == "this exercise has several; write conv1.dW, dense1.dW"
    assert unknown_quantity("dk", MIXED) == "this exercise has several; write conv1.dW, dense1.dW"
    assert unknown_quantity("dWx", CONV) == "this exercise has no 'dWx'; did you mean 'dW'?"
    assert unknown_quantity("dw", CONV) == "this exercise has no 'dw'; did you mean 'dW'?"
    assert unknown_quantity("q", CONV) == "this exercise has no 'q'; it has Z, dA, dW, db"


@pytest.mark.parametrize("name", example_names())
def test_the_names_are_those_of_what_is_judged(name: str) -> None:
    exercise = build(document(f"example:{name}", DEFAULT), OPS).exercise
    assert set(exercise.names) == set(exercise.judged_quantities(exercise.solve()))


def test_a_spec_may_ask_by_the_names_of_courses() -> None:
    spec = {"op": "pool", "mode": "average", "window": 2, "input": [[1, 2], [3, 4]]}
    assert build(document({**spec, "delta": 1, "ask": "dX"}, DEFAULT), OPS).ask == ("dA",)
    assert build(document({**spec, "delta": 1, "ask": ["mask", "out"]}, DEFAULT), OPS).ask == ("mask", "Z")
    assert build(document({**spec, "ask": ["dA"]}, DEFAULT), OPS, backward=False).ask == ()
    with pytest.raises(cnngrad.CnngradError, match="ask: this exercise has no 'argmax'; it has Z, mask"):
        cnngrad.run({**spec, "ask": ["argmax"]})
