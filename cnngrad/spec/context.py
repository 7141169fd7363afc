"""What the builder of an op works with: the values of its mapping, its arrays, and where its problems stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnngrad.errors import Problems
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import Array, Kind
from cnngrad.ops.shapes import delta_problem, times
from cnngrad.spec.arrays import read_array
from cnngrad.spec.symbols import Symbols
from cnngrad.spec.tree import Document, Mapping, Node, Scalar


@dataclass(frozen=True)
class Context:
    """One mapping being built: the whole spec, or one layer of a network (`prefix` names it in messages)."""

    document: Document
    node: Mapping
    values: dict[str, Any]
    kind: Kind
    limits: Limits
    problems: Problems
    symbols: Symbols
    prefix: str = ""
    suffix: str = ""
    """what stands behind a message about shapes: where a layer's input comes from"""

    def inside(self, node: Mapping, values: dict[str, Any], prefix: str) -> Context:
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
        """An array of one number."""
        return np.full(shape, self.kind.read(text), dtype=self.kind.dtype)

    def lifted(self, array: Array, key: str, rank: int) -> Array:
        """A block of text with one row is a matrix with one row where a matrix is needed."""
        node = self.values[key]
        one_row = isinstance(node, Scalar) and array.ndim == 1
        return array[None, :] if one_row and rank == 2 else array

    def delta(self, dZ: Array | None, shape: tuple[int, ...], letters: str, backward: bool | None) -> Array | None:
        """The upstream gradient `dZ`, as it was read, in this shape; one number stands for every cell.

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

    def place(self, key: str, message: str) -> None:
        """A problem with the value of `key`."""
        node = self.node.entries.get(key) or self.node
        self.problems.add(
            f"{self.prefix}{key}", f"{message}{self.suffix}", self.document.mark(node, "" if self.prefix else key)
        )
