"""The JSON object, field by field, for exercises done by hand."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import pytest
from commands import some
from pages import SPECS, close, run

import cnngrad
from cnngrad.examples import example_names


def test_a_convolution() -> None:
    spec = {"op": "conv", "title": "t", "input": [1, 2, 3], "kernel": [4, 5], "bias": 6, "stride": 1, "delta": [7, 8]}
    assert cnngrad.run(spec, trace="none").to_dict() == {
        "format": 1,
        "op": "conv",
        "source": "<spec>",
        "title": "t",
        "settings": {"stride": [1], "padding": [[0, 0]], "dilation": [1], "groups": 1, "layout": "L"},
        "results": {
            "Z": [1 * 4 + 2 * 5 + 6, 2 * 4 + 3 * 5 + 6],
            "dA": [7 * 4, 7 * 5 + 8 * 4, 8 * 5],
            "dW": [7 * 1 + 8 * 2, 7 * 2 + 8 * 3],
            "db": 7 + 8,
        },
        "laws": [
            # 1*28 + 2*67 + 3*40 = 282 = 7*14 + 8*23
            {"name": "<A,dA> = <dZ,Z-b>", "left": 282, "right": 282, "holds": True},
            # 4*23 + 5*38 = 282
            {"name": "<W,dW> = <dZ,Z-b>", "left": 282, "right": 282, "holds": True},
            {"name": "sum(db) = sum(dZ)", "left": 15, "right": 15, "holds": True},
        ],
        "trace": [],
    }


def test_a_pooling_layer() -> None:
    spec = {"op": "pool", "window": 2, "input": [[1, 5, 2], [3, 4, 8]], "stride": 1, "delta": [[10, 20]]}
    found = cnngrad.run(spec, trace="none").to_dict()
    assert found["settings"] == {
        "mode": "max",
        "window": [2, 2],
        "stride": [1, 1],
        "padding": [[0, 0], [0, 0]],
        "dilation": [1, 1],
        "layout": "HW",
        "ties": "first",
    }
    assert found["results"] == {
        "Z": [[5, 8]],
        "mask": [[0, 1, 0], [0, 0, 1]],
        "argmax": [[1, 5]],
        "dA": [[0, 10, 0], [0, 0, 20]],
    }
    assert [law["name"] for law in found["laws"]] == ["sum(dA) = sum(dZ)", "<A,dA> = <dZ,Z>"]


@pytest.mark.parametrize(
    ("extra", "settings"),
    [
        ({"padding": 1, "padding_mode": "circular"}, {"padding_mode": "circular"}),
        ({"flip_kernel": True}, {"flip_kernel": True}),
        ({"transposed": True, "stride": 2, "output_padding": 1}, {"transposed": True, "output_padding": [1]}),
        ({"padding": "same"}, {"padding": [[0, 1]]}),
    ],
)
def test_settings_that_are_used_are_recorded(extra: dict[str, Any], settings: dict[str, Any]) -> None:
    found = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [1, 2], **extra}).to_dict()["settings"]
    assert found | settings == found


def test_backward_keys_are_absent_without_a_delta() -> None:
    assert list(cnngrad.run({"op": "conv", "input": [1], "kernel": [1]}).to_dict()["results"]) == ["Z"]
    found = cnngrad.run({"op": "pool", "input": [1], "window": 1}).to_dict()
    assert list(found["results"]) == ["Z", "mask", "argmax"]
    assert found["laws"] == []


def test_an_average_has_a_mask_and_no_argmax() -> None:
    found = cnngrad.run({"op": "pool", "mode": "avg", "input": [1, 3], "window": 2, "delta": [4]}).to_dict()
    assert found["results"] == {"Z": [2], "mask": [0.5, 0.5], "dA": [2, 2]}
    assert found["settings"]["mode"] == "average"


def test_a_window_without_a_real_cell_is_null() -> None:
    spec = {"op": "pool", "input": [7], "window": 2, "dilation": 2, "padding": 1, "stride": 1, "delta": [3]}
    assert cnngrad.run(spec).to_dict()["results"] == {"Z": [None], "mask": [0], "argmax": [None], "dA": [0]}
    assert cnngrad.run({**spec, "numbers": "exact"}).to_dict()["results"]["Z"] == [None]


def test_exact_numbers_are_strings_everywhere() -> None:
    found = cnngrad.run({"op": "conv", "numbers": "exact", "input": [0.1], "kernel": ["1/3"], "delta": 1}).to_dict()
    assert found["results"] == {"Z": ["1/30"], "dA": ["1/3"], "dW": ["1/10"], "db": "1"}
    assert found["laws"][0]["left"] == "1/30"
    assert found["trace"][0]["terms"][0] == {"factors": ["A[0]", "W[0]"], "values": ["1/10", "1/3"], "product": "1/30"}


@pytest.mark.parametrize("name", some(example_names(), 2))
def test_every_example_is_strict_json(name: str) -> None:
    found = cnngrad.run(f"example:{name}", trace="brief" if "notebook" in name else "full").to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_gradient_check_is_recorded() -> None:
    found = cnngrad.run({"op": "pool", "window": 2, "input": [5, 5, 1, 2], "delta": 1}, gradcheck=True).to_dict()
    check = found["gradcheck"]
    assert (check["passed"], check["cells"], check["skipped"]) == (True, 2, ["A[0]", "A[1]"])


@pytest.mark.parametrize("name", some(SPECS))
@pytest.mark.parametrize("base", [0, 1])
def test_the_terms_of_a_record_add_up_to_its_results(name: str, base: int) -> None:
    record = run(name, trace="full", index_base=base).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    for trace in record["trace"]:
        quantity, _, inside = trace["cell"].rstrip("]").partition("[")
        cell = record["results"][quantity]
        for place in inside.split(",") if inside else []:
            cell = cell[int(place) - base]
        assert cell == trace["value"]
        products = [Fraction(term["product"]) for term in trace["terms"]]
        for term, product in zip(trace["terms"], products, strict=True):
            assert close(math.prod(map(Fraction, term["values"]), start=Fraction(1)), product)
        assert close(sum(products, Fraction(0)), Fraction(trace["value"]))


def test_an_exact_gradient_check_has_no_error_at_all() -> None:
    record = run("fractions", gradcheck=True).to_dict()["gradcheck"]
    # 3 cells of A, 2 of W, 1 of b
    assert (record["cells"], record["largest_relative_error"], record["tolerance"]) == (6, 0.0, 0.0)


def test_a_zero_never_has_a_sign() -> None:
    """0*(-1) is -0.0 in floats: in the results of relu, in the products of a convolution and in the laws."""
    conv = {"op": "conv", "input": [[0, -1], [0, 0]], "kernel": [[-1, 0]], "delta": [[0], [-1]]}
    relu = {"op": "activation", "function": "relu", "input": [-1, -2], "delta": [3, -4]}
    slope = {"op": "activation", "function": "leaky_relu", "alpha": "-0.0", "input": [-1.0], "delta": 1}
    graph = {"op": "graph", "expression": "x*y", "values": {"x": 0, "y": -3}, "delta": 0}
    for spec in (conv, relu, slope, graph):
        text = str(cnngrad.run(spec, trace="full").to_dict())
        assert "-0.0" not in text
        assert "-0 " not in str(cnngrad.run(spec, trace="full"))
