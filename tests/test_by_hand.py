"""Layers, graphs and recurrent networks against arithmetic that is written out here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import cnngrad


def solved(**spec: Any) -> dict[str, Any]:
    results: dict[str, Any] = cnngrad.run(spec).to_dict()["results"]
    return results


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


SLOPES = [
    ("identity", -2.0, -2.0, 1.0),
    ("relu", -2.0, 0.0, 0.0),
    ("relu", 0.0, 0.0, 0.0),
    ("relu", 3.0, 3.0, 1.0),
    ("leaky_relu", -2.0, -0.02, 0.01),
    ("leaky_relu", 2.0, 2.0, 1.0),
    ("sigmoid", 0.0, 0.5, 0.25),
    ("tanh", 0.0, 0.0, 1.0),
    ("elu", -1.0, math.exp(-1) - 1, math.exp(-1)),
    ("elu", 2.0, 2.0, 1.0),
    ("softplus", 0.0, math.log(2), 0.5),
    ("silu", 1.0, 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(-1)) * (1 + 1 / (1 + math.e))),
    (
        "gelu",
        1.0,
        0.5 * (1 + math.erf(1 / math.sqrt(2))),
        0.5 * (1 + math.erf(1 / math.sqrt(2))) + math.exp(-0.5) / math.sqrt(2 * math.pi),
    ),
]


@pytest.mark.parametrize(("function", "at", "value", "slope"), SLOPES)
def test_every_function_has_its_value_and_its_slope(function: str, at: float, value: float, slope: float) -> None:
    found = solved(op="activation", function=function, input=[at], delta=[2])
    assert found["Z"] == pytest.approx([value], rel=1e-15)
    assert found["dA"] == pytest.approx([2 * slope], rel=1e-15)


def test_softmax_mixes_a_row() -> None:
    # exp(0) : exp(log 3) = 1 : 3, so p = (1/4, 3/4); dA = p*(dZ - p.dZ) with p.dZ = 1/4
    found = solved(op="activation", function="softmax", input=[0, math.log(3)], delta=[1, 0])
    assert found["Z"] == pytest.approx([1 / 4, 3 / 4])
    assert found["dA"] == pytest.approx([1 / 4 * (1 - 1 / 4), 3 / 4 * (0 - 1 / 4)])


def test_batch_normalisation_of_two_examples() -> None:
    # mean 2, variance 1, eps 3: x-hat = (1 - 2)/2, (3 - 2)/2; Z = 4*x-hat + 5
    layers = [{"op": "batch_norm", "gamma": 4, "beta": 5, "eps": 3}]
    found = solved(op="network", input=[[1], [3]], layers=layers, delta=[[1], [3]])["layers"][0]["results"]
    assert found["Z"] == [[4 * -0.5 + 5], [4 * 0.5 + 5]]
    assert found["dgamma"] == 1 * -0.5 + 3 * 0.5
    assert found["dbeta"] == 1 + 3
    # dA = gamma/(N*sigma) * (N*dZ - sum dZ - x-hat * sum dZ*x-hat) = 4/(2*2) * (2*dZ - 4 - x-hat*1)
    assert found["dA"] == [[1 * (2 * 1 - 4 + 0.5)], [1 * (2 * 3 - 4 - 0.5)]]


LOSSES: list[tuple[dict[str, Any], float, list[float]]] = [
    ({"op": "sum"}, 1 + 3, [1, 1]),
    ({"op": "sum", "factor": 2}, 2 * (1 + 3), [2, 2]),
    ({"op": "mse", "target": [0, 5]}, 0.5 * (1 + 4), [1 - 0, 3 - 5]),
    ({"op": "mse", "target": [0, 5], "factor": 1}, 1 + 4, [2 * 1, 2 * -2]),
    ({"op": "mse", "target": [0, 5], "reduction": "mean"}, 0.5 * (1 + 4) / 2, [1 / 2, -2 / 2]),
    ({"op": "mse", "target": [0, 5], "factor": 1, "reduction": "mean"}, (1 + 4) / 2, [1, -2]),
]


@pytest.mark.parametrize(("loss", "value", "delta"), LOSSES)
def test_losses_and_what_they_pass_back(loss: dict[str, Any], value: float, delta: list[float]) -> None:
    layers = [{"op": "activation", "function": "identity"}]
    found = solved(op="network", input=[1, 3], layers=layers, loss=loss)
    assert found["loss"] == value
    assert found["layers"][0]["results"]["dZ"] == delta


def test_cross_entropy_passes_back_softmax_minus_target() -> None:
    layers = [{"op": "activation", "function": "identity"}]
    for target in (1, [0, 1]):
        loss = {"op": "cross_entropy", "target": target}
        found = solved(op="network", input=[0, math.log(3)], layers=layers, loss=loss)
        assert found["loss"] == pytest.approx(-math.log(3 / 4))
        assert found["layers"][0]["results"]["dZ"] == pytest.approx([1 / 4, 3 / 4 - 1])


def test_binary_cross_entropy_after_a_sigmoid_passes_back_the_difference() -> None:
    layers = [{"op": "activation", "function": "sigmoid"}]
    loss = {"op": "binary_cross_entropy", "target": [1, 0], "reduction": "sum"}
    found = solved(op="network", input=[0, math.log(3)], layers=layers, loss=loss)
    assert found["loss"] == pytest.approx(-math.log(1 / 2) - math.log(1 - 3 / 4))
    assert found["layers"][0]["results"]["dA"] == pytest.approx([1 / 2 - 1, 3 / 4 - 0])


def test_a_step_of_descent() -> None:
    layers = [{"op": "dense", "weights": [[2, 3]], "bias": 1}]
    loss = {"op": "mse", "target": 4}
    found = solved(op="network", input=[1, 2], layers=layers, loss=loss, learning_rate=0.5)
    # Z = 2 + 6 + 1 = 9, dZ = 9 - 4 = 5
    assert found["updates"] == {"dense1.W": [[2 - 0.5 * 5 * 1, 3 - 0.5 * 5 * 2]], "dense1.b": 1 - 0.5 * 5}


def test_a_residual_connection_adds_both_ways() -> None:
    layers = [
        {"op": "residual", "layers": [{"op": "conv", "kernel": [[2]]}]},
        {"op": "conv", "kernel": [[3]]},
    ]
    found = solved(op="network", input=[[1, 4]], layers=layers, delta=[[1, 1]])
    by_name = {layer["name"]: layer["results"] for layer in found["layers"]}
    assert by_name["conv2"]["Z"] == [[(2 * 1 + 1) * 3, (2 * 4 + 4) * 3]]
    # through the block 3*2, past it 3
    assert cnngrad.run({"op": "network", "input": [[1, 4]], "layers": layers, "delta": [[1, 1]]}).arrays[
        "dA"
    ].tolist() == [[3 * 2 + 3, 3 * 2 + 3]]


def test_the_json_of_a_graph() -> None:
    found = solved(op="graph", expression={"q": "x + y", "f": "q * z"}, values={"x": -2, "y": 5, "z": -4})
    assert found == {
        "value": -12.0,
        "gradients": {"x": -4.0, "y": -4.0, "z": 3.0},
        "nodes": [
            {
                "name": "q",
                "expression": "x + y",
                "gate": "add",
                "inputs": ["x", "y"],
                "value": 3.0,
                "local": [1.0, 1.0],
                "upstream": -4.0,
            },
            {
                "name": "f",
                "expression": "q * z",
                "gate": "mul",
                "inputs": ["q", "z"],
                "value": -12.0,
                "local": [-4.0, 3.0],
                "upstream": 1.0,
            },
        ],
    }


GRADIENTS: list[tuple[str, dict[str, float], dict[str, float]]] = [
    ("x*x", {"x": 3}, {"x": 6}),
    ("x*x*x", {"x": 2}, {"x": 12}),
    ("x**3", {"x": 2}, {"x": 12}),
    ("x - y", {"x": 1, "y": 2}, {"x": 1, "y": -1}),
    ("x / y", {"x": 6, "y": 2}, {"x": 1 / 2, "y": -6 / 4}),
    ("-x", {"x": 1}, {"x": -1}),
    ("max(x, y, z)", {"x": 1, "y": 5, "z": 2}, {"x": 0, "y": 1, "z": 0}),
    ("max(x, y)", {"x": 5, "y": 5}, {"x": 1, "y": 0}),
    ("min(x, y)", {"x": 1, "y": 5}, {"x": 1, "y": 0}),
    ("abs(x)", {"x": -3}, {"x": -1}),
    ("sqrt(x)", {"x": 4}, {"x": 1 / 4}),
    ("exp(x)", {"x": 0}, {"x": 1}),
    ("log(x)", {"x": 4}, {"x": 1 / 4}),
    ("sin(x) + cos(x)", {"x": 0}, {"x": 1}),
    ("sigmoid(x)", {"x": 0}, {"x": 1 / 4}),
    ("tanh(x)", {"x": 0}, {"x": 1}),
    ("relu(x) + relu(y)", {"x": -1, "y": 2}, {"x": 0, "y": 1}),
    ("x**y", {"x": 2, "y": 3}, {"x": 12, "y": 8 * math.log(2)}),
    ("3", {"x": 2}, {"x": 0}),
    ("x", {"x": 2}, {"x": 1}),
]


@pytest.mark.parametrize(("expression", "values", "gradients"), GRADIENTS)
def test_gradients_of_expressions(expression: str, values: dict[str, float], gradients: dict[str, float]) -> None:
    found = solved(op="graph", expression=expression, values=values)
    assert found["gradients"] == pytest.approx(gradients, rel=1e-15)


def test_the_upstream_gradient_scales_everything() -> None:
    found = solved(op="graph", expression="x*y", values={"x": 2, "y": 3}, delta=10)
    assert found["gradients"] == {"x": 30, "y": 20}


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


def test_a_bias_of_one_number_has_one_exact_gradient() -> None:
    spec = {"op": "dense", "input": [[1, 2], [3, 4]], "weights": [[5, 6]], "bias": 7, "delta": [[1], [2]]}
    result = cnngrad.run({**spec, "numbers": "exact"})
    assert result.arrays["Z"].tolist() == [[1 * 5 + 2 * 6 + 7], [3 * 5 + 4 * 6 + 7]]
    assert result.arrays["db"] == 1 + 2
    assert result.explain("db").to_dict()["terms"][1]["factors"] == ["dZ[1,0]"]


def test_a_gamma_that_is_a_list_of_one_has_the_terms_of_its_gradient() -> None:
    layer = {"op": "batch_norm", "gamma": [2], "eps": 1}
    spec = {"op": "network", "layout": "HW", "input": [[1, 2], [3, 4]], "layers": [layer], "delta": [[1, 0], [0, 3]]}
    trace = cnngrad.run(spec).explain("batch_norm1.dgamma[0]").to_dict()
    sd = ((1.5**2 + 0.5**2 + 0.5**2 + 1.5**2) / 4 + 1) ** 0.5
    assert [term["factors"][1] for term in trace["terms"]] == ["N[0,0]", "N[0,1]", "N[1,0]", "N[1,1]"]
    assert sum(term["product"] for term in trace["terms"]) == pytest.approx((1 * -1.5 + 3 * 1.5) / sd)
    assert trace["value"] == pytest.approx((1 * -1.5 + 3 * 1.5) / sd)
