"""Every printed number can say where it comes from: the terms of every cell add up to the cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from commands import some
from hypothesis import given, settings
from layers import added_up, convolutions, poolings

import cnngrad
from cnngrad.examples import example_names
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool

EXAMPLES = settings(max_examples=20)


def check(derivation: Derivation[Any], results: dict[str, Array], tolerance: float = 0.0, most: int = 10**9) -> None:
    """All that must hold of every cell of every quantity; of some, where they are more than `most`"""
    for quantity in derivation.traceable:
        cells = list(np.ndindex(results[quantity].shape))
        for index in cells[:: 1 + len(cells) // most]:
            trace = derivation.trace(Cell(quantity, index))
            value = results[quantity][index]
            assert len(trace.terms) <= derivation.most_terms(quantity)
            if value == -np.inf:
                assert trace.terms == ()
                continue
            assert trace.value == value
            assert added_up(trace) == value or abs(added_up(trace) - value) <= tolerance * (1 + abs(value))
            order = [
                term.factors[0].cell.index for term in trace.terms if not term.factors[0].cell.quantity.endswith("b")
            ]
            assert order == sorted(order)
            for factor in (factor for term in trace.terms for factor in term.factors):
                if factor.padding:
                    assert factor.cell.quantity.rpartition(".")[2] == "pad"
                    assert factor.value == 0
                    assert "pad[" in factor.name()
                elif not factor.text and not factor.label:
                    assert factor.value == derivation.values[factor.cell.quantity][factor.cell.index]


@EXAMPLES
@given(convolutions())
def test_convolutions(exercise: LayerExercise[Conv]) -> None:
    results = dict(exercise.solve())
    check(exercise.derivation(results), results, most=20)


@EXAMPLES
@given(poolings())
def test_pooling(exercise: LayerExercise[Pool]) -> None:
    results = dict(exercise.solve())
    check(exercise.derivation(results), results, 1e-12)


@pytest.mark.parametrize("name", some(example_names()))
def test_every_cell_of_every_example(name: str) -> None:
    result = cnngrad.run(f"example:{name}")
    check(result.derivation, dict(result.arrays), 0 if result.exercise.kind.name == "exact" else 1e-12)


LAYOUTS: list[dict[str, Any]] = [
    {"op": "conv", "layout": "NHWC", "input": [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]], "kernel": [[[[1, -1], [2, 3]]]]},
    {"op": "conv", "layout": "HWC", "input": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], "kernel": [[[1, 2]]]},
    {"op": "conv", "layout": "CHW", "input": [[[1, 2], [3, 4]]], "kernel": [[[[1, 2]]], [[[3, 4]]]], "bias": [1, 2]},
    {"op": "conv", "layout": "NWC", "input": [[[1, 2], [3, 4], [5, 6]]], "kernel": [[[1], [2]], [[3], [4]]]},
    {"op": "conv", "layout": "CL", "input": [[1, 2, 3], [4, 5, 6]], "kernel": [[1, 2], [3, 4]], "transposed": True},
    {"op": "pool", "layout": "HWC", "window": 1, "input": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
    {"op": "pool", "layout": "NL", "window": 2, "input": [[1, 1, 3], [4, 5, 6]], "mode": "average", "ceil_mode": True},
]


@pytest.mark.parametrize("spec", LAYOUTS, ids=lambda spec: f"{spec['op']} {spec['layout']}")
def test_cells_are_named_in_the_layout_of_the_user(spec: dict[str, Any]) -> None:
    result = cnngrad.run({**spec, "delta": 2})
    check(result.derivation, dict(result.arrays), 1e-15)


def test_terms_by_hand() -> None:
    result = cnngrad.run(
        {"op": "conv", "input": [1, 2, 3], "kernel": [4, 5], "padding": 1, "delta": [1, 10, 100, 1000]}
    )
    assert result.explain("dW[0]").to_dict() == {
        "cell": "dW[0]",
        "value": 10 * 1 + 100 * 2 + 1000 * 3,
        "formula": "sum of dZ[i]*A[i-1]",
        "terms": [
            {"factors": ["dZ[0]", "pad[-1]"], "values": [1, 0], "product": 0},
            {"factors": ["dZ[1]", "A[0]"], "values": [10, 1], "product": 10},
            {"factors": ["dZ[2]", "A[1]"], "values": [100, 2], "product": 200},
            {"factors": ["dZ[3]", "A[2]"], "values": [1000, 3], "product": 3000},
        ],
    }


def test_the_bias_is_the_last_term_of_Z() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2], "kernel": [3], "bias": 7})
    assert [term["factors"] for term in result.explain("Z[1]").to_dict()["terms"]] == [["A[1]", "W[0]"], ["b"]]


def test_pooling_terms_by_hand() -> None:
    average = cnngrad.run({"op": "pool", "mode": "average", "window": 2, "input": [1, 3, 5, 9], "delta": [2, 4]})
    assert average.explain("dA[3]").to_dict()["terms"] == [
        {"factors": ["dZ[1]", "1/2"], "values": [4, 0.5], "product": 2}
    ]
    largest = cnngrad.run({"op": "pool", "window": 2, "stride": 1, "input": [1, 9, 5], "delta": [2, 4]})
    assert [term["factors"] for term in largest.explain("dA[1]").to_dict()["terms"]] == [["dZ[0]"], ["dZ[1]"]]
    assert largest.explain("dA[2]").to_dict()["terms"] == []
    assert largest.explain("Z[1]").to_dict()["terms"][0]["factors"] == ["A[1]"]
