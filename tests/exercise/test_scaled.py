"""Exact results from whole numbers in float64 are those of fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from cnngrad.api.solve import document
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.scaled import exact_results
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.spec.build import build

A = [["0.1", "1/3", -2], [4, "2.5", "-0.7"], ["1e-3", 0, 6]]
SPECS: dict[str, dict[str, Any]] = {
    "conv": {"op": "conv", "input": A, "kernel": [["1/7", 2], ["-0.3", 1]], "bias": "0.01", "delta": "1/9"},
    "padding, stride": {"op": "conv", "input": A, "kernel": [[1, "0.2"]], "padding": 1, "stride": 2, "delta": "-0.6"},
    "reflect": {"op": "conv", "input": A, "kernel": [[1, "0.2"]], "padding": 1, "padding_mode": "reflect", "delta": 1},
    "transposed": {"op": "conv", "input": A, "kernel": [[1, "0.2"]], "transposed": True, "bias": "1/7", "delta": 2},
    "forward": {"op": "conv", "input": A, "kernel": [["0.3", "0.2"]], "bias": "0.001"},
    "channels": {
        "op": "conv",
        "layout": "HWC",
        "input": [[["0.1", 2], ["1/3", 1]]],
        "kernel": [[[["0.1", "0.02"], ["1/9", 3]]]],
        "bias": ["1/11", "0.003"],
        "delta": "0.7",
    },
    "dense": {"op": "dense", "input": A, "weights": [["1/3", 2, "0.4"]], "bias": ["0.05"], "delta": "1/8"},
}


def exact(spec: dict[str, Any]) -> Exercise:
    return build(document(spec | {"numbers": "exact"}, DEFAULT), OPS, None, DEFAULT).exercise


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_result_is_the_same_fraction(spec: dict[str, Any]) -> None:
    exercise = exact(spec)
    found, right = exact_results(exercise), exercise.solve()
    assert found is not None
    assert list(found) == list(right)
    for name, array in right.items():
        assert found[name].shape == array.shape
        assert [*found[name].flat] == [*map(Fraction, array.flat)]


@pytest.mark.parametrize(
    "spec",
    [
        {"op": "conv", "input": [["9007199254740993"]], "kernel": [[1]], "delta": 1},  # 2^53 + 1
        {"op": "conv", "input": [["94906267"]], "kernel": [[1]], "delta": "94906267"},  # squared just above 2^53
        {"op": "conv", "input": [["1e300", "1e-20"]], "kernel": [[0]], "delta": 0},
        {"op": "pool", "mode": "average", "input": A, "window": 3, "delta": 1},
        {"op": "graph", "expression": "x*y", "values": {"x": 2, "y": 3}},
    ],
)
def test_what_float64_does_not_hold_and_what_is_no_sum_of_products_is_left_to_fractions(spec: dict[str, Any]) -> None:
    assert exact_results(exact(spec)) is None
