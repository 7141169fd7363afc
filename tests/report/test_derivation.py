"""Explanations: from symbols to numbers to pictures, and back to the loss."""

from __future__ import annotations

from typing import Any

import commands
import pytest
from pages import grids, texts

import cnngrad
from cnngrad.report.blocks import Heading
from cnngrad.report.derivation import steps
from cnngrad.report.page import explanation_page
from cnngrad.report.record import explanation_record


def test_an_explanation_goes_back_to_the_output() -> None:
    said = commands.cnngrad("explain", "example:lecture-graph", "dx").out
    assert "Back to the output" in said
    assert "dx = " in said


def test_an_explanation_of_a_network_goes_back_to_the_loss() -> None:
    said = commands.cnngrad("explain", "example:classifier", "dense1.dW[0,0]", "--format", "text").out
    back = said.partition("Back to the loss")[2]
    assert back
    for name in ("dense1.dZ", "dense2.dA", "dense2.dZ"):
        assert name in back


def test_an_explanation_goes_from_symbols_to_numbers_to_pictures() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [4, 5], "delta": [6, 7]})
    blocks = tuple(steps(result, result.trace("dW[1]")))
    assert texts(blocks) == [
        "dW[1]",
        "  ∂L/∂W[1] = sum of ∂L/∂Z[i] * ∂Z[i]/∂W[1]",
        "  with upstream ∂L/∂Z[i] = dZ[i] and local gradient ∂Z[i]/∂W[1] = A[i+1]",
        "  dW[1] = sum of dZ[i]*A[i+1]",
        "  dW[1] = dZ[0]*A[1] + dZ[1]*A[2]",
        "        = 6*2 + 7*3",
        "        = 12 + 21",
        "        = 33",
    ]
    assert [(grid.symbol, grid.cells, sorted(grid.signs)) for grid in grids(blocks)] == [
        ("A", [["1", "2", "3"]], [(0, 1), (0, 2)]),
        ("dZ", [["6", "7"]], [(0, 0), (0, 1)]),
        ("dW", [["20", "33"]], [(0, 1)]),
    ]


def test_a_forward_cell_has_no_chain_rule() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [4, 5]})
    assert not any("∂" in text for text in texts(explanation_page(result, ("Z[0]",))))


@pytest.mark.parametrize(
    ("settings", "local"),
    [
        ({}, "1 in each window that the cell wins, 0 in the others"),
        ({"ties": "split"}, "1/winners in each window that the cell wins, 0 in the others"),
        ({"mode": "average"}, "1/count in each window that holds the cell"),
    ],
)
def test_the_local_gradient_of_pooling(settings: dict[str, Any], local: str) -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "input": [1, 2], "delta": 1, **settings})
    line = f"  with upstream ∂L/∂Z[i] = dZ[i] and local gradient ∂Z[i]/∂A[1] = {local}"
    assert line in texts(explanation_page(result, ("dA[1]",)))


def test_several_cells_are_explained_one_after_the_other() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [4, 5], "delta": 1})
    blocks = explanation_page(result, ("dW[1]", "db"))
    assert [block.text for block in blocks if isinstance(block, Heading)] == ["Convolution", "dW[1]", "db"]
    record = explanation_record(result, ("dW[1]", "db"))
    assert list(record) == ["format", "op", "source", "title", "trace"]
    assert [(trace["cell"], trace["value"]) for trace in record["trace"]] == [("dW[1]", 2 + 3), ("db", 2)]
