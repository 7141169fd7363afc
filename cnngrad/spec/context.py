"""What makes an exercise of an op, and what it works with: values, arrays, and the places of problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from cnngrad.errors import Problems
from cnngrad.exercise.exercise import Exercise, Fitted, LayerExercise
from cnngrad.exercise.layer import Output
from cnngrad.exercise.op import Op
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import Array, Kind
from cnngrad.spec.arrays import read_array
from cnngrad.spec.symbols import Symbols
from cnngrad.spec.tree import Document, MappingNode, Node, ScalarNode
from cnngrad.windows.layout import ALL
from cnngrad.wording import delta_problem, times


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
        """The same for a mapping inside this one."""
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
        """A problem with the value of `key`."""
        node = self.node.entries.get(key) or self.node
        self.problems.add(
            f"{self.prefix}{key}", f"{message}{self.suffix}", self.document.mark(node, "" if self.prefix else key)
        )


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
    return LayerExercise(fitted.layer, A, fitted.parameters, context.delta(dZ, Z.shape, Z.letters, backward))
