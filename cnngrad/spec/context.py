"""What makes an exercise of an op, and what it works with: values, arrays, symbols, and the places of problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cnngrad.errors import CnngradError, Problems, excerpt
from cnngrad.exercise.exercise import Exercise, Fitted, LayerExercise
from cnngrad.exercise.layer import Output
from cnngrad.exercise.op import Op
from cnngrad.limits import Limits
from cnngrad.numbers import grammar
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import EXACT, SYMBOLIC, Array, Kind
from cnngrad.numbers.terms import Symbol
from cnngrad.records import dataclass
from cnngrad.spec.arrays import read_array
from cnngrad.spec.tree import Document, MappingNode, Node, ScalarNode
from cnngrad.windows.layout import ALL, ask_for, channels_first
from cnngrad.wording import delta_problem, times

if TYPE_CHECKING:
    from cnngrad.calculus.expression import GateCall

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
        from cnngrad.calculus.expression import parse  # most cells are a number or a name

        count = iter(range(10**9))
        try:
            parsed = parse(text, self.limits, lambda: f"#{next(count)}")  # no number is written so
            return self._evaluated(parsed.calls, parsed.root, group)
        except CnngradError as error:
            raise ValueError(f"{excerpt(text)}: {error}") from None
        except ZeroDivisionError:
            raise ValueError(f"{excerpt(text)} divides by zero") from None

    def _evaluated(self, calls: tuple[GateCall, ...], root: str, group: int) -> Formula:
        from cnngrad.calculus.expression import is_literal
        from cnngrad.calculus.gates import GATES

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


@dataclass(frozen=True)
class Context:
    """One mapping being built: the whole spec, or one layer of a network (`prefix` names it in messages)."""

    document: Document
    node: MappingNode
    values: dict[str, Any]
    kind: Kind
    limits: Limits
    problems: Problems
    symbols: Symbols
    prefix: str = ""
    suffix: str = ""
    """the end of a message about shapes: where a layer's input comes from"""
    earlier: dict[str, Output] = field(default_factory=dict)
    """in a network: the outputs that a layer can read, by name, the nearest one last"""
    source: str = ""
    """in a network: the earlier output that a residual connection adds"""

    def inside(self, node: MappingNode, values: dict[str, Any], prefix: str) -> Context:
        return replace(self, node=node, values=values, prefix=prefix)

    def array(self, key: str) -> Array | None:
        """The array under `key`; nothing where there is none, or where it cannot be read."""
        node: Node | None = self.values.get(key)
        return None if node is None else self.read(node, key)

    def read(self, node: Node, key: str) -> Array | None:
        """The array that a node holds; `key` names it in messages."""
        key = f"{self.prefix}{key}"
        kind = self.symbols.kind(self.kind, key)
        return read_array(node, key, kind, self.document, self.limits, self.problems)

    def constant(self, shape: tuple[int, ...], text: str) -> Array:
        return np.full(shape, self.kind.read(text), dtype=self.kind.dtype)

    def lifted(self, array: Array, key: str, rank: int) -> Array:
        """A block of text with one row is a matrix with one row where a matrix is needed."""
        node = self.values[key]
        one_row = isinstance(node, ScalarNode) and array.ndim == 1
        return array[None, :] if one_row and rank == 2 else array

    def delta(self, dZ: Array | None, shape: tuple[int, ...], letters: str, backward: bool | None) -> Array | None:
        """The upstream gradient `dZ`, as it was read, in this shape; one number is taken for every cell.

        `backward` True asks for one, False leaves it aside, None takes it if it is there.
        """
        if dZ is None:
            if backward and not self.problems.found:
                message = f"is missing; the backward pass needs the upstream gradient dZ, shape {times(shape)}"
                self.problems.add("delta", message, self.document.mark(self.document.root))
            return None
        if dZ.ndim == 0:
            dZ = np.full(shape, dZ[()], dtype=dZ.dtype)
        dZ = self.lifted(dZ, "delta", len(shape))
        if misfit := delta_problem(dZ.shape, shape, letters):
            self.place("delta", misfit)
        return None if backward is False else dZ

    def place_all(self, found: Problems) -> None:
        """Take over problems that know their key alone."""
        for problem in found.found:
            self.place(problem.key, problem.message)

    def reads(self, output: Output, name: str = "") -> str:
        """`pool1 gives 2x2 (HW)`, of the output `name` of a network, or of the nearest one."""
        return f"{name or list(self.earlier)[-1]} gives {times(output.shape)} ({output.letters})"

    @property
    def guesses_layout(self) -> bool:
        """Whether nobody gave the layout of what is read: the input, in a network that of the first layer."""
        return len(self.earlier) <= 1 and "layout" not in {*self.values, *self.document.root.entries}

    def takes_layout(self, output: Output) -> bool:
        """Whether a layer with windows can read an output of a network; its layout goes to the layer's values then."""
        if not output.letters:
            return True
        if output.letters not in ALL:
            self.refuse(f"needs spatial axes, but {self.reads(output)}; put it before flatten and dense")
            return False
        given = self.values.setdefault("layout", output.letters)
        if given != output.letters:
            self.place("layout", f"is {given}, but {self.reads(output)}; the network's layout holds for every layer")
        return bool(given == output.letters)

    def refuse(self, message: str) -> None:
        """A problem with a layer of a network as a whole."""
        self.problems.add(self.prefix.rstrip("."), message, self.document.mark(self.node))

    def place(self, key: str, message: str) -> None:
        node = self.node.entries.get(key) or self.node
        mark = self.document.mark(node, "" if self.prefix else key)
        given = self.document.settings if mark.line else ()
        because = f" (this is with {' '.join(given)})" if given else ""
        self.problems.add(f"{self.prefix}{key}", f"{message}{self.suffix}{because}", mark)


Build = Callable[[Context, bool | None], Exercise | None]
"""(context, backward) -> the exercise; what is wrong goes to the context's problems, and there is nothing then."""
Fit = Callable[[Context, Output | None], Fitted | None]
"""Fits a layer to an input, or adds to the context's problems what does not fit."""


def builder(op: Op) -> Build:
    """What makes an exercise of an op: the part for that, or its layer between an input and an upstream gradient."""
    build: Build | None = op.part("build")
    return build or partial(_of_layer, op.part("fit"))


def _of_layer(fit: Fit, context: Context, backward: bool | None) -> LayerExercise[Any] | None:
    A, dZ = context.array("input"), context.array("delta")
    if A is not None:
        A = context.lifted(A, "input", len(context.values.get("layout", "L")))
    fitted = fit(context, None if A is None else Output(A.shape, ""))
    if fitted is None or A is None:
        return None
    Z = fitted.layer.output
    upstream = context.delta(dZ, Z.shape, Z.letters, backward)
    if dZ is not None and context.problems.found and context.guesses_layout and Z.letters.endswith("C"):
        first = channels_first(Z.letters)
        read = replace(context, values={**context.values, "layout": first}, problems=Problems())
        again = fit(read, Output(A.shape, ""))
        if again is not None and again.layer.output.shape == dZ.shape:
            ask_for(first, context.problems)
    return LayerExercise(fitted.layer, A, fitted.parameters, upstream)
