"""One cell of a pooling layer as a method computes it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.ops.pool.derivation import PoolDerivation


def retold(derivation: PoolDerivation, trace: CellTrace, method: str) -> CellTrace | None:
    """The terms of a cell in the names of a method; None where the method does nothing for this quantity."""
    if trace.cell.quantity not in ("Z", "dA") or method == "rotate":
        return None
    if method == "scatter":
        return replace(trace, written=None)
    return replace(trace, written=None, terms=tuple(_of_matrix(derivation, trace.cell, term) for term in trace.terms))


def _of_matrix(derivation: PoolDerivation, cell: Cell, term: Term) -> Term:
    """`P[0,5]*A[1,1]`: the row of P of a window, and the column of a cell of A, both counted in their plane."""
    first, *others = term.factors
    if first.padding:
        return term
    forward = cell.quantity == "Z"
    pool = derivation.exercise.layer
    source, output = (first.cell, cell) if forward else (cell, first.cell)
    column = np.ravel_multi_index(pool.layout.plane_cell(source.index, 0)[2:], pool.windows.sizes)
    row = np.ravel_multi_index(pool.layout.plane_cell(output.index, 0)[2:], pool.windows.outputs)
    weight = others[0].value if others else first.value * 0 + 1
    label = Cell("P", (int(row), int(column))).name(derivation.base)
    return Term((first, Factor.named(label, weight)))
