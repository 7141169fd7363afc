"""Why a number of a network is what it is: the terms of its layer, linked by the chain rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.exercise.columns import Columns, Factors
from cnngrad.exercise.derivation import GIVEN, Derivation
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.remarks import Definition, Remark
from cnngrad.exercise.sums import Sums
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term, Written
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network.network import INPUT, LOSS, NetworkExercise
from cnngrad.ops.network.symbols import LossSymbols
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.windows.layout import drawn


@dataclass(frozen=True)
class NetworkDerivation(Derivation[NetworkExercise]):
    """The derivation of a solved network; `parts` are the derivations of its layers."""

    parts: Mapping[str, Derivation[Any]] = field(default_factory=dict)

    @cached_property
    def values(self) -> Mapping[str, Array]:
        inner = {f"{name}.{s}": array for name, part in self.parts.items() for s, array in part.values.items()}
        return {"A": self.exercise.A, **inner, **self.results}

    @cached_property
    def explained(self) -> Mapping[str, Array]:
        """What the loss compares with, what arrives at the last output, and the parameters after the step, too."""
        exercise = self.exercise
        inner = {f"{name}.{s}": array for name, part in self.parts.items() for s, array in part.explained.items()}
        ends = {} if exercise.dZ is None else {"delta": exercise.dZ}
        if exercise.loss_of is not None and exercise.loss_of.row.target:
            ends["target"] = exercise.loss_of.target
        return {**ends, **self.values, **inner, **exercise.updates()}

    def explain(self, cell: Cell) -> CellTrace:
        """A new value by its step, the input of a layer by what it reads, the rest by the layer itself."""
        owner, _, symbol = cell.quantity.rpartition(".")
        if cell.quantity in self.exercise.updates():
            return self._step(cell)
        if owner and symbol in ("A", "S"):
            return self._read(cell, owner, "AS".index(symbol))
        if owner and symbol not in self.parts[owner].exercise.given and cell.quantity not in self.traceable:
            return _owned(self.parts[owner].explain(Cell(symbol, cell.index)), owner)
        return super().explain(cell)

    def _step(self, cell: Cell) -> CellTrace:
        """old - learning_rate * gradient."""
        gradient, rate = gradient_name(cell.quantity), self.exercise.learning_rate
        old = Factor(cell, self.exercise.parameters[cell.quantity][cell.index], label=f"old {cell.name(self.base)}")
        change = Term((Factor.named("-learning_rate", -rate), self.factor(gradient, cell.index)))
        value = self.explained[cell.quantity][cell.index]
        return CellTrace(cell, f"old {cell.quantity} - learning_rate*{gradient}", (Term((old,)), change), value)

    def _read(self, cell: Cell, owner: str, place: int) -> CellTrace:
        """The output that a layer reads."""
        source = next(layer.sources[place] for layer in self.exercise.layers if layer.name == owner)
        factor = self.factor("A" if source == INPUT else f"{source}.Z", cell.index)
        return CellTrace(cell, factor.cell.quantity, (Term((factor,)),), factor.value)

    def rule_of(self, quantity: str) -> str:
        owner, _, symbol = quantity.rpartition(".")
        return self.parts[owner].rule_of(symbol) if owner and symbol != "dZ" else ""

    def definitions(self, trace: CellTrace) -> Iterable[Definition]:
        """Those of the layer, of the loss, and of the step."""
        owner, _, symbol = trace.cell.quantity.rpartition(".")
        if owner and symbol != "dZ":
            own = replace(trace, cell=Cell(symbol, trace.cell.index))
            return (_defined(each, owner) for each in self.parts[owner].definitions(own))
        name = f"{self.exercise.last}.Z"
        loss = self.exercise.loss_of
        return () if loss is None else LossSymbols(loss, self.results[name], name, self.base).definitions(trace)

    def reasons(self, trace: CellTrace) -> Iterable[Remark]:
        owner, _, symbol = trace.cell.quantity.rpartition(".")
        if trace.formula != GIVEN and owner and symbol in (*self.parts[owner].traceable, "argmax"):
            own = replace(trace, cell=Cell(symbol, trace.cell.index))
            return (_said(each, owner) for each in self.parts[owner].reasons(own))
        return super().reasons(trace)

    def users(self, cell: Cell) -> list[Cell]:
        """Those of the layers that read a number, in their names."""
        owner, _, symbol = cell.quantity.rpartition(".")
        last = Cell(f"{self.exercise.last}.dZ", cell.index)
        if cell.quantity in ("target", "delta"):
            return [*([Cell(LOSS)] if cell.quantity == "target" else []), last]
        readers = [(owner, symbol)] if owner else [(x, "AS"[["dA", "dS"].index(g)]) for x, g in self.consumers(INPUT)]
        found = ((name, self.parts[name].users(Cell(read, cell.index))) for name, read in readers)
        return [Cell(f"{name}.{user.quantity}", user.index) for name, users in found for user in users]

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
        if quantity in ("target", "delta"):
            owner, symbol = self.exercise.last, "Z"
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

    def fills_in(self, quantity: str) -> bool:
        owner, _, symbol = quantity.rpartition(".")
        return self.parts[owner].fills_in(symbol) if owner and symbol != "dZ" else super().fills_in(quantity)

    def columns(self, quantity: str, cells: range) -> Columns | None:
        """Those of the layer, in its name."""
        owner, _, symbol = quantity.rpartition(".")
        found = self.parts[owner].columns(symbol, cells) if owner and symbol != "dZ" else None
        return found and found.renamed(quantity, lambda factors: self._owned_factors(factors, owner))

    def formulas(self, quantity: str, cells: range) -> list[str]:
        owner, _, symbol = quantity.rpartition(".")
        return (
            self.parts[owner].formulas(symbol, cells) if owner and symbol != "dZ" else super().formulas(quantity, cells)
        )

    def _owned_factors(self, factors: Factors, owner: str) -> Factors:
        """The factors of a layer with its name before every quantity; the same each time, so that texts are kept."""
        if factors not in self._renamed:
            label = factors.label and (_text(f"{factors.label[0]}[", owner)[:-1], factors.label[1])
            name = factors.quantity and f"{owner}.{factors.quantity}"
            self._renamed[factors] = replace(factors, quantity=name, pad=f"{owner}.{factors.pad}", label=label)
        return self._renamed[factors]

    @cached_property
    def _renamed(self) -> dict[Factors, Factors]:
        return {}

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
        """The gradients that arrive; of a step, the gradient that is taken."""
        alive = (term for term in trace.terms if not term.vanishes or len(term.factors) == 1)
        cells = [factor.cell for term in alive for factor in term.factors if factor.cell.quantity and not factor.label]
        stepped = gradient_name(trace.cell.quantity) if trace.cell.quantity in self.exercise.parameters else ""
        return tuple(x for x in cells if x.quantity == stepped or x.quantity.rpartition(".")[2] in ("dZ", "dA", "dS"))

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


_QUANTITY = pattern(r"(?<![\w.])(d?[AWZSNb]|d?gamma|d?beta)(?=\[)|(?<=∂)[AZ](?=\[)")
"""A quantity of a layer in a text."""


def _owned(trace: CellTrace, owner: str) -> CellTrace:
    """The trace of a layer with the layer's name before every quantity."""
    terms = tuple(Term(_factors(term.factors, owner)) for term in trace.terms)
    written = trace.written and _written(trace.written, owner)
    return replace(trace, cell=_named(trace.cell, owner), terms=terms, written=written)


def _named(cell: Cell, owner: str) -> Cell:
    return Cell(f"{owner}.{cell.quantity}", cell.index) if cell.quantity else cell


def _text(text: str, owner: str) -> str:
    return _QUANTITY.sub(rf"{owner}.\g<0>", text)


def _factors(factors: tuple[Factor, ...], owner: str) -> tuple[Factor, ...]:
    return tuple(replace(x, cell=_named(x.cell, owner), label=x.label and _text(x.label, owner)) for x in factors)


def _written(written: Written, owner: str) -> Written:
    return replace(written, factors=_factors(written.factors, owner))


def _defined(found: Definition, owner: str) -> Definition:
    return replace(found, name=_text(found.name, owner), written=tuple(_written(each, owner) for each in found.written))


def _said(remark: Remark, owner: str) -> Remark:
    return Remark(_text(remark.text, owner), _factors(remark.factors, owner))


DERIVATION = NetworkDerivation
