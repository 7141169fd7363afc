"""The words of other libraries and courses: which of our names they mean, and which they never do."""

from __future__ import annotations

import pytest
from commands import cnngrad

from cnngrad.aliases import ALIASES, OTHERS
from cnngrad.errors import did_you_mean
from cnngrad.ops import OPS
from cnngrad.ops.network import losses
from cnngrad.ops.network.fields import LAYERS

KEYS = {**LAYERS, **{name: op.fields for name, op in OPS.items() if op.alone}}
MEANT = {
    "conv": {
        "kernel": "w W weights weight filters filter kernel_size f",
        "input": "x X A A_prev image",
        "bias": "b",
        "stride": "strides strid s",
        "padding": "pad padding_size pads p",
        "dilation": "dilation_rate dilations",
        "delta": "dout upstream grad_output dZ dz",
        "layout": "data_format",
        "transposed": "transpose",
        "title": "name",
    },
    "pool": {"window": "kernel_size size pool_size f ksize", "mode": "type pool_type", "delta": "dout"},
    "dense": {"weights": "w W weight kernel", "bias": "b", "input": "x"},
    "activation": {"function": "f activation nonlinearity", "alpha": "negative_slope", "axis": "dim"},
    "network": {"learning_rate": "lr eta", "input": "x", "loss": "criterion"},
    "graph": {"expression": "formula f", "values": "x vars inputs"},
    "rnn": {"inputs": "x input", "h0": "h_prev a0", "activation": "nonlinearity"},
    "batch_norm": {"gamma": "weight", "beta": "bias", "eps": "epsilon"},
    "residual": {"from": "skip source"},
}
NEVER = {
    "conv": "size mean beta gamma momentum",
    "pool": "bias filters w beta",
    "activation": "b bias mean",
    "residual": "mean",
    "network": "mean momentum",
}


@pytest.mark.parametrize("op", MEANT)
def test_a_key_from_elsewhere_is_answered_with_ours(op: str) -> None:
    for ours, words in MEANT[op].items():
        for word in words.split():
            assert did_you_mean(word, KEYS[op]) == f"; did you mean '{ours}'?", word


@pytest.mark.parametrize("op", NEVER)
def test_a_word_that_means_something_else_is_not_corrected(op: str) -> None:
    for word in NEVER[op].split():
        assert did_you_mean(word, KEYS[op]) == "", word


def test_values_from_elsewhere_are_answered_with_ours() -> None:
    functions = OPS["activation"].part("FUNCTIONS")
    for word, ours in {
        "swish": "silu",
        "lrelu": "leaky_relu",
        "linear": "identity",
        "rleu": "relu",
        "ReLU": "relu",
    }.items():
        assert did_you_mean(word, functions) == f"; did you mean '{ours}'?"
    for word in ["selu", "celu", "relu6", "prelu", "mish", "hardtanh", "maxout"]:
        assert did_you_mean(word, functions) == ""
    for word, ours in {"linear": "dense", "maxpool": "pool", "conv2d": "conv", "bn": "batch_norm"}.items():
        assert did_you_mean(word, LAYERS) == f"; did you mean '{ours}'?"
    for word, ours in {"bce": "binary_cross_entropy", "ce": "cross_entropy", "mes": "mse"}.items():
        assert did_you_mean(word, losses.FIELDS) == f"; did you mean '{ours}'?"
    assert did_you_mean("mae", losses.FIELDS) == did_you_mean("lstm", LAYERS) == ""


def test_what_is_far_from_every_name_is_not_corrected() -> None:
    assert did_you_mean("beta", ("delta", "bias")) == did_you_mean("strap", ("stride",)) == ""
    assert did_you_mean("name", ("mean",)) == did_you_mean("mean", ("name",)) == ""


def test_options_from_elsewhere_are_answered_with_ours() -> None:
    for command, option, ours in (("pool", "--kernel-size", "--window"), ("network", "--lr", "--learning-rate")):
        done = cnngrad(command, option, "2")
        assert (done.code, done.out) == (2, "")
        assert done.err == f"error: {option} is no option; did you mean '{ours}'?; see 'cnngrad {command} --help'\n"


def test_the_table_has_names_that_there_are() -> None:
    """Every name of ours is a key or a value somewhere, and every word is in lower case, as it is looked up."""
    known = {key for fields in (*KEYS.values(), *losses.FIELDS.values()) for key in fields}
    known |= {*LAYERS, *OPS, *losses.LOSSES, *OPS["activation"].part("FUNCTIONS")}
    values = "input recurrent bias max average zeros replicate reflect circular same valid exact float symbolic all"
    results = "dA dx dW dkernel db dbias Z"
    known |= {*values.split(), *results.split(), "NCHW", "NHWC", "statistics"}
    names = {part for group in ALIASES for name in group.split() for part in name.split("/")}
    assert names - known == set()
    assert all(words == words.lower() for words in (*ALIASES.values(), OTHERS))
