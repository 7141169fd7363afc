"""Gather, scatter, rotate and matrix: four computations, one result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from layers import conv, convolutions, exact, integers, pool, poolings

import cnngrad
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.methods import METHODS
from cnngrad.methods.matrix import Rotate
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool
from cnngrad.render import Look, render
from cnngrad.report.page import page

EXAMPLES = settings(max_examples=20)


@pytest.mark.parametrize("method", METHODS)
@EXAMPLES
@given(exercise=convolutions())
def test_convolutions(method: str, exercise: LayerExercise[Conv]) -> None:
    results = exercise.solve()
    for name, array in exercise.record.part("by_method")(exercise, method).items():
        np.testing.assert_array_equal(array, results[name], err_msg=name)


@pytest.mark.parametrize("method", METHODS)
@EXAMPLES
@given(exercise=poolings())
def test_pooling(method: str, exercise: LayerExercise[Pool]) -> None:
    results = exercise.solve()
    computed = exercise.record.part("by_method")(exercise, method)
    np.testing.assert_allclose(computed["dA"], results["dA"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(computed["Z"], results["Z"], rtol=0, atol=1e-12)


EMPTY = {"op": "pool", "input": [1, 2], "window": 2, "dilation": 3, "padding": 2, "stride": 1, "delta": 1}
"""Windows (pad 2), (pad pad), (1 pad)."""


TIED = {"op": "pool", "input": [1, 1], "window": 2}


HUGE = "1e17"
"""1e17 + 1 is 1e17 in float64, so that Z depends on the order in which its terms are added."""


CANCELLING = {
    "op": "conv",
    "input": [HUGE, 1, f"-{HUGE}", 3, HUGE],
    "kernel": [1, 1, 1],
    "delta": [1, HUGE, f"-{HUGE}"],
}


LARGE = {"op": "pool", "mode": "average", "input": ["1e308", "-1e308", "1e308"], "window": 2, "stride": 1, "delta": 1}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("numbers", ["float", "exact", "symbolic"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("spec", "names"),
    [(TIED, "Z"), (TIED | {"delta": 3}, "Z, dA"), (EMPTY, "Z, dA"), (CANCELLING, "Z, dA, dW, db"), (LARGE, "Z, dA")],
    ids=["tied", "tied with a delta", "empty window", "cancelling", "large"],
)
def test_every_method_agrees_where_cells_tie_or_windows_are_empty(
    spec: dict[str, Any], names: str, method: str, numbers: str
) -> None:
    for ties in ("first", "last", "all", "split", "any") if "mode" not in spec and spec["op"] == "pool" else ("",):
        rule = {"ties": ties} if ties else {}
        for trace in {"float": ("brief", "full"), "exact": ("full",), "symbolic": ("brief",)}[numbers]:
            result = cnngrad.run(spec | rule | {"numbers": numbers}, method=method, trace=trace)
            text = render("text", page(result), Look())
            assert f"  [ok] {method} alone gives the same {names}\n" in text


def test_the_maximum_of_an_empty_window_is_minus_infinity_in_every_method() -> None:
    for method in METHODS:
        for ties in ("first", "last", "all", "split"):
            exercise = pool(np.array([1.0, 2]), (2,), dilation=3, padding=2, stride=1, ties=ties)
            computed = exercise.record.part("by_method")(exercise, method)
            assert computed["Z"].tolist() == [2, -np.inf, 1]
            assert computed["dA"].tolist() == [1, 1]


@pytest.mark.parametrize("method", METHODS)
def test_exact_numbers(method: str) -> None:
    ours = conv(*(exact(integers(s, 1)) for s in ((4, 5), (2, 3), (), (2, 2))), stride=(2, 2), padding=((0, 1), (1, 0)))
    results = ours.solve()
    for name, array in ours.record.part("by_method")(ours, method).items():
        assert array.tolist() == results[name].tolist()


def test_a_wrong_method_is_a_bug_and_not_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rotate, "turned", lambda _self, kernel: kernel)
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [1, 5], "delta": 1}, method="rotate")
    with pytest.raises(AssertionError, match="rotate disagrees on dA"):
        str(result)
