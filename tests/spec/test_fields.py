"""The JSON Schema says what the validator says: both are made from one table."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

import cnngrad
from cnngrad.examples import example_names, example_path
from cnngrad.ops import OPS
from cnngrad.spec.fields import schema

VALIDATOR = jsonschema.Draft7Validator(schema(OPS))
CONV: dict[str, Any] = {"op": "conv", "input": [[1, 2, 3], [4, 5, 6]], "kernel": [[1]]}
POOL: dict[str, Any] = {"op": "pool", "input": [[1, 2, 3], [4, 5, 6]], "window": 1}

VALID: list[dict[str, Any]] = [
    CONV,
    POOL,
    CONV | {"title": "t", "answers": {"dW": [[1]]}, "numbers": "exact", "delta": 1, "bias": 1},
    CONV | {"stride": 1, "padding": [[1, 1], [0, 2]], "dilation": [1, 1], "layout": "HW", "groups": 1},
    CONV | {"padding": "same"},
    CONV | {"padding": [1, 0], "padding_mode": "reflect"} | {"input": [[1, 2], [3, 4]]},
    CONV | {"transposed": True, "stride": 2, "output_padding": [1, 0]},
    CONV | {"transposed": True, "stride": 2, "output_shape": [3, 6]},
    CONV | {"flip_kernel": True, "kernel": [["1/3"]]},
    CONV | {"input": "1 2 3\n4 5 6\n"},
    POOL | {"mode": "avg", "ceil_mode": True, "count_include_pad": False, "divisor_override": -2},
    POOL | {"ties": "split", "window": [1, 1], "stride": [1, 2]},
    POOL | {"window": "global"},
    {"op": "activation", "input": [[1, 2]], "function": "softmax", "axis": -2},
    {"op": "activation", "input": [[1, 2]], "function": "elu", "alpha": "1/3"},
    {"op": "activation", "input": [[1, 2]], "function": "gelu", "approximate": "tanh"},
]
INVALID: list[dict[str, Any]] = [
    CONV | {"strid": 1},
    CONV | {"window": 1},
    {"op": "conv", "kernel": [[1]]},
    {"op": "convolution", "input": [1], "kernel": [1]},
    CONV | {"stride": 0},
    CONV | {"stride": 1.5},
    CONV | {"stride": "x"},
    CONV | {"stride": []},
    CONV | {"stride": [1, 1, 1, 1]},
    CONV | {"padding": -1},
    CONV | {"padding": "sme"},
    CONV | {"padding": [[1, 2, 3]]},
    CONV | {"padding": [[1, 2], 3]},
    CONV | {"padding_mode": "mirror"},
    CONV | {"groups": 0},
    CONV | {"flip_kernel": 1},
    CONV | {"layout": "WH"},
    CONV | {"numbers": "decimal"},
    CONV | {"input": [[1, None]]},
    CONV | {"input": [[1, True]]},
    CONV | {"input": [[]]},
    CONV | {"input": [["1_000"]]},
    CONV | {"answers": 3},
    POOL | {"divisor_override": 0},
    POOL | {"ties": "any one"},
    POOL | {"mode": "min"},
    POOL | {"window": "globl"},
    CONV | {"transposed": True, "output_shape": [0, 3]},
    {"op": "activation", "input": [[1, 2]], "function": "softmax", "axis": 0.5},
    POOL | {"kernel": [[1]]},
]


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(schema(OPS))


@pytest.mark.parametrize("name", example_names())
def test_every_example_is_valid(name: str) -> None:
    VALIDATOR.validate(yaml.safe_load(example_path(name).read_text()))


@pytest.mark.parametrize("spec", VALID, ids=str)
def test_schema_and_validator_accept_the_same(spec: dict[str, Any]) -> None:
    VALIDATOR.validate(spec)
    cnngrad.run(spec)


@pytest.mark.parametrize("spec", INVALID, ids=str)
def test_schema_and_validator_refuse_the_same(spec: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(spec)
    with pytest.raises(cnngrad.CnngradError):
        cnngrad.run(spec)


def test_a_spec_may_leave_out_the_op_that_a_command_says() -> None:
    for spec, valid in (
        ({"input": [[1, 2]], "kernel": [[1]]}, True),
        ({"input": [[1, 2]], "window": 1, "mode": "max"}, True),
        ({"input": [1], "layers": [{"op": "flatten"}]}, True),
        ({"expression": "x", "values": {"x": 1}}, True),
        ({"inputs": [1], "weights": {"input": 1, "recurrent": 2}}, True),
        ({"input": [[1, 2]], "kernel": [[1]], "window": 1}, False),
        ({"input": [[1, 2]], "kernel": [[1]], "strid": 1}, False),
        ({"input": [[1, 2]], "weights": [[1, 2]]}, False),
        ({"input": [1], "function": "relu"}, False),
        ({"input": [1]}, False),
    ):
        assert VALIDATOR.is_valid(spec) is valid, spec


def test_every_key_is_described() -> None:
    for op in schema(OPS)["oneOf"]:
        assert set(op["properties"]) == set(OPS[op["properties"]["op"]["const"]].fields)
        assert all(found["description"] for found in op["properties"].values())
