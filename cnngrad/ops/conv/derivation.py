"""Why a number of a convolution is what it is: the products that the windows bring together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term, in_reading_order
from cnngrad.ops.conv.formula import PARTNER, ConvFormula
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.correlation import ChannelMeeting
from cnngrad.windows.windows import Index


class ConvDerivation(Derivation[LayerExercise[Conv]]):
    """The derivation of one solved convolution."""

    def letters(self, quantity: str) -> str:
        """The axes of a quantity: the layout, the kernel's axes, or F for the filters of a bias."""
        match quantity:
            case "W" | "dW":
                return self._conv.layout.letters_of_kernel(self.exercise.parameters["W"].ndim)
            case "b" | "db":
                return "F" * self.exercise.parameters["b"].ndim
            case _:
                return self._conv.layout.letters

    @property
    def _conv(self) -> Conv:
        return self.exercise.layer

    @cached_property
    def formula(self) -> ConvFormula:
        """The same sums in letters."""
        return ConvFormula(self.exercise, self.base)

    def general(self, quantity: str) -> str:
        return self.formula.of_any(quantity)

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂L/∂x = sum of ∂L/∂Z * ∂Z/∂x, and what the two factors are."""
        if cell.quantity == "Z":
            return ()
        Z = self.formula.upstream()
        x = Cell(cell.quantity.removeprefix("d"), cell.index).name(self.base)
        return (
            f"∂L/∂{x} = sum of ∂L/∂{Z} * ∂{Z}/∂{x}",
            f"with upstream ∂L/∂{Z} = d{Z} and local gradient ∂{Z}/∂{x} = {self.formula.local(cell)}",
        )

    def most_terms(self, quantity: str) -> int:
        correlation = self._conv.correlation
        windows, channels = correlation.windows, correlation.channels
        if quantity == "dW":
            return self._conv.batch * math.prod(windows.outputs)
        if quantity == "db":
            return self._conv.batch * math.prod(self._conv.output_sizes)
        if self.formula.side(quantity) == "narrow":
            return 1 + channels.inputs_per_group * math.prod(windows.taps)
        return 1 + channels.outputs_per_group * windows.most_meetings()

    def all_terms(self, quantity: str) -> int:
        """The terms of all cells: those of the wide side are the real meetings, however they are spread."""
        if quantity in ("dW", "db") or self.formula.side(quantity) == "narrow":
            return super().all_terms(quantity)
        correlation = self._conv.correlation
        pairs = correlation.channels.outputs * correlation.channels.inputs_per_group
        bias = self.values[quantity].size if quantity == "Z" else 0
        return self._conv.batch * pairs * correlation.windows.real_meetings() + bias

    def trace(self, cell: Cell) -> CellTrace:
        value = self.results[cell.quantity][cell.index]
        return CellTrace(cell, self.formula.of_cell(cell), tuple(self._terms(cell)), value)

    def _terms(self, cell: Cell) -> Iterable[Term]:
        match cell.quantity:
            case "db":
                return self._bias_terms(cell.index)
            case "dW":
                return self._kernel_terms(cell.index)
            case "Z":
                filter_ = self._conv.layout.plane_cell(cell.index, 0)[1]
                return [*self._plane_terms(cell), Term((self._bias(filter_),))]
            case _:
                return self._plane_terms(cell)

    def _plane_terms(self, cell: Cell) -> Iterable[Term]:
        """The products of a cell of Z or dA: a cell of the other plane times a weight."""
        on_narrow = self.formula.side(cell.quantity) == "narrow"
        meetings_of = (
            self._conv.correlation.meetings_of_narrow if on_narrow else self._conv.correlation.meetings_of_wide
        )
        partner = PARTNER[cell.quantity]
        meetings = meetings_of(self._conv.layout.plane_cell(cell.index, 0))
        return in_reading_order([Term((self._plane(partner, t), self._weight(t))) for t in meetings])

    def _kernel_terms(self, index: Index) -> Iterable[Term]:
        meetings = self._conv.correlation.meetings_of_kernel(self._conv.layout.kernel_cell(index, 0), self._conv.batch)
        first, second = ("A", "dZ") if self._conv.transposed else ("dZ", "A")
        return in_reading_order([Term((self._plane(first, t), self._plane(second, t))) for t in meetings])

    def _bias_terms(self, index: Index) -> Iterable[Term]:
        dZ, layout = self.values["dZ"], self._conv.layout
        for cell in np.ndindex(dZ.shape):
            if layout.plane_cell(cell, 0)[1] == max(index, default=0):
                yield Term((Factor(Cell("dZ", cell), dZ[cell]),))

    def _plane(self, quantity: str, meeting: ChannelMeeting) -> Factor:
        """The factor from A or dZ: its cell on its side of the window, or the zero of the padding."""
        layout, array = self._conv.layout, self.values[quantity]
        if self.formula.side(quantity) == "narrow":
            index = layout.user_cell(meeting.narrow)
            return Factor(Cell(quantity, index), array[index])
        index = layout.user_cell(meeting.wide)
        if not meeting.inside:
            return Factor.pad(index, 0 * array.flat[0])
        return Factor(Cell(quantity, index), array[index])

    def _weight(self, meeting: ChannelMeeting) -> Factor:
        index = self._conv.layout.user_kernel_cell(meeting.kernel, self.exercise.parameters["W"].ndim)
        return Factor(Cell("W", index), self.exercise.parameters["W"][index])

    def _bias(self, filter_: int) -> Factor:
        b = self.exercise.parameters["b"]
        index = tuple(filter_ if size > 1 else 0 for size in b.shape)
        return Factor(Cell("b", index), b[index])


DERIVATION = ConvDerivation
