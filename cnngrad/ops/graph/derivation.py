"""Why a number of a computation graph is what it is: local times upstream, added up over the paths."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from cnngrad.calculus.expression import GateCall, is_literal
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.ops.graph.graph import GraphExercise


class GraphDerivation(Derivation[GraphExercise]):
    """The derivation of one solved graph."""

    @property
    def first(self) -> tuple[str, ...]:
        return tuple(map(gradient_name, self.exercise.values))

    def letters(self, quantity: str) -> str:
        return ""

    def general(self, quantity: str) -> str:
        """The gate, or the sum over the gates that use a value."""
        return f"{quantity} = {self._formula(quantity)}"

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂f/∂x = sum of ∂f/∂t * ∂t/∂x over the gates t that x goes into."""
        name = self._value_of.get(cell.quantity)
        if name is None or name == self.exercise.output:
            return ()
        f, used = self.exercise.output, [call.name for call, _ in self.uses.get(name, [])]
        if not used:
            return (f"∂{f}/∂{name} = 0: nothing uses {name}",)
        paths = " + ".join(f"∂{f}/∂{t} * ∂{t}/∂{name}" for t in used)
        fork = f" ({name} goes {len(used)} ways: a fork adds)" if len(used) > 1 else ""
        return (f"∂{f}/∂{name} = {paths}{fork}",)

    def upstream(self, trace: CellTrace) -> tuple[Cell, ...]:
        factors = (factor.cell for term in trace.terms for factor in term.factors)
        return tuple(cell for cell in factors if self._value_of.get(cell.quantity))

    def most_terms(self, quantity: str) -> int:
        """One term per use; a value has two at most."""
        return 2 + len(self.uses.get(self._value_of.get(quantity) or "", []))

    def trace(self, cell: Cell) -> CellTrace:
        name, value = self._value_of.get(cell.quantity), self.results[cell.quantity][()]
        terms = self._value_terms(cell.quantity, value) if name is None else self._gradient_terms(name)
        return CellTrace(cell, self._formula(cell.quantity), tuple(terms), value)

    @cached_property
    def calls(self) -> dict[str, GateCall]:
        """The gates by the name of their value."""
        return {call.name: call for call in self.exercise.calls}

    @cached_property
    def uses(self) -> dict[str, list[tuple[GateCall, int]]]:
        """For every value, the gates that it goes into, and as which input."""
        found: dict[str, list[tuple[GateCall, int]]] = {}
        for call in self.exercise.calls:
            for place, name in enumerate(call.inputs):
                found.setdefault(name, []).append((call, place))
        return found

    @cached_property
    def _value_of(self) -> dict[str, str]:
        """The value of each gradient, by their names."""
        return {gradient_name(name): name for name in (*self.exercise.values, *self.calls)}

    def _formula(self, quantity: str) -> str:
        name = self._value_of.get(quantity)
        if name is None:
            return self.calls[quantity].expression if quantity in self.calls else "given"
        paths = [f"d{call.name}*∂{call.name}/∂{name}" for call, _ in self.uses.get(name, [])]
        return " + ".join([*(["delta"] if name == self.exercise.output else []), *paths]) or "0"

    def _value_terms(self, name: str, value: Any) -> Iterator[Term]:
        call = self.calls.get(name)
        if call is None:
            yield Term((Factor(Cell(name), value),))
        elif call.gate == "add":
            yield from (Term((self._input(x),)) for x in call.inputs)
        elif call.gate == "mul":
            yield Term(tuple(map(self._input, call.inputs)))
        else:
            yield Term((Factor.named(call.expression, value),))

    def _gradient_terms(self, name: str) -> Iterator[Term]:
        if name == self.exercise.output:
            yield Term((Factor.named("delta", self.exercise.delta),))
        for call, place in self.uses.get(name, []):
            local = self.exercise.local(call)[place]
            if local is not None and call.name in self.exercise.gradients.total:
                upstream = Factor(Cell(gradient_name(call.name)), self.exercise.gradient(call.name))
                yield Term((upstream, Factor.named(f"∂{call.name}/∂{name}", local)))

    def _input(self, name: str) -> Factor:
        value = self.exercise.tape.values[name]
        return Factor.number(name, value) if is_literal(name) else Factor(Cell(name), value)


DERIVATION = GraphDerivation
