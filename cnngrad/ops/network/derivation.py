"""Why a number of a network is what it is: the terms of its layer, linked by the chain rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.sums import Sums
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network.network import INPUT, LOSS, NetworkExercise
from cnngrad.windows.layout import drawn


@dataclass(frozen=True)
class NetworkDerivation(Derivation[NetworkExercise]):
    """The derivation of a solved network; `parts` are the derivations of its layers."""

    parts: Mapping[str, Derivation[Any]] = field(default_factory=dict)

    @cached_property
    def values(self) -> Mapping[str, Array]:
        inner = {f"{name}.{s}": array for name, part in self.parts.items() for s, array in part.values.items()}
        return {"A": self.exercise.A, **inner, **self.results}

    @property
    def traceable(self) -> tuple[str, ...]:
        inner = [f"{name}.{s}" for name, part in self.parts.items() for s in (*part.traceable, "dZ")]
        return tuple(name for name in (*inner, LOSS, "dA") if name in self.results)

    @property
    def first(self) -> tuple[str, ...]:
        names = (LOSS, *map(gradient_name, self.exercise.parameters))
        return tuple(name for name in names if name in self.results)

    def letters(self, quantity: str) -> str:
        owner, _, symbol = quantity.rpartition(".")
        if owner:
            return self.parts[owner].letters(symbol)
        return "" if quantity == LOSS else drawn(self.exercise.letters)

    def general(self, quantity: str) -> str:
        owner, _, symbol = quantity.rpartition(".")
        if owner and symbol != "dZ":
            return self.parts[owner].general(symbol)
        return f"{quantity} = {self.link(owner or INPUT) if quantity != LOSS else self._loss_formula('value')}"

    def link(self, name: str) -> str:
        """What arrives at the output of a layer: `pool1.dA`, or a sum of such at a fork, or the loss."""
        arriving = [f"{consumer}.{symbol}" for consumer, symbol in self.consumers(name)]
        if name == self.exercise.last:
            arriving.append(f"∂loss/∂{name}.Z = {self._loss_formula('gradient')}" if self.exercise.loss_of else "delta")
        return " + ".join(arriving) or "0"

    def consumers(self, name: str) -> list[tuple[str, str]]:
        """The layers that read an output, each with what it passes back: dA, or dS from a residual sum."""
        return [
            (layer.name, ("dA", "dS")[place])
            for layer in self.exercise.layers
            for place, source in enumerate(layer.sources)
            if source == name
        ]

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """The layer's chain rule, and how it connects to the next layer."""
        owner, _, symbol = cell.quantity.rpartition(".")
        if not owner or symbol == "dZ":
            return ()
        lines = self.parts[owner].chain(Cell(symbol, cell.index))
        return (*lines, f"and {owner}.dZ = {self.link(owner)}") if lines else ()

    def most_terms(self, quantity: str) -> int:
        owner, _, symbol = quantity.rpartition(".")
        if owner and symbol != "dZ":
            return self.parts[owner].most_terms(symbol)
        return 2 * self.results[f"{self.exercise.last}.Z"].size if quantity == LOSS else 2 + len(self.parts)

    def all_terms(self, quantity: str) -> int:
        owner, _, symbol = quantity.rpartition(".")
        return self.parts[owner].all_terms(symbol) if owner and symbol != "dZ" else super().all_terms(quantity)

    def trace(self, cell: Cell) -> CellTrace:
        owner, _, symbol = cell.quantity.rpartition(".")
        if owner and symbol != "dZ":
            return _owned(self.parts[owner].trace(Cell(symbol, cell.index)), owner)
        value = self.results[cell.quantity][cell.index]
        if cell.quantity == LOSS:
            cells = np.ndindex(self.results[f"{self.exercise.last}.Z"].shape)
            terms = [term for index in cells for term in self._loss.terms(Cell("value", index))]
            return CellTrace(cell, self._loss_formula("value"), tuple(terms), value)
        name = owner or INPUT
        return CellTrace(cell, self.link(name), tuple(self._arriving(name, cell)), value)

    def upstream(self, trace: CellTrace) -> tuple[Cell, ...]:
        cells = (factor.cell for term in trace.terms if not term.vanishes for factor in term.factors)
        return tuple(cell for cell in cells if cell.quantity.rpartition(".")[2] in ("dZ", "dA", "dS"))

    @cached_property
    def _loss(self) -> Sums:
        assert self.exercise.loss_of is not None
        name = f"{self.exercise.last}.Z"
        return self.exercise.loss_of.sums(self.results[name], name, self.base)

    def _loss_formula(self, of: str) -> str:
        assert self.exercise.loss_of is not None
        return self.exercise.loss_of.formula(of).replace("Z", f"{self.exercise.last}.Z")

    def _arriving(self, name: str, cell: Cell) -> list[Term]:
        passed = [Cell(f"{consumer}.{symbol}", cell.index) for consumer, symbol in self.consumers(name)]
        terms = [Term((Factor(found, self.results[found.quantity][found.index]),)) for found in passed]
        if name != self.exercise.last:
            return terms
        if self.exercise.loss_of is not None:
            return [*terms, *self._loss.terms(Cell("gradient", cell.index))]
        assert self.exercise.dZ is not None
        return [*terms, Term((Factor.named("delta", self.exercise.dZ[cell.index]),))]


def _owned(trace: CellTrace, owner: str) -> CellTrace:
    """The trace of a layer with the layer's name before every quantity."""

    def named(cell: Cell) -> Cell:
        return Cell(f"{owner}.{cell.quantity}", cell.index) if cell.quantity else cell

    terms = (Term(tuple(replace(factor, cell=named(factor.cell)) for factor in term.factors)) for term in trace.terms)
    return replace(trace, cell=named(trace.cell), terms=tuple(terms))


DERIVATION = NetworkDerivation
