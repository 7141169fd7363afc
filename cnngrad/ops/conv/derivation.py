"""Why a number of a convolution is what it is: the products that the windows bring together, cell by cell and in
letters (`dW[u,v] = sum of dZ[i,j]*A[i+u,j+v]`); and the same numbers by one of the four methods alone.

Each product joins a narrow cell, a kernel cell and the wide cell where they meet. A convolution's input is the wide
side; a transposed convolution's output is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term, in_reading_order
from cnngrad.ops.conv.formulas import PARTNER, ConvFormulas
from cnngrad.ops.conv.layer import Conv
from cnngrad.records import dataclass
from cnngrad.windows.correlation import ChannelMeeting
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.exercise.columns import Columns
    from cnngrad.exercise.remarks import Remark
    from cnngrad.ops.conv.columns import ConvColumns


Places = tuple[tuple[Cell, bool], ...]
"""The factors of a term: each a cell, and whether that is padding."""
MOST_TOLD = 256
"""Terms of a layer that are kept for the next exercise: a brief trace of 5x5 numbers has 62. They take 100 kB."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a trace tells of a cell whatever the numbers are: its formula, and the factors of each term."""

    formula: str
    places: tuple[Places, ...]

    @staticmethod
    def of(terms: Iterable[Term]) -> tuple[Places, ...]:
        """Where the factors of terms are."""
        return tuple(tuple((factor.cell, factor.padding) for factor in term.factors) for term in terms)


def by_method(exercise: LayerExercise[Conv], method: str) -> Arrays:
    """The results again, computed by one method alone."""
    from cnngrad.methods import METHODS  # no other method is needed for most traces

    return replace(exercise, layer=replace(exercise.layer, method=METHODS[method])).solve()


def magnitudes(exercise: LayerExercise[Conv]) -> Arrays:
    """Every result with the absolute values of its terms added up: what the noise of float64 is relative to."""
    return exercise.with_arrays({name: np.abs(array) for name, array in exercise.given.items()}).solve()


