"""One cell of a convolution as a method computes it: its terms in the names of the matrices of that method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cnngrad.exercise.terms import Cell, CellTrace, Term
from cnngrad.methods.matrix import Rotate
from cnngrad.ops.conv.derivation import ConvDerivation
from cnngrad.records import dataclass
from cnngrad.windows.correlation import ChannelMeeting

Named = Callable[[ChannelMeeting], tuple[str, str]]
"""What the factors of a product are called: that of the narrow cell or the input, and the other."""


def retold(derivation: ConvDerivation, trace: CellTrace, method: str) -> CellTrace | None:
    """The terms of a cell in the names of a method; None where the method does nothing for this quantity."""
    conv, cell = derivation.exercise.layer, trace.cell
    if method == "scatter":
        return trace if cell.quantity in derivation.traceable else None
    full = "Z" if conv.transposed else "dA"
    if method == "rotate":
        return _renamed(derivation, trace, _Rotated(derivation).names) if cell.quantity == full else None
    names = _Matrices(derivation)
    return _renamed(derivation, trace, names.names(cell.quantity)) if cell.quantity in ("Z", "dA", "dW") else None


def _renamed(derivation: ConvDerivation, trace: CellTrace, names: Named) -> CellTrace:
    """The terms with other names for their factors; the bias of Z keeps its own."""
    meetings = {tuple(factor.cell for factor in term.factors): met for term, met in derivation.products(trace.cell)}
    terms = []
    for term in trace.terms:
        met = meetings.get(tuple(factor.cell for factor in term.factors))
        labels = names(met) if met else [factor.label for factor in term.factors]
        factors = zip(term.factors, labels, strict=True)
        terms.append(Term(tuple(replace(factor, label=label) for factor, label in factors)))
    return replace(trace, terms=tuple(terms))


@dataclass(frozen=True)
class _Rotated:
    """The stretched delta D and the turned kernel R, whose positions slide over each other."""

    derivation: ConvDerivation

    def names(self, met: ChannelMeeting) -> tuple[str, str]:
        """`D[0,2]` and `R[1,0]`: the delta with zeros between and around, the kernel turned."""
        conv, base = self.derivation.exercise.layer, self.derivation.base
        (n, o, *output), (_, _, *tap) = met.narrow, met.kernel
        delta, turned = Rotate(conv.windows, conv.channels).places(tuple(output), tuple(tap))
        image = (n,) * conv.layout.batched
        of_delta = (o,) * conv.layout.channels
        of_kernel = (met.wide[1], o % conv.channels.outputs_per_group) if conv.layout.channels else ()
        return Cell("D", (*image, *of_delta, *delta)).name(base), Cell("R", (*of_kernel, *turned)).name(base)


@dataclass(frozen=True)
class _Matrices:
    """W, X = im2col and dZ (or A) as matrices, for the group and the image of a product."""

    derivation: ConvDerivation

    def names(self, quantity: str) -> Named:
        """Two of `W[0,3]`, `X[3,1]` and `dZ[0,1]`, in the order of the terms."""
        transposed = self.derivation.exercise.layer.transposed
        narrow = "A" if transposed else "dZ"
        reads = (quantity == "Z") is not transposed
        first, second = (narrow, "X") if quantity == "dW" else ("X" if reads else narrow, "W")
        return lambda met: (self._name(first, met), self._name(second, met))

    def _name(self, matrix: str, met: ChannelMeeting) -> str:
        """A cell of a matrix: a row of W per filter, a row of X per tap, a column of X per window."""
        conv = self.derivation.exercise.layer
        (_, i, *tap), row = met.kernel, met.kernel[0] % conv.channels.outputs_per_group
        k = int(np.ravel_multi_index((i, *tap), (conv.channels.inputs_per_group, *conv.windows.taps)))
        w = int(np.ravel_multi_index(met.narrow[2:], conv.windows.outputs))
        index = {"W": (row, k), "X": (k, w)}.get(matrix, (row, w))
        return Cell(matrix, index).name(self.derivation.base)
