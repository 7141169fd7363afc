"""Networks of any architecture against central differences, and every traced cell against its terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from architectures import networks
from exercises import solved
from hypothesis import HealthCheck, given, settings
from layers import added_up

import cnngrad

MANY = settings(max_examples=12, suppress_health_check=list(HealthCheck))


@settings(MANY, max_examples=5)
@given(networks(most=2))
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


def test_a_step_of_descent() -> None:
    layers = [{"op": "dense", "weights": [[2, 3]], "bias": 1}]
    loss = {"op": "mse", "target": 4}
    found = solved(op="network", input=[1, 2], layers=layers, loss=loss, learning_rate=0.5)
    # Z = 2 + 6 + 1 = 9, dZ = 9 - 4 = 5
    assert found["updates"] == {"dense1.W": [[2 - 0.5 * 5 * 1, 3 - 0.5 * 5 * 2]], "dense1.b": 1 - 0.5 * 5}
