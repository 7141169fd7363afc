"""op: graph."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np

from cnngrad.calculus.expression import ExpressionError, GateCall, Parsed, is_literal, parse
from cnngrad.errors import CnngradError, Mark, did_you_mean, option
from cnngrad.exercise.layer import gradient_name
from cnngrad.numbers.kinds import SYMBOLIC
from cnngrad.ops.graph.graph import GateError, GraphExercise
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NAMED_NUMBERS, NUMBERS, STEPS
from cnngrad.spec.fields import COMMON, Field, Fields
from cnngrad.spec.tree import MappingNode, Node, ScalarNode

FIELDS: Fields = {
    **COMMON,
    "expression": Field(STEPS, "such as (x + y) * z, or a mapping of steps; the last one is the output", required=True),
    "values": Field(NAMED_NUMBERS, "a number for every variable: {x: -2, y: 5}"),
    "delta": Field(NUMBERS, "the upstream gradient of the output; 1 when left out"),
}


def build(context: Context, backward: bool | None) -> GraphExercise | None:
    """The graph of a spec."""
    delta = context.array("delta")
    if delta is not None and delta.ndim:
        context.place("delta", "is a list; a graph has one output, so give one number")
    node = context.values.get("expression")
    if node is None or context.problems.found:
        return None
    reader = _Reader(context)
    output = reader.steps(node) if isinstance(node, MappingNode) else reader.whole(node)
    reader.check_names()
    if message := context.limits.refusal("nodes", len(reader.calls), f"has {len(reader.calls):,} nodes"):
        context.place("expression", message)
    if context.problems.found:
        return None
    upstream = context.kind.number(Fraction(1)) if delta is None else delta[()]
    text = "" if isinstance(node, MappingNode) else " ".join(node.text.split())
    exercise = GraphExercise(tuple(reader.calls), output, reader.values(), upstream, context.kind, text)
    try:
        with np.errstate(all="ignore"):
            _ = exercise.gradients
    except GateError as error:
        context.problems.add("expression", str(error), reader.marks[error.name])
    return exercise


@dataclass
class _Reader:
    """Collects the gates of all steps; `variables` are the names that no step makes, in reading order."""

    context: Context
    calls: list[GateCall] = field(default_factory=list)
    variables: dict[str, Mark] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    marks: dict[str, Mark] = field(default_factory=dict)
    unnamed: Any = field(default_factory=lambda: count(1))

    def whole(self, node: ScalarNode) -> str:
        """A single expression; the name of its value."""
        parsed = self._parse(node, "expression")
        if parsed is None:
            return ""
        return self._keep(parsed, node) or self._alias("f", parsed)

    def steps(self, node: MappingNode) -> str:
        """Named steps; the name of the last."""
        later = set(node.entries)
        for name, step in node.entries.items():
            assert isinstance(step, ScalarNode)
            if name in self._given:
                says = f"{name} is a step and a value too; give one of them another name"
                self.context.problems.add("values", says, self._mark(step))
            parsed = self._parse(step, f"expression.{name}")
            if parsed is not None:
                self._keep(parsed, step, name, later)
            later.discard(name)
            self.made.add(name)
        return list(node.entries)[-1]

    def check_names(self) -> None:
        """Every variable has a value, and no two results share a name."""
        problems = self.context.problems
        for name, mark in self.variables.items():
            if name not in self._given and self.context.kind is not SYMBOLIC:
                hint = (
                    did_you_mean(name, self._given)
                    or f"; give it as values: {{{name}: 2}}{option('at', f'{name}=2', ', or with {}')}"
                )
                problems.add("values", f"{name} has no value{hint}", mark)
        names = {*self.variables, *self._given, *(call.name for call in self.calls)}
        for name in sorted(name for name in names if gradient_name(name) in names):
            says = f"{gradient_name(name)} is the name of the gradient of {name}; call it another name"
            problems.add("expression", says, self._mark(self.context.values["expression"]))

    def values(self) -> Mapping[str, Any]:
        """The numbers of the variables in reading order, and those that nothing uses."""
        names = dict.fromkeys([*self.variables, *self._given])
        if self.context.kind is SYMBOLIC:
            return {name: self.context.symbols.symbol(name) for name in names}
        return {name: self._given[name] for name in names}

    @property
    def _given(self) -> Mapping[str, Any]:
        return self.context.symbols.numbers

    def _parse(self, node: ScalarNode, key: str) -> Parsed | None:
        try:
            return parse(node.text, self.context.limits, self._fresh)
        except ExpressionError as error:
            self.context.problems.add(key, str(error), self._mark(node, error.offset))
        except CnngradError as error:
            self.context.problems.add(key, str(error), self._mark(node))
        return None

    def _fresh(self) -> str:
        """t1, t2, ...: the next that the spec does not use itself."""
        return next(name for number in self.unnamed if (name := f"t{number}") not in self._taken)

    @cached_property
    def _taken(self) -> Set[str]:
        names = self.context.values["expression"]
        return {*self._given, *(names.entries if isinstance(names, MappingNode) else ())}

    def _keep(self, parsed: Parsed, node: ScalarNode, name: str = "", later: Set[str] = frozenset()) -> str:
        """Take over the gates of one expression, the last one called `name`."""
        calls = list(parsed.calls)
        if name and calls:
            last = calls[-1]
            calls[-1] = GateCall(name, last.gate, last.inputs, last.offset)
        elif name:
            calls = [GateCall(name, "identity", (parsed.root,))]
        for source, offset in parsed.names:
            if source not in self.made:
                self._variable(source, node, offset, later)
        for call in calls:
            self.marks[call.name] = self._mark(node, call.offset)
            for source in filter(is_literal, call.inputs):
                self._check_number(source, self.marks[call.name])
        self.calls += calls
        return calls[-1].name if calls else ""

    def _alias(self, name: str, parsed: Parsed) -> str:
        """An expression that is one name or one number still has an output."""
        node = self.context.values["expression"]
        self._keep(parsed, node, name if name != parsed.root else f"{name}1")
        return self.calls[-1].name

    def _check_number(self, text: str, mark: Mark) -> None:
        try:
            self.context.kind.read(text)
        except ValueError as error:
            self.context.problems.add("expression", str(error), mark)

    def _variable(self, name: str, node: ScalarNode, offset: int, later: Set[str]) -> None:
        if name in later:
            says = f"{name} is a step further down; a step uses those above it"
            self.context.problems.add("expression", says, self._mark(node, offset))
        elif name not in self.variables:
            self.variables[name] = self._mark(node, offset)

    def _mark(self, node: Node, offset: int = 0) -> Mark:
        mark = self.context.document.mark(node, "expression")
        plain = isinstance(node, ScalarNode) and not node.block and not node.quoted
        return Mark(mark.source, mark.line, mark.column + offset) if plain and mark.line else mark
