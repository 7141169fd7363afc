"""Why every number of a solved exercise is what it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.sums import Sums
from cnngrad.exercise.terms import Cell, CellTrace, Factor
from cnngrad.numbers.kinds import Array
from cnngrad.windows.layout import drawn
from cnngrad.windows.windows import Index

Op = TypeVar("Op", bound=Exercise)
Passing = TypeVar("Passing", bound=LayerExercise[Any])


@dataclass(frozen=True)
class Derivation(ABC, Generic[Op]):
    """The derivation of one solved exercise; `base` is what the first index is called."""

    exercise: Op
    results: Mapping[str, Array]
    base: int = 0

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Every array by its symbol, given and computed."""
        return {**self.exercise.given, **self.exercise.constants, **self.results}

    @property
    def traceable(self) -> tuple[str, ...]:
        """The quantities whose cells have terms."""
        return tuple(self.results)

    @property
    def rule(self) -> str:
        """The rule behind all formulas in words, where there is one."""
        return ""

    @property
    def first(self) -> tuple[str, ...]:
        """The quantities of which a brief trace shows the first cells."""
        return self.traceable

    @abstractmethod
    def letters(self, quantity: str) -> str:
        """The letters of a quantity's axes: `NHWC`, `OIHW`, ..."""

    @abstractmethod
    def general(self, quantity: str) -> str:
        """The sum that gives any cell of `quantity`, in letters."""

    @abstractmethod
    def chain(self, cell: Cell) -> tuple[str, ...]:
        """The chain rule of this cell in derivatives, line by line; nothing for a forward quantity."""

    def upstream(self, trace: CellTrace) -> tuple[Cell, ...]:
        """The gradients in the terms of a cell that are computed too: what `explain` follows back."""
        return ()

    @abstractmethod
    def most_terms(self, quantity: str) -> int:
        """At most how many terms a cell of `quantity` has; known without making them."""

    def all_terms(self, quantity: str) -> int:
        """How many terms all cells of `quantity` have together, or a few more; known without making them."""
        return self.values[quantity].size * self.most_terms(quantity)

    @abstractmethod
    def trace(self, cell: Cell) -> CellTrace:
        """The terms of one cell."""

    def factor(self, quantity: str, index: Index) -> Factor:
        """A cell as a factor."""
        return Factor(Cell(quantity, index), self.values[quantity][index])

    def _target(self, cell: Cell) -> str:
        """The name of what a gradient cell is the gradient of."""
        return Cell(cell.quantity.removeprefix("d"), cell.index).name(self.base)


class SummedDerivation(Derivation[Op]):
    """One whose cells are sums written in letters."""

    @cached_property
    @abstractmethod
    def sums(self) -> Sums:
        """The rows of all quantities, with the numbers of the exercise."""

    def general(self, quantity: str) -> str:
        return self.sums.general(quantity)

    def formula(self, cell: Cell) -> str:
        """The sum that gives one cell."""
        return self.sums.formula(cell)

    def most_terms(self, quantity: str) -> int:
        return self.sums.most_terms(quantity)

    def trace(self, cell: Cell) -> CellTrace:
        value = self.results[cell.quantity][cell.index]
        return CellTrace(cell, self.formula(cell), self.sums.terms(cell), value)


class PassingDerivation(Derivation[Passing]):
    """A layer whose every number is a copy, or a sum of copies."""

    def letters(self, quantity: str) -> str:
        return drawn(self.exercise.layer.input.letters)

    def most_terms(self, quantity: str) -> int:
        return 2

    def chain(self, cell: Cell) -> tuple[str, ...]:
        if cell.quantity == "Z":
            return ()
        x = self._target(cell)
        return (f"∂L/∂{x} = ∂L/∂Z * ∂Z/∂{x}, with ∂Z/∂{x} = 1 in one cell of Z and 0 in the others",)
