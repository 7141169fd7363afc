"""Gradients of whole architectures against central differences, and a check that the check can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from architectures import Numbers, networks
from hypothesis import HealthCheck, given, settings
from layers import added_up

import cnngrad
from cnngrad.calculus.gates import GATES

MANY = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@MANY
@given(networks())
def test_random_networks(spec: dict[str, Any]) -> None:
    result = cnngrad.run(spec, gradcheck=True)
    assert result.gradcheck is not None
    assert result.gradcheck.passed, (result.gradcheck, spec["layers"])
    assert all(law.holds for law in result.laws)


@MANY
@given(networks())
def test_every_traced_cell_of_a_random_network_adds_up(spec: dict[str, Any]) -> None:
    result = cnngrad.run(spec)
    for name in result.derivation.traceable:
        array = result.arrays[name]
        index = tuple(size - 1 for size in array.shape)
        trace = result.trace(f"{name}[{','.join(map(str, index))}]" if index else name)
        assert trace.value == array[index]
        if np.isfinite(trace.value):
            assert added_up(trace) == pytest.approx(trace.value, rel=1e-9, abs=1e-9)


def test_a_wrong_derivative_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = {"op": "activation", "function": "tanh"}
    spec = {"op": "network", "input": [0.5, -0.4], "layers": [layer], "delta": [1, 2]}
    right, wrong = cnngrad.run(spec, gradcheck=True), replace(GATES["tanh"], partials=lambda z, _: (1 - z,))
    assert right.gradcheck is not None
    assert right.gradcheck.passed
    monkeypatch.setitem(GATES, "tanh", wrong)
    caught = cnngrad.run(spec, gradcheck=True).gradcheck
    assert caught is not None
    assert not caught.passed


@pytest.mark.parametrize("function", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("hidden", [1, 3])
def test_recurrent_networks(function: str, hidden: int) -> None:
    numbers = Numbers(hidden)
    spec = {
        "op": "rnn",
        "inputs": numbers(4, 2),
        "weights": {"input": numbers(hidden, 2), "recurrent": numbers(hidden, hidden), "bias": numbers(hidden)},
        "h0": numbers(hidden),
        "activation": function,
        "deltas": numbers(4, hidden),
    }
    result = cnngrad.run(spec, gradcheck=True)
    assert result.gradcheck is not None
    assert result.gradcheck.passed
    assert all(law.holds for law in result.laws)
    for name, terms in result.results["terms"].items():
        assert sum(terms) == pytest.approx(result.results[name], rel=1e-12, abs=1e-14)


def test_a_kink_is_skipped_and_a_steep_curve_is_not() -> None:
    kinked = cnngrad.run({"op": "activation", "function": "relu", "input": [0, 1], "delta": 1}, gradcheck=True)
    assert kinked.gradcheck is not None
    assert kinked.gradcheck.skipped == [("A", (0,))]
    steep = cnngrad.run({"op": "graph", "expression": "exp(30*x)", "values": {"x": 0.1}}, gradcheck=True)
    assert steep.gradcheck is not None
    assert (steep.gradcheck.passed, steep.gradcheck.cells, steep.gradcheck.skipped) == (True, 1, [])
