"""Computation graphs of scalars: every gate with its local gradients, and what flows back through it.

(CS231n, Backpropagation, Intuitions: local gradient times upstream gradient; gradients add at forks.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np

from cnngrad.calculus.expression import GateCall, is_literal
from cnngrad.calculus.gate_parts import finite
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.tape import Amendments, Gradients, Tape, pinned
from cnngrad.errors import CnngradError
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.op import Op
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, Kind
from cnngrad.numbers.printing import rounded
from cnngrad.ops import OPS
from cnngrad.records import dataclass

_STEEP = "has a gradient beyond float64; take smaller numbers"


class GateError(CnngradError):
    """A gate without a value or a gradient at these numbers; `name` is what it would have made."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class GraphExercise(Exercise):
    """Gates in order of evaluation; `output` names the last value, whose upstream gradient is `delta`.

    `values` holds a number (float, fraction or formula) for every variable, in reading order; `text` is
    the expression as it was written, or nothing for a mapping of steps.
    """

    calls: tuple[GateCall, ...]
    output: str
    values: Mapping[str, Any]
    delta: Any
    number_kind: Kind
    text: str = ""
    amendments: Amendments = field(default_factory=Amendments)
    decimals: int | None = None
    """to which every number that is written down is rounded, half away from zero; None where none is"""

    @property
    def record(self) -> Op:
        return OPS["graph"]

    @property
    def kind(self) -> Kind:
        return self.number_kind

    @property
    def given(self) -> Mapping[str, Array]:
        """The variables, each an array without axes."""
        return {name: self._cell(value) for name, value in self.values.items()}

    def settings(self) -> dict[str, Any]:
        steps = {call.name: call.expression for call in self.calls}
        return {"expression": self.text or steps, "output": self.output, "delta": self.kind.plain(self.delta)}

    @cached_property
    def tape(self) -> Tape:
        tape = Tape(self.amendments)
        for name, value in self.values.items():
            tape.place(name, _kept(value, self.decimals))
        for call in self.calls:
            for name in filter(is_literal, call.inputs):
                tape.place(name, self.kind.read(name))
            tape.record(call.name, _Node(call, self.decimals), *call.inputs)
        return tape

    @cached_property
    def gradients(self) -> Gradients:
        """What flowed back, to every node and through every gate."""
        return self.tape.backward({self.output: _kept(self.delta, self.decimals)})

    def local(self, call: GateCall) -> tuple[Any, ...]:
        """The local gradients of a gate; None where one does not exist."""
        inputs = (self.tape.values[name] for name in call.inputs)
        return GATES[call.gate].partials(self.tape.values[call.name], *inputs)

    def gradient(self, name: str) -> Any:
        """The gradient that arrives at a value, all paths added; 0 where no path leads."""
        return self.gradients.total.get(name, self.kind.number(Fraction(0)))

    @property
    def names(self) -> tuple[str, ...]:
        return (*self._values, *map(gradient_name, self._values))

    @property
    def _values(self) -> Mapping[str, None]:
        """The names of every variable and every gate, in order of evaluation."""
        return dict.fromkeys([*self.values, *(call.name for call in self.calls)])

    @np.errstate(all="ignore")
    def solve(self) -> Mapping[str, Array]:
        """The value and the gradient of every variable and every gate."""
        names = self._values
        values = {name: self._cell(self.tape.values[name]) for name in names}
        return values | {gradient_name(name): self._cell(self.gradient(name)) for name in names}

    def with_arrays(self, arrays: Mapping[str, Array]) -> Self:
        return replace(self, values={**self.values, **{name: array[()] for name, array in arrays.items()}})

    def spec_key(self, name: str) -> str:
        return f"values.{name}" if name in self.values else name

    def recomputed(self, own: Mapping[str, Array]) -> Self:
        made = {call.name for call in self.calls}
        values = {name: array[()] for name, array in own.items() if name in made}
        names = {gradient_name(name): name for name in (*self.values, *made)}
        gradients = {names[name]: array[()] for name, array in own.items() if name in names}
        return replace(self, amendments=Amendments(values, {}, pinned(gradients)))

    def judged_together(self) -> Mapping[str, tuple[str, ...]]:
        return {"gradients": tuple(map(gradient_name, self.values))}

    def role(self, quantity: str) -> str:
        return "value" if quantity in self.tape.values else "gradient"

    def structure(self, results: Mapping[str, Array]) -> Mapping[str, Any]:
        gradients = {name: results[gradient_name(name)] for name in self.values if gradient_name(name) in results}
        return {
            **({"value": results[self.output]} if self.output in results else {}),
            "gradients": gradients,
            "nodes": [self._node(call) for call in self.calls if call.name in results],
        }

    def loss(self, arrays: Mapping[str, Array]) -> Any:
        return self.with_arrays(arrays).tape.values[self.output] * self.delta

    def multiply_adds(self) -> int:
        return len(self.calls)

    def _node(self, call: GateCall) -> dict[str, Any]:
        return {
            "name": call.name,
            "expression": call.expression,
            "gate": call.gate,
            "inputs": list(call.inputs),
            "value": self._cell(self.tape.values[call.name]),
            "local": [None if local is None else self._cell(local) for local in self.local(call)],
            "upstream": self._cell(self.gradient(call.name)),
        }

    def _cell(self, value: Any) -> Array:
        return np.array(value, dtype=self.kind.dtype)


@dataclass(frozen=True)
class _Node:
    """A gate as it runs in a graph: inside its domain, what comes of it rounded to `decimals`, if to any."""

    call: GateCall
    decimals: int | None

    def forward(self, *inputs: Any) -> Any:
        gate = GATES[self.call.gate]
        try:
            gate.check(*inputs)
            value = gate.forward(*inputs)
        except CnngradError as error:
            raise self._error(str(error)) from None
        return _kept(self._finite(value, "is beyond float64; take smaller numbers"), self.decimals)

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> tuple[Any, ...]:
        gate = GATES[self.call.gate]
        try:
            for local in gate.partials(output, *inputs):
                self._finite(local, _STEEP, "its gradient ")
            gradients = gate.backward(upstream, output, *inputs)
        except GateError:
            raise
        except CnngradError as error:
            raise self._error(f"its gradient {error}") from None
        return tuple(map(self._passed, self.call.inputs, gradients))

    def _passed(self, name: str, gradient: Any) -> Any:
        """What one input receives; a number in the expression receives nothing."""
        if is_literal(name):
            return None
        if gradient is None:
            raise self._error(f"has no gradient for {name} here; write {name} as a number")
        return _kept(self._finite(gradient, _STEEP, "its gradient "), self.decimals)

    def _finite(self, value: Any, beyond: str, what: str = "") -> Any:
        """`value`, or the error that it is none: a formula says itself what it has no number for."""
        if isinstance(value, Formula):
            try:
                _ = value.value
            except CnngradError as error:
                raise self._error(f"{what}{error}") from None
        elif value is not None and not finite(value):
            raise self._error(beyond)
        return value

    def _error(self, message: str) -> GateError:
        return GateError(self.call.name, f"{self.call.name} = {self.call.expression}: {message}")


def _kept(value: Any, decimals: int | None) -> Any:
    return value if decimals is None else rounded(value, decimals)
