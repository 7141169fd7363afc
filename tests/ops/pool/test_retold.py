"""The terms of a cell of pooling in the names of the matrix P of its weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layers import added_up, integers
from pages import exhibits_of

import cnngrad
from cnngrad.exercise.terms import Cell
from cnngrad.report.derivation import by_method


@pytest.mark.parametrize("settings", [{}, {"mode": "average", "padding": 1}, {"ties": "split"}], ids=str)
def test_the_names_are_those_of_P(settings: dict[str, Any]) -> None:
    spec = {"op": "pool", "window": 2, "stride": 1, "input": integers((3, 4), 1, 0, 3), "delta": 2, **settings}
    P = exhibits_of(spec, "matrix")["P"].cells
    result = cnngrad.run(spec, method="matrix")
    for quantity in ("Z", "dA"):
        for index in np.ndindex(result.arrays[quantity].shape):
            trace = by_method(result, result.trace(Cell(quantity, index).name()))
            assert added_up(trace) == pytest.approx(trace.value)
            for factor in (factor for term in trace.terms for factor in term.factors if factor.label.startswith("P")):
                row, column = factor.label.removeprefix("P[").removesuffix("]").split(",")
                if quantity == "dA" or settings.get("ties") != "split":
                    assert P[int(row), int(column)] == factor.value


def test_a_mask_has_no_method() -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "input": [1, 2]}, method="matrix")
    with pytest.raises(cnngrad.CnngradError) as caught:
        result.explain("mask[0]")
    assert str(caught.value) == "method: matrix shows nothing of its own for mask[0]; take gather"
