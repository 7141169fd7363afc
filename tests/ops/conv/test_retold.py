"""The terms of a cell in the names of a method: each name is a cell of the matrix that is shown, with its value."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from layers import added_up, integers
from pages import exhibits_of

import cnngrad
from cnngrad.exercise.terms import Cell
from cnngrad.report.derivation import by_method

SPECS: dict[str, dict[str, Any]] = {
    "plain": {"input": integers((4, 5), 1), "kernel": integers((2, 3), 2)},
    "stride, padding": {"input": integers((5, 5), 1), "kernel": integers((3, 2), 2), "stride": 2, "padding": 1},
    "dilation": {"input": integers((6,), 1), "kernel": [1, 2, 4], "dilation": 2},
    "flip": {"input": integers((4, 4), 1), "kernel": integers((2, 2), 2), "flip_kernel": True},
    "transposed": {"input": integers((3, 3), 1), "kernel": integers((2, 2), 2), "stride": 2, "transposed": True},
}
NAME = re.compile(r"([A-Za-z]+)\[([\d,]+)\]")


@pytest.mark.parametrize("method", ["rotate", "matrix"])
@pytest.mark.parametrize("name", SPECS)
def test_the_names_are_those_of_the_matrices(name: str, method: str) -> None:
    spec = {"op": "conv", "delta": 3, **SPECS[name]}
    matrices = exhibits_of(spec, method)
    result = cnngrad.run(spec, method=method)
    quantities = ["Z" if "transposed" in spec else "dA"] if method == "rotate" else ["Z", "dA", "dW"]
    for quantity in quantities:
        for index in np.ndindex(result.arrays[quantity].shape):
            trace = by_method(result, result.trace(Cell(quantity, index).name()))
            assert added_up(trace) == trace.value
            for factor in (factor for term in trace.terms for factor in term.factors if factor.label):
                symbol, place = NAME.fullmatch(factor.label).groups()  # type: ignore[union-attr]
                cells = matrices[symbol].cells
                at = tuple(map(int, place.split(",")))
                assert cells[at if len(at) == cells.ndim else (0, *at)] == factor.value, factor.label


def test_in_groups_the_filters_are_counted_within_their_own() -> None:
    """Channel c is read by the filters 2*c and 2*c + 1, which are rows 0 and 1 of R and of the matrix W."""
    W = integers((4, 1, 2, 2), 2)
    spec = {"op": "conv", "layout": "CHW", "groups": 2, "input": integers((2, 3, 3), 1), "kernel": W, "delta": 3}
    for method, symbol in (("rotate", "R"), ("matrix", "W")):
        result = cnngrad.run(spec, method=method)
        for channel, *place in np.ndindex(2, 3, 3):
            for term in by_method(result, result.trace(Cell("dA", (channel, *place)).name())).terms:
                (weight,) = (factor for factor in term.factors if factor.cell.quantity == "W")
                index = [*map(int, weight.label.removeprefix(f"{symbol}[").rstrip("]").split(","))]
                own = weight.cell.index[0] - 2 * channel
                assert index[: 1 if symbol == "W" else 2] == ([own] if symbol == "W" else [channel, own]), weight.label
                if symbol == "R":
                    assert W[2 * channel + index[1]][0][1 - index[2]][1 - index[3]] == weight.value, weight.label


def test_a_method_that_computes_nothing_of_a_cell_is_refused() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [1, 2], "delta": 1}, method="rotate")
    with pytest.raises(cnngrad.CnngradError) as caught:
        result.explain("dW[0]")
    assert str(caught.value) == "method: rotate shows nothing of its own for dW[0]; take gather"
