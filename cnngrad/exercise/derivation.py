"""Why every number of a solved exercise is what it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.sums import Sums
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.numbers.kinds import Array
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.windows.layout import drawn
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.exercise.columns import Columns
    from cnngrad.exercise.remarks import Definition, Remark
    from cnngrad.exercise.summed import SumColumns

GIVEN = "given"
"""The formula of a number that the spec gives."""
DEFAULTS = {"b": 0, "beta": 0, "gamma": 1, "h0": 0}
"""What keys that may be left out are then."""
MANY = 10_000
"""Terms of one cell that are objects; more of them, at 1 kB each, stay in columns."""
_SYMBOL = pattern(r"[^\W\d]\w*")
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

    def rule_of(self, quantity: str) -> str:
        """The rule behind the formula of one quantity, where there is one."""
        return self.rule if quantity in self.traceable else ""

    @property
    def first(self) -> tuple[str, ...]:
        """The quantities of which a brief trace shows the first cells."""
        return self.traceable

    @cached_property
    def explained(self) -> Mapping[str, Array]:
        """Every array that is printed, by its name: what is computed, what is chosen, and what is given."""
        return {**self.values, **self.results}

    def explain(self, cell: Cell) -> CellTrace:
        """Why one cell of `explained` has its value; a given number is its own only term."""
        if cell.quantity in self.traceable:
            return self._by_many(cell) or self.trace(cell)
        value = self.explained[cell.quantity][cell.index]
        return CellTrace(cell, GIVEN, (Term((Factor(cell, value),)),), value)

    def _by_many(self, cell: Cell) -> CellTrace | None:
        """The trace of a cell that has very many terms: they stay in columns."""
        array = self.results.get(cell.quantity)
        if array is None or array.dtype == object or self.most_terms(cell.quantity) <= MANY:
            return None
        from cnngrad.exercise.listed import ColumnTerms

        place = int(np.ravel_multi_index(cell.index, array.shape)) if array.ndim else 0
        columns = self.columns(cell.quantity, range(place, place + 1))
        if columns is None or self.fills_in(cell.quantity):
            return None
        return CellTrace(cell, self.formulas(cell.quantity, columns.cells)[0], ColumnTerms(columns), array[cell.index])

    def definitions(self, trace: CellTrace) -> Iterable[Definition]:
        """What the symbols in the terms of a cell are."""
        return ()

    def reasons(self, trace: CellTrace) -> Iterable[Remark]:
        """Why a cell is 0, or where a given number comes from and goes to."""
        from cnngrad.exercise.remarks import why_zero

        return self.of_given(trace.cell) if trace.formula == GIVEN else why_zero(trace, self.base)

    def of_given(self, cell: Cell) -> Iterator[Remark]:
        """The key that gives a number, and the cells that are computed from it."""
        from cnngrad.exercise.remarks import Remark, counted_names

        yield Remark(f"given by the key {self.exercise.spec_key(cell.quantity)} of the spec{self._left_out(cell)}")
        users = self.users(cell)
        names = dict.fromkeys(user.quantity for user in users)
        each = (counted_names([user.name(self.base) for user in users if user.quantity == name]) for name in names)
        yield Remark(f"used in {'; '.join(each) or 'no cell'}")

    def users(self, cell: Cell) -> list[Cell]:
        """The cells that are computed from `cell`; in a large exercise the quantities, without an index."""
        from cnngrad.exercise.remarks import SEARCHED

        if sum(map(self.all_terms, self.traceable)) > SEARCHED:
            names = (name for name in self.traceable if cell.quantity in _SYMBOL.findall(self.general(name)))
            return [Cell(name) for name in names]
        cells = (Cell(name, index) for name in self.traceable for index in np.ndindex(self.values[name].shape))
        return [found for found in cells if any(factor.cell == cell for factor in self._factors(found))]

    def _factors(self, cell: Cell) -> Iterator[Factor]:
        trace = self.trace(cell)
        yield from trace.factors
        yield from (factor for each in self.definitions(trace) for way in each.written for factor in way.factors)

    def _left_out(self, cell: Cell) -> str:
        """A word on the number that is taken where a key is left out."""
        default = DEFAULTS.get(cell.quantity.rpartition(".")[2])
        same = default is not None and bool(np.all(self.explained[cell.quantity] == default))
        return f", or left out: then it is {default}" if same else ""

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

    def columns(self, quantity: str, cells: range) -> Columns | None:
        """The terms of a run of cells, flat and row-major; None where the op has them cell by cell alone."""
        return None

    def runs(self, quantity: str) -> Iterator[tuple[range, Columns | None]]:
        """All cells of a quantity in runs of a few thousand terms, each with its columns where there are any."""
        from cnngrad.exercise.columns import runs_of

        for cells in runs_of(self.values[quantity].size, self.most_terms(quantity)):
            yield cells, self.columns(quantity, cells)

    def fills_in(self, quantity: str) -> bool:
        """Whether its cells are written as a formula with numbers in the places of its letters, not as their terms."""
        cell = next(self.cells(quantity, range(min(self.values[quantity].size, 1))), None)
        return cell is not None and self.trace(cell).written is not None

    def formulas(self, quantity: str, cells: range) -> list[str]:
        """The formulas of a run of cells."""
        return [self.trace(cell).formula for cell in self.cells(quantity, cells)]

    def cells(self, quantity: str, cells: range) -> Iterator[Cell]:
        """Some cells of a quantity, flat and row-major, by their indices."""
        from cnngrad.exercise.columns import indices_of

        axes = indices_of(cells, self.values[quantity].shape)
        return (Cell(quantity, index) for index in (zip(*(x.tolist() for x in axes), strict=True) if axes else [()]))

    def terms(self, cell: Cell) -> tuple[Term, ...]:
        """The terms alone, without the formula."""
        return tuple(self.trace(cell).terms)

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

    @cached_property
    def _by_columns(self) -> SumColumns:
        from cnngrad.exercise.summed import SumColumns

        return SumColumns(self.sums)

    def columns(self, quantity: str, cells: range) -> Columns | None:
        return self._by_columns.of(quantity, self.values[quantity].shape, cells)

    def formulas(self, quantity: str, cells: range) -> list[str]:
        return [self.formula(cell) for cell in self.cells(quantity, cells)]

    def trace(self, cell: Cell) -> CellTrace:
        value = self.results[cell.quantity][cell.index]
        return CellTrace(cell, self.formula(cell), self.terms(cell), value)

    def terms(self, cell: Cell) -> tuple[Term, ...]:
        return self.sums.terms(cell)


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
