"""`values`, and the entries of symbolic arrays: names and short expressions as formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cnngrad.calculus.expression import GateCall, is_literal, parse
from cnngrad.calculus.gates import GATES
from cnngrad.errors import CnngradError, Problems, excerpt
from cnngrad.limits import Limits
from cnngrad.numbers import grammar
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import EXACT, SYMBOLIC, Kind
from cnngrad.numbers.terms import Symbol
from cnngrad.spec.tree import Document, MappingNode, ScalarNode

_ORDER = {"input": 0, "inputs": 0, "h0": 0, "delta": 1, "deltas": 1, "target": 1, "bias": 3, "weights.input": 2}
"""Which quantity's symbols come first in a product: A, dZ, the weights, b."""
_WEIGHTS = 2
_NO_NAMES = ("null", "none", "nan", "inf", "infinity", "true", "false", "yes", "no", "on", "off")
"""Words that YAML or a calculator would read as something else."""


@dataclass(frozen=True)
class Symbols:
    """What the names of one spec stand for, and the order in which they were read."""

    numbers: Mapping[str, Any]
    limits: Limits
    known: dict[str, Formula] = field(default_factory=dict)

    @staticmethod
    def read(values: dict[str, Any], kind: Kind, document: Document, limits: Limits, problems: Problems) -> Symbols:
        """The numbers under `values`, as the kind of the spec; bad ones go to `problems`."""
        node: MappingNode | None = values.get("values")
        reader = EXACT if kind is SYMBOLIC else kind
        numbers: dict[str, Any] = {}
        for name, value in (node.entries if node else {}).items():
            try:
                if not isinstance(value, ScalarNode):
                    raise ValueError("is not a number; give one number")
                numbers[name] = reader.read(value.text)
            except ValueError as error:
                problems.add(f"values.{name}", str(error), document.mark(value, f"values.{name}"))
        return Symbols(numbers, limits)

    def kind(self, kind: Kind, key: str) -> Kind:
        """How the array under `key` is read: symbolic entries are formulas of symbols."""
        if kind is not SYMBOLIC:
            return kind
        group = _ORDER.get(key, _ORDER.get(key.rpartition(".")[2], _WEIGHTS))
        return replace(SYMBOLIC, read=lambda text: self._entry(text, group))

    def symbol(self, name: str, group: int = 0) -> Formula:
        """The symbol called `name`; its first reading decides its place."""
        if name not in self.known:
            self.known[name] = Formula.atom(Symbol(name, (group, len(self.known)), self.numbers.get(name)))
        return self.known[name]

    def _entry(self, text: str, group: int) -> Formula:
        if text.lower() in _NO_NAMES:
            raise ValueError(grammar.why_not(text))
        if text.isidentifier():
            return self.symbol(text, group)
        if grammar.is_number(text):
            return Formula.constant(grammar.to_fraction(text))
        count = iter(range(10**9))
        try:
            parsed = parse(text, self.limits, lambda: f"#{next(count)}")  # no number is written so
            return self._evaluated(parsed.calls, parsed.root, group)
        except CnngradError as error:
            raise ValueError(f"{excerpt(text)}: {error}") from None
        except ZeroDivisionError:
            raise ValueError(f"{excerpt(text)} divides by zero") from None

    def _evaluated(self, calls: tuple[GateCall, ...], root: str, group: int) -> Formula:
        values: dict[str, Formula] = {}

        def value(name: str) -> Formula:
            if name in values:
                return values[name]
            if is_literal(name):
                return Formula.constant(grammar.to_fraction(name))
            return self.symbol(name, group)

        for call in calls:
            gate, inputs = GATES[call.gate], tuple(map(value, call.inputs))
            gate.check(*inputs)
            values[call.name] = gate.forward(*inputs)
        return value(root)
