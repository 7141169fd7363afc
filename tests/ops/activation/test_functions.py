"""The parameters of functions, against arithmetic that is written out here."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from exercises import solved

import cnngrad

# alpha scales what is below 0: 4*(exp(-1) - 1), and 4*exp(-1) is its slope; log(1 + exp(2*0))/2, and sigmoid(0)
PARAMETERS: list[tuple[dict[str, Any], float, float, float]] = [
    ({"function": "leaky_relu", "alpha": 0.25}, -2, -0.5, 0.25),
    ({"function": "leaky_relu", "alpha": 0.25}, 2, 2, 1),
    ({"function": "elu", "alpha": 4}, -1, 4 * (math.exp(-1) - 1), 4 * math.exp(-1)),
    ({"function": "elu", "alpha": 4}, 3, 3, 1),
    ({"function": "softplus", "beta": 2}, 0, math.log(2) / 2, 0.5),
    ({"function": "softplus", "beta": 2}, 1e300, 1e300, 1),
    ({"function": "gelu", "approximate": "tanh"}, 0, 0, 0.5),
    ({"function": "gelu", "approximate": "tanh"}, 1e300, 1e300, 1),
]


@pytest.mark.parametrize(("setting", "at", "value", "slope"), PARAMETERS)
def test_a_parameter_changes_the_value_and_the_slope(
    setting: dict[str, Any], at: float, value: float, slope: float
) -> None:
    found = solved(op="activation", **setting, input=[at], delta=[2])
    assert found["Z"] == pytest.approx([value], rel=1e-15)
    assert found["dA"] == pytest.approx([2 * slope], rel=1e-15)


def test_the_default_slope_is_a_hundredth_in_fractions() -> None:
    result = cnngrad.run({"op": "activation", "numbers": "exact", "function": "leaky_relu", "input": [-3], "delta": 7})
    assert result.results["Z"].tolist() == [Fraction(-3, 100)]
    assert result.results["dA"].tolist() == [Fraction(7, 100)]
    assert result.to_dict()["settings"] == {"function": "leaky_relu", "alpha": "1/100"}


def test_softmax_along_the_first_axis_is_that_of_the_columns() -> None:
    # the columns (0, log 3) and (0, log 1): p is 1/4, 3/4 and 1/2, 1/2; dA = p*(dZ - p.dZ), p.dZ = 1/4 and 1/2*2
    spec = {"op": "activation", "function": "softmax", "input": [[0, 0], [math.log(3), 0]], "delta": [[1, 0], [0, 2]]}
    for axis in (0, -2):
        result = cnngrad.run({**spec, "axis": axis})
        assert np.allclose(result.results["Z"], [[1 / 4, 1 / 2], [3 / 4, 1 / 2]], rtol=1e-15)
        assert np.allclose(result.results["dA"], [[3 / 16, -1 / 2], [-3 / 16, 1 / 2]], rtol=1e-15)
        trace = result.explain("dA[1,1]").trace
        assert [term.factors[0].cell.name() for term in trace.terms] == ["dZ[0,1]", "dZ[1,1]"]
        assert sum(term.product for term in trace.terms) == pytest.approx(1 / 2)
        assert f"along axis {axis}" in str(result)
