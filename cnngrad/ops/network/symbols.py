"""What the symbols in the terms of a loss are: its factor, and softmax."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnngrad.calculus.matrix_gates import softmax
from cnngrad.exercise.remarks import Definition
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Written
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import show
from cnngrad.ops.network.losses import Loss
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

LONGEST_ROW = 12
"""Cells of a row up to which softmax is written out."""
_SYMBOL = pattern(r"factor|scale|softmax(?:\[([\d,]*)\])?")


@dataclass(frozen=True)
class LossSymbols:
    """The symbols of a loss of Z, which is called `name`; `base` is what the first index is called."""

    loss: Loss
    Z: Array
    name: str
    base: int

    def definitions(self, trace: CellTrace) -> Iterator[Definition]:
        """Each symbol once, in the order of the terms."""
        labels = (factor.label for term in trace.terms if not term.vanishes for factor in term.factors)
        found = {match[0]: match[1] for label in labels for match in _SYMBOL.finditer(label)}
        for symbol, index in found.items():
            if symbol.startswith("softmax"):
                yield self._softmax(symbol, tuple(int(i) - self.base for i in (index or "").split(",") if i))
            else:
                yield Definition(symbol, self._scale(), self.loss.scale)

    def _scale(self) -> tuple[Written, ...]:
        """The number that is given, over the count of what a mean is taken over."""
        count = self.Z.size // self.Z.shape[self.loss.axis] if self.loss.row.of_rows else self.Z.size
        if self.loss.reduction == "sum" or count == 1:
            return ()
        whole = self.loss.scale * count
        what = "rows" if self.loss.row.of_rows else "cells"
        numbers = Factor.number(show(whole), whole), Factor.named(f"({count} {what})", count)
        return (Written("{}/{}", numbers),)

    def _softmax(self, symbol: str, index: Index) -> Definition:
        axis = self.loss.axis % self.Z.ndim
        row = [(*index[:axis], i, *index[axis + 1 :]) for i in range(self.Z.shape[axis])]
        if len(row) > LONGEST_ROW:
            row = []
        factors = [Factor(Cell(self.name, place), self.Z[place]) for place in (index, *row)]
        whole = f"({' + '.join(['exp({})'] * len(row))})" if row else "(sum of exp in its row)"
        totals = np.broadcast_to(self.loss.target.sum(axis=self.loss.axis, keepdims=True), self.Z.shape)
        value = softmax(self.loss.axis).forward(self.Z)[index] * totals[index]
        if totals[index] != 1:
            factors = [Factor.named("sum(target)", totals[index]), *factors]
        template = f"{'{}*' * (len(factors) > len(row) + 1)}exp({{}})/{whole}"
        return Definition(symbol, (Written(template, tuple(factors)),), value)
