"""Why a number of a computation graph is what it is: local times upstream, added up over the paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np

from cnngrad.calculus.expression import GateCall, is_literal
from cnngrad.calculus.gates import GATES
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.remarks import Definition, Remark
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term, Written
from cnngrad.numbers.kinds import Array
from cnngrad.ops.graph.graph import GraphExercise


def _named(written: Written, base: int) -> str:
    """A formula with the names of its factors."""
    return written.template.format(*(factor.name(base) for factor in written.factors))


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
        call = self.calls.get(cell.quantity)
        return CellTrace(cell, self._formula(cell.quantity), tuple(terms), value, self._written(call) if call else None)

    @cached_property
    def explained(self) -> Mapping[str, Array]:
        """The local gradients too, and what arrives at the output."""
        found = {name: np.array(self._local_trace(name).value, dtype=self.exercise.kind.dtype) for name in self._locals}
        delta = {"delta": np.array(self.exercise.delta, dtype=self.exercise.kind.dtype)}
        whole = {name: self.results[gradient] for name, gradient in self._shares.items()}
        return {**delta, **super().explained, **whole, **found}

    def explain(self, cell: Cell) -> CellTrace:
        if cell.quantity in self._locals:
            return self._local_trace(cell.quantity)
        return super().explain(Cell(self._shares.get(cell.quantity, cell.quantity)))

    @cached_property
    def _shares(self) -> dict[str, str]:
        """The gradients of the variables, as ∂f/∂x of the output f."""
        return {f"∂{self.exercise.output}/∂{name}": gradient_name(name) for name in self.exercise.values}

    def definitions(self, trace: CellTrace) -> Iterator[Definition]:
        """The local gradients in a sum over paths."""
        for call, place in self.uses.get(self._value_of.get(trace.cell.quantity, ""), []):
            local = self.exercise.local(call)[place]
            if local is not None:
                written = self._local(call, place)
                yield Definition(f"∂{call.name}/∂{call.inputs[place]}", (written,) if written else (), local)

    def reasons(self, trace: CellTrace) -> Iterator[Remark]:
        """The rules of the gates, and where a variable is used."""
        cell = trace.cell
        gates = [call.gate for call, _ in self.uses.get(self._value_of.get(cell.quantity, ""), [])]
        if cell.quantity in self._locals:
            gates = [call.gate for call, _ in self._locals[cell.quantity]]
        yield from (Remark(GATES[gate].rule) for gate in dict.fromkeys(gates))
        yield from super().reasons(trace) if cell.quantity not in self._locals else ()

    def users(self, cell: Cell) -> list[Cell]:
        if cell.quantity == "delta":
            return [Cell(gradient_name(self.exercise.output))]
        return [Cell(name) for name in dict.fromkeys(call.name for call, _ in self.uses.get(cell.quantity, []))]

    @cached_property
    def _locals(self) -> dict[str, list[tuple[GateCall, int]]]:
        """The local gradients that exist, by their names: a gate, and which input of it."""
        found: dict[str, list[tuple[GateCall, int]]] = {}
        for name, uses in self.uses.items():
            for call, place in uses:
                if self.exercise.local(call)[place] is not None and not is_literal(name):
                    found.setdefault(f"∂{call.name}/∂{name}", []).append((call, place))
        return found

    def _local_trace(self, name: str) -> CellTrace:
        """A local gradient by the rule of its gate; the sum of both where a value is both inputs of a gate."""
        uses = self._locals[name]
        values = [self.exercise.local(call)[place] for call, place in uses]
        written = [self._local(call, place) for call, place in uses]
        texts = [_named(each, self.base) if each else name for each in written]
        terms = tuple(Term((Factor.named(text, value),)) for text, value in zip(texts, values, strict=True))
        total = reduce(add, values)
        return CellTrace(Cell(name), " + ".join(texts), terms, total, written[0] if len(uses) == 1 else None)

    def _local(self, call: GateCall, place: int) -> Written | None:
        """A local gradient in the names of its gate; None where it has no letters: it is one of many inputs."""
        letters = GATES[call.gate].local
        if len(letters) != len(call.inputs):
            return None
        names = dict(zip("xy", map(self._input, call.inputs), strict=False))
        return Written.of(letters[place], {**names, "z": self._input(call.name)})

    def _written(self, call: GateCall) -> Written | None:
        """A gate with its inputs: `x/y`, `exp(t1)`; a sum and a product are told by their terms."""
        infix, inputs = GATES[call.gate].infix, tuple(map(self._input, call.inputs))
        if call.gate in ("add", "mul"):
            return None
        if not infix:
            return Written(f"{call.gate}({{}})", inputs)
        spaced = {"-": " - "}.get(infix, infix)
        return Written(f"{infix}{{}}" if len(inputs) == 1 else f"{{}}{spaced}{{}}", inputs)

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