class ConvDerivation(Derivation[LayerExercise[Conv]]):
    """The derivation of one solved convolution."""

    @property
    def rule(self) -> str:
        """What the letters of a grouped convolution are."""
        narrow = "c" if self._conv.transposed else "f"
        says = f"first({narrow}) is the first channel that the group of channel {narrow} reads"
        return says if self._conv.channels.groups > 1 else ""

    def rule_of(self, quantity: str) -> str:
        """The numbers of a cell are in its formula already."""
        return ""

    def reasons(self, trace: CellTrace) -> Iterable[Remark]:
        """A cell that no window reads has no terms but a bias."""
        from cnngrad.exercise.remarks import Remark
        from cnngrad.windows.unread import why_unread

        yield from super().reasons(trace)
        cell, windows = trace.cell, self._conv.windows
        if cell.quantity in PARTNER and not self._formulas.is_narrow(cell.quantity):
            source = self._conv.layout.plane_cell(cell.index, 0)[2:]
            if any(axis.unread[place] for axis, place in zip(windows.axes, source, strict=True)):
                place = Cell(cell.quantity.removeprefix("d"), cell.index).name(self.base)
                says = f"no window reaches {place}: {why_unread(windows, source, self.base)}"
                yield Remark(says + (", so the bias is all there is" if cell.quantity == "Z" else ""))

    def letters(self, quantity: str) -> str:
        match quantity:
            case "W" | "dW":
                return self._conv.layout.letters_of_kernel(self._kernel_rank)
            case "b" | "db":
                return "F" * len(self._conv.bias_shape)
            case _:
                return self._conv.layout.letters

    def general(self, quantity: str) -> str:
        return self._formulas.general(quantity)

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂L/∂x = sum of ∂L/∂Z * ∂Z/∂x, and what the two factors are."""
        if cell.quantity == "Z":
            return ()
        Z, x = self._formulas.name("Z"), self._target(cell)
        factors = self._formulas.factors(cell)
        local = next((factor for factor in factors if not factor.startswith("dZ")), "1")
        return (
            f"∂L/∂{x} = sum of ∂L/∂{Z} * ∂{Z}/∂{x}",
            f"with upstream ∂L/∂{Z} = d{Z} and local gradient ∂{Z}/∂{x} = {local}",
        )

    def most_terms(self, quantity: str) -> int:
        windows, channels = self._conv.windows, self._conv.channels
        if quantity == "dW":
            return self._conv.batch * math.prod(windows.outputs)
        if quantity == "db":
            return self._conv.batch * self._conv.positions
        if self._formulas.is_narrow(quantity):
            return 1 + channels.inputs_per_group * math.prod(windows.taps)
        return 1 + channels.outputs_per_group * windows.most_meetings()

    def all_terms(self, quantity: str) -> int:
        """The terms of all cells: those of the wide side are the real meetings, however they are spread."""
        if quantity in ("dW", "db") or self._formulas.is_narrow(quantity):
            return super().all_terms(quantity)
        pairs = self._conv.channels.outputs * self._conv.channels.inputs_per_group
        bias = self.values[quantity].size if quantity == "Z" else 0
        return self._conv.batch * pairs * self._conv.windows.real_meetings() + bias

    def trace(self, cell: Cell) -> CellTrace:
        told, value = self._told(cell), self.results[cell.quantity][cell.index]
        return CellTrace(cell, told.formula, self._terms_at(told.places), value)

    def fills_in(self, quantity: str) -> bool:
        return False

    def columns(self, quantity: str, cells: range) -> Columns | None:
        return self._by_columns.of(quantity, cells)

    def formulas(self, quantity: str, cells: range) -> list[str]:
        return self._formulas.of_cells(self.cells(quantity, cells))

    @cached_property
    def _formulas(self) -> ConvFormulas:
        return ConvFormulas(self._conv, self.base)

    @cached_property
    def _by_columns(self) -> ConvColumns:
        from cnngrad.ops.conv.columns import ConvColumns

        return ConvColumns(self._conv, self.values, self.base)

    def terms(self, cell: Cell) -> tuple[Term, ...]:
        found = self._conv.told.get((cell, self.base))
        return tuple(self._terms(cell)) if found is None else self._terms_at(found.places)

    def _told(self, cell: Cell) -> Told:
        """What does not depend on the numbers; of a few terms it is kept."""
        known = self._conv.told
        if (cell, self.base) in known:
            return known[cell, self.base]  # type: ignore[no-any-return]
        found = Told(self._formulas.of_cell(cell), Told.of(self._terms(cell)))
        if len(found.places) + sum(len(each.places) for each in known.values()) <= MOST_TOLD:
            known[cell, self.base] = found
        return found

    def _terms_at(self, places: tuple[Places, ...]) -> tuple[Term, ...]:
        """The terms with these factors."""
        values = self.values
        padded = values.get("dZ" if self._conv.transposed else "A")
        nothing = 0 if padded is None else 0 * padded.flat[0]

        def factor(cell: Cell, padding: bool) -> Factor:
            value = nothing if padding else values[cell.quantity][cell.index]
            return Factor(cell, value, padding)

        return tuple([Term(tuple([factor(*place) for place in each])) for each in places])

    @property
    def _conv(self) -> Conv:
        return self.exercise.layer

    @property
    def _kernel_rank(self) -> int:
        return len(self._conv.kernel_shape)

    # --- the terms of a cell

    def _terms(self, cell: Cell) -> Iterable[Term]:
        match cell.quantity:
            case "db":
                return self._bias_terms(cell.index)
            case "Z":
                filter_ = self._conv.layout.plane_cell(cell.index, 0)[1]
                index = tuple(filter_ if size > 1 else 0 for size in self._conv.bias_shape)
                return [*self._ordered(cell), Term((self.factor("b", index),))]
            case _:
                return self._ordered(cell)

    def _ordered(self, cell: Cell) -> Iterable[Term]:
        return in_reading_order([term for term, _ in self.products(cell)])

    def products(self, cell: Cell) -> list[tuple[Term, ChannelMeeting]]:
        """The products of a cell of Z or dA (a cell of the other plane times a weight) or dW, and where they meet."""
        correlation = self._conv.correlation
        if cell.quantity == "dW":
            first, second = ("A", "dZ") if self._conv.transposed else ("dZ", "A")
            tap = self._conv.layout.kernel_cell(cell.index, 0)
            found = correlation.meetings_of_kernel(tap, self._conv.batch)
            return [(Term((self._plane(first, t), self._plane(second, t))), t) for t in found]
        of_cell = (
            correlation.meetings_of_narrow if self._formulas.is_narrow(cell.quantity) else correlation.meetings_of_wide
        )
        found, partner = of_cell(self._conv.layout.plane_cell(cell.index, 0)), PARTNER[cell.quantity]
        return [(Term((self._plane(partner, t), self._weight(t))), t) for t in found]

    def _bias_terms(self, index: Index) -> Iterable[Term]:
        for cell in np.ndindex(self.values["dZ"].shape):
            if self._conv.layout.plane_cell(cell, 0)[1] == max(index, default=0):
                yield Term((self.factor("dZ", cell),))

    def _plane(self, quantity: str, meeting: ChannelMeeting) -> Factor:
        """The factor from A or dZ: its cell on its side of the window, or the zero of the padding."""
        narrow = self._formulas.is_narrow(quantity)
        index = self._conv.layout.user_cell(meeting.narrow if narrow else meeting.wide)
        if narrow or meeting.inside:
            return self.factor(quantity, index)
        return Factor.pad(index, 0 * self.values[quantity].flat[0])

    def _weight(self, meeting: ChannelMeeting) -> Factor:
        return self.factor("W", self._conv.layout.user_kernel_cell(meeting.kernel, self._kernel_rank))


DERIVATION = ConvDerivation
