"""What every op's explanation offers to the rooms above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cnngrad.explain.cells import Cell
from cnngrad.explain.terms import CellTrace
from cnngrad.numbers.kinds import Array


class Reading(Protocol):
    """The derivation of one solved exercise."""

    @property
    def values(self) -> Mapping[str, Array]:
        """Every array by its symbol, given and computed."""

    @property
    def traceable(self) -> tuple[str, ...]:
        """The quantities whose cells have terms."""

    def letters(self, quantity: str) -> str:
        """The letters of a quantity's axes: `NHWC`, `OIHW`, ..."""

    def general(self, quantity: str) -> str:
        """The sum that gives any cell of `quantity`, in letters."""

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """The chain rule of this cell in derivatives, line by line; nothing for a forward quantity."""

    def most_terms(self, quantity: str) -> int:
        """At most how many terms a cell of `quantity` has; known without making them."""

    def trace(self, cell: Cell) -> CellTrace:
        """The terms of one cell."""
