"""What the symbols in the terms of a normalising layer are: N, mean, variance and sd, and the derivatives of a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnngrad.calculus.tape import Tape
from cnngrad.exercise.remarks import Definition
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Written
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.ops.normalising import NormalisingDerivation

LONGEST = 12
"""Cells up to which a mean is written out, and derivatives that are."""


@dataclass(frozen=True)
class Symbols:
    """The symbols of one solved layer; `tape` has its steps, `base` is what the first index is called."""

    of: NormalisingDerivation[Any]
    tape: Tape
    base: int

    def definitions(self, trace: CellTrace) -> Iterator[Definition]:
        """Those in the terms of a cell, and what they are made of."""
        given, cell = bool(self.of.exercise.layer.statistics), trace.cell
        if cell.quantity == "dA":
            for term in [] if given else [term for term in trace.terms if not term.vanishes][:LONGEST]:
                upstream, local = term.factors
                yield self._moved(local, cell.index, upstream.cell.index)
            yield self._deviation(cell.index)
        elif cell.quantity in ("Z", "dgamma"):
            cells = [cell.index] if cell.quantity == "Z" else [term.factors[0].cell.index for term in trace.terms]
            yield from map(self._normalised, cells[:LONGEST])
            groups = {tuple(self.of.mates({"i": at})) for at in cells}
            if len(groups) == 1 and not given:
                yield from self._statistics(groups.pop())

    def _normalised(self, cell: Index) -> Definition:
        """N at a cell."""
        inputs = (self.of.factor("A", cell), *(self._at(name, cell) for name in ("mean", "variance", "eps")))
        written = Written("({} - {})/sqrt({} + {})", inputs)
        return Definition(self._name("N", cell), (written,), self._at("normalised", cell).value)

    def _statistics(self, group: tuple[Index, ...]) -> Iterator[Definition]:
        """The mean and the variance over cells, where they are few enough to read."""
        if len(group) > LONGEST:
            return
        inputs = tuple(self.of.factor("A", cell) for cell in group)
        mean, variance = self._at("mean", group[0]), self._at("variance", group[0])
        total = " + ".join(["{}"] * len(group))
        yield Definition("mean", (Written(f"({total})/{len(group)}", inputs),), mean.value)
        squares = " + ".join(["({} - {})**2"] * len(group))
        pairs = tuple(factor for each in inputs for factor in (each, mean))
        yield Definition("variance", (Written(f"({squares})/{len(group)}", pairs),), variance.value)

    def _deviation(self, cell: Index) -> Definition:
        """sd at a cell."""
        layer = self.of.exercise.layer
        name = self._name("sd", self.of.along(layer.scaled, cell)) if layer.statistics else "sd"
        inputs = self._at("variance", cell), self._at("eps", cell)
        return Definition(name, (Written("sqrt({} + {})", inputs),), self._at("sd", cell).value)

    def _moved(self, local: Factor, i: Index, j: Index) -> Definition:
        """∂Z[j]/∂A[i]: A[i] is in Z[j] itself where i = j, in its mean, and in its variance."""
        layer = self.of.exercise.layer
        gamma = self.of.sums.cell("gamma", self.of.along(layer.scaled, j))
        N = (Factor.named(self._name("N", at), self._at("normalised", at).value) for at in (i, j))
        text = f"{{}}/{{}}*({int(i == j)} - 1/{layer.cells} - {{}}*{{}}/{layer.cells})"
        return Definition(local.label, (Written(text, (gamma, self._at("sd", i), *N)),), local.value)

    def _at(self, name: str, cell: Index) -> Factor:
        """A step of the layer at a cell: it has length 1 along the axes that it was taken over."""
        if name in self.of.exercise.layer.statistics:
            return self.of.sums.cell(name, self.of.along(self.of.exercise.layer.scaled, cell))
        array: Any = self.tape.values[name]
        shape = getattr(array, "shape", ())
        value = array[tuple(i if size > 1 else 0 for i, size in zip(cell, shape, strict=True))] if shape else array
        return Factor.named(name, value)

    def _name(self, symbol: str, cell: Index) -> str:
        return Cell(symbol, cell).name(self.base)
