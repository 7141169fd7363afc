"""Terms by columns are the terms of every cell, one by one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from columned import NETWORK, SPECS

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.exercise.columns import Columns


def test_the_columns_of_a_network_are_those_of_its_layers_in_their_names() -> None:
    found = compared(cnngrad.run(NETWORK, index_base=1))
    assert found == {f"{name}.{symbol}" for name in ("conv1", "dense1") for symbol in ("Z", "dA", "dW", "db")}


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("name", SPECS)
def test_the_columns_of_a_run_hold_the_terms_of_its_cells(name: str, base: int) -> None:
    result = cnngrad.run(SPECS[name], index_base=base)
    assert compared(result) == set(result.derivation.traceable)


def compared(result: Result) -> set[str]:
    """The quantities that have columns, all of whose terms are those of the cells."""
    derivation, found = result.derivation, set()
    for quantity in derivation.traceable:
        for cells, columns in derivation.runs(quantity):
            traces = [derivation.trace(cell) for cell in derivation.cells(quantity, cells)]
            assert derivation.formulas(quantity, cells) == [trace.formula for trace in traces]
            for place, trace in enumerate(traces if columns else ()):
                assert columns is not None
                assert tuple(columns.terms(place)) == trace.terms
                named = [(tuple(factor.name(result.base) for factor in t.factors), t.product) for t in trace.terms]
                assert [*in_text(columns, place)] == named
            found |= {quantity} if columns else set()
    return found


def in_text(columns: Columns, place: int) -> list[tuple[tuple[str, ...], Any]]:
    """The names of the factors of each term of a cell, and its product."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for part in columns.parts:
        start, end = [*pairwise(part.ends)][place]
        names = zip(*(column.names(start, end) for column in part.columns), strict=True)
        found += zip(names, part.products()[start:end], strict=True)
    return found
