"""Answers that no mistake explains: every mistake and every pair of them runs on the exercise, and none may raise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnngrad
from cnngrad import check
from cnngrad.render.text import render
from cnngrad.report.verdict import verdict_page

A = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
CONV: dict[str, Any] = {"op": "conv", "input": A, "kernel": [[1, 0, 2], [2, -1, 1], [0, 3, 1]], "delta": 1}
CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "padding": CONV | {"padding": 1},
    "padding on one side": CONV | {"padding": [[1, 0], [0, 1]]},
    "stride": CONV | {"padding": 1, "stride": 2},
    "dilation": CONV | {"padding": 2, "dilation": 2},
    "flipped": CONV | {"padding": 1, "flip_kernel": True},
    "reflect": CONV | {"padding": 1, "padding_mode": "reflect"},
    "replicate": CONV | {"padding": 1, "padding_mode": "replicate"},
    "circular": CONV | {"padding": 1, "padding_mode": "circular"},
    "transposed": CONV | {"padding": 1, "transposed": True},
    "1-D": {"op": "conv", "input": [1, 2, 3, 4], "kernel": [1, 0, 2], "padding": 1, "delta": 1},
    "groups": {
        "op": "conv",
        "layout": "CHW",
        "groups": 2,
        "padding": 1,
        "input": [A, A],
        "kernel": [[[[1, 0], [2, 1]]], [[[3, 1], [0, -1]]]],
        "bias": [1, -1],
        "delta": 1,
    },
    "batch": {
        "op": "conv",
        "layout": "NL",
        "input": [[1, 2, 3], [4, 5, 7]],
        "kernel": [1, 2],
        "padding": 1,
        "delta": 1,
    },
    "3-D": {
        "op": "conv",
        "layout": "DHW",
        "padding": 1,
        "input": [[[1, 2], [3, 4]], [[5, 6], [7, 9]]],
        "kernel": [[[1, 2], [0, 1]], [[1, 0], [2, 2]]],
        "delta": 1,
    },
}
W: dict[str, Any] = {"op": "network", "input": A, "learning_rate": "0.1"}
OTHERS: dict[str, dict[str, Any]] = {
    "max": {"op": "pool", "input": A, "window": 2, "stride": 1, "padding": 1, "delta": 1},
    "max, ties": {"op": "pool", "input": [[1, 1, 0], [1, 1, 1]], "window": 2, "stride": 1, "ties": "all", "delta": 1},
    "max, any": {"op": "pool", "input": [[1, 1, 0], [1, 1, 1]], "window": 2, "stride": 1, "ties": "any", "delta": 2},
    "max without a real cell": {
        "op": "pool", "input": [1, 2], "window": 2, "dilation": 3, "padding": 2, "stride": 1, "delta": 1,
    },
    "average": {"op": "pool", "mode": "average", "input": A, "window": 2, "padding": 1, "delta": 1},
    "average, real cells": {
        "op": "pool", "mode": "average", "input": A, "window": 2, "padding": 1, "count_include_pad": False, "delta": 1,
    },
    "dense": {"op": "dense", "input": [[1, 2], [3, 5]], "weights": [[1, 2], [0, 3]], "bias": [1, 2], "delta": 1},
    "activation": {"op": "activation", "function": "leaky_relu", "input": [1, -2, 3], "delta": [2, 3, 5]},
    "network": W | {"layers": [{"op": "conv", "kernel": [[1, 2], [0, 3]], "padding": 1}], "loss": {"op": "sum"}},
    "network with groups": W | {
        "input": [[1, 2], [3, 5]],
        "layout": "CL",
        "layers": [{"op": "conv", "groups": 2, "kernel": [[[1, 2]], [[0, 3]]], "padding": 1}],
        "loss": {"op": "sum"},
    },
    "graph": {"op": "graph", "expression": "(x + y) * z / x", "values": {"x": 2, "y": 3, "z": 5}},
    "rnn": {
        "op": "rnn", "inputs": [1, 2], "weights": {"input": 2, "recurrent": 3}, "activation": "identity", "delta": 1,
    },
}  # fmt: skip


def unlikely(shape: tuple[int, ...]) -> Any:
    """1011, 1018, 1039, ...: numbers that no computation here gives."""
    return (np.arange(int(np.prod(shape))) ** 2 * 7 + 1011).reshape(shape).tolist()


@pytest.mark.parametrize("numbers", ["float", "exact"])
@pytest.mark.parametrize("spec", [*CONVOLUTIONS.values(), *OTHERS.values()], ids=[*CONVOLUTIONS, *OTHERS])
def test_no_pair_of_mistakes_trips_over_the_first(spec: dict[str, Any], numbers: str) -> None:
    exercise = spec | {"numbers": numbers}
    for name, right in cnngrad.run(exercise).exercise.solve().results.items():
        judged = check(exercise, {name: unlikely(np.shape(right))}).answers[name]
        assert (judged.verdict, judged.cells_right) == ("wrong", 0)


FULL = """\
Check

1 answer: 1 wrong

dA wrong, 2 of 9 cells right
  dA given  3x3
           0    1    2
    0 |   1✗   5✓   2✓
    1 |   9✗   1✗   7✗
    2 |   3✗   4✗   3✗

  unknown: none of 9 known mistakes and 96 pairs of them gives these numbers; the first law that fails is <A,dA> = \
<dZ,Z-b>
"""
"""dA[0,1] = 1 + 0 + 2 + 2 - 1 + 1 = 5 is the sum of the kernel's first two rows, and dA[0,2] = 0 + 2 - 1 + 1 = 2."""


def test_a_wrong_gradient_with_padding_in_full() -> None:
    verdict = check(CONVOLUTIONS["padding"], {"dA": [[1, 5, 2], [9, 1, 7], [3, 4, 3]]})
    assert render(verdict_page(verdict, "mistake")) == FULL


HUGE = {"op": "conv", "numbers": "exact", "input": ["1e300", "1e300"], "kernel": ["1e300"], "delta": ["1e300", 2]}
"""Z = 1e600 each: fractions know no largest number."""


def test_exact_numbers_beyond_float64_are_judged() -> None:
    for answer in ([1, 2], ["1e300", "-1e300"], ["1e300", None]):
        assert check(HUGE, {"Z": answer}).verdict == "wrong"
        assert check(HUGE, {"dA": answer}).verdict == "wrong"
    assert check(HUGE, {"dW": [1]}).verdict == "wrong"
