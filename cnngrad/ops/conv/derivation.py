"""Why a number of a convolution is what it is: the products that the windows bring together, cell by cell and in
letters (`dW[u,v] = sum of dZ[i,j]*A[i+u,j+v]`); and the same numbers by one of the four methods alone.

Each product joins a narrow cell, a kernel cell and the wide cell where they meet. A convolution's input is the wide
side; a transposed convolution's output is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.remarks import Remark
from cnngrad.exercise.sums import NARROW, TAPS, WIDE, Affine, cell_name, letter, tap_positions
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term, in_reading_order
from cnngrad.methods import METHODS
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.correlation import ChannelMeeting
from cnngrad.windows.unread import why_unread
from cnngrad.windows.windows import Index

Places = tuple[Affine, ...]
N = letter("n")
"""The image."""
PARTNER = {"Z": "A", "dA": "dZ"}
"""The plane that each plane is computed from."""


def by_method(exercise: LayerExercise[Conv], method: str) -> Arrays:
    """The results again, computed by one method alone."""
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
        yield from super().reasons(trace)
        cell, windows = trace.cell, self._conv.windows
        if cell.quantity in PARTNER and not self._is_narrow(cell.quantity):
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
        places = self._letters(quantity)
        return f"{cell_name(quantity, places)} = {self._sum(quantity, places)}"

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂L/∂x = sum of ∂L/∂Z * ∂Z/∂x, and what the two factors are."""
        if cell.quantity == "Z":
            return ()
        Z, x = cell_name("Z", self._letters("Z")), self._target(cell)
        factors = self._product(cell.quantity, self._numbers(cell))
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
        if self._is_narrow(quantity):
            return 1 + channels.inputs_per_group * math.prod(windows.taps)
        return 1 + channels.outputs_per_group * windows.most_meetings()

    def all_terms(self, quantity: str) -> int:
        """The terms of all cells: those of the wide side are the real meetings, however they are spread."""
        if quantity in ("dW", "db") or self._is_narrow(quantity):
            return super().all_terms(quantity)
        pairs = self._conv.channels.outputs * self._conv.channels.inputs_per_group
        bias = self.values[quantity].size if quantity == "Z" else 0
        return self._conv.batch * pairs * self._conv.windows.real_meetings() + bias

    def trace(self, cell: Cell) -> CellTrace:
        value = self.results[cell.quantity][cell.index]
        return CellTrace(cell, self._sum(cell.quantity, self._numbers(cell)), tuple(self._terms(cell)), value)

    @property
    def _conv(self) -> Conv:
        return self.exercise.layer

    @property
    def _kernel_rank(self) -> int:
        return len(self._conv.kernel_shape)

    def _is_narrow(self, quantity: str) -> bool:
        """Whether a plane quantity is on the narrow side of the windows."""
        return (quantity in ("Z", "dZ")) is not self._conv.transposed

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
        of_cell = correlation.meetings_of_narrow if self._is_narrow(cell.quantity) else correlation.meetings_of_wide
        found, partner = of_cell(self._conv.layout.plane_cell(cell.index, 0)), PARTNER[cell.quantity]
        return [(Term((self._plane(partner, t), self._weight(t))), t) for t in found]

    def _bias_terms(self, index: Index) -> Iterable[Term]:
        for cell in np.ndindex(self.values["dZ"].shape):
            if self._conv.layout.plane_cell(cell, 0)[1] == max(index, default=0):
                yield Term((self.factor("dZ", cell),))

    def _plane(self, quantity: str, meeting: ChannelMeeting) -> Factor:
        """The factor from A or dZ: its cell on its side of the window, or the zero of the padding."""
        narrow = self._is_narrow(quantity)
        index = self._conv.layout.user_cell(meeting.narrow if narrow else meeting.wide)
        if narrow or meeting.inside:
            return self.factor(quantity, index)
        return Factor.pad(index, 0 * self.values[quantity].flat[0])

    def _weight(self, meeting: ChannelMeeting) -> Factor:
        return self.factor("W", self._conv.layout.user_kernel_cell(meeting.kernel, self._kernel_rank))

    # --- the same in letters

    @property
    def _first(self) -> Affine:
        return Affine(constant=self.base)

    @property
    def _folded(self) -> bool:
        return self._conv.windows.axes[0].mode != "zeros"

    @property
    def _channels(self) -> tuple[Affine, Affine]:
        """The narrow and the wide channel: f counts filters, c input channels."""
        filters, channels = letter("f"), letter("c")
        return (channels, filters) if self._conv.transposed else (filters, channels)

    def _spatial(self, names: str) -> Places:
        return tuple(map(letter, names[: self._conv.layout.rank]))

    def _numbers(self, cell: Cell) -> Places:
        return tuple(Affine(constant=i + self.base) for i in cell.index)

    def _letters(self, quantity: str) -> Places:
        """The letters of any cell of a quantity."""
        narrow, wide = self._channels
        if quantity == "db":
            return self._bias_places(letter("f"))
        if quantity == "dW":
            return self._conv.layout.user_kernel_cell((narrow, wide, *self._spatial(TAPS)), self._kernel_rank)
        channel, names = (narrow, NARROW) if self._is_narrow(quantity) else (wide, WIDE)
        return self._conv.layout.user_cell((N, channel, *self._spatial(names)))

    def _sum(self, quantity: str, places: Places) -> str:
        text = f"sum of {'*'.join(self._product(quantity, places))}"
        if quantity == "Z":
            text += f" + {cell_name('b', self._bias_places(self._conv.layout.plane_cell(places, self._first)[1]))}"
        if self._folded and quantity in PARTNER and not self._is_narrow(quantity):
            text += " over every window that reads the cell"
        return text

    def _product(self, quantity: str, places: Places) -> tuple[str, ...]:
        """The factors of one term of the cell at `places`."""
        if quantity == "db":
            return (self._bias_product(places),)
        if quantity == "dW":
            return self._kernel_product(places)
        product = self._narrow_product if self._is_narrow(quantity) else self._wide_product
        return product(PARTNER[quantity], places)

    def _kernel_product(self, places: Places) -> tuple[str, str]:
        o, i, *taps = self._conv.layout.kernel_cell(places, self._first)
        outputs = self._spatial(NARROW)
        narrow, wide = ("A", "dZ") if self._conv.transposed else ("dZ", "A")
        reached = self._plane_name(wide, self._wide_channel(o, i), self._slid(outputs, taps))
        return self._plane_name(narrow, o, outputs), reached

    def _narrow_product(self, partner: str, places: Places) -> tuple[str, str]:
        n, o, *outputs = self._conv.layout.plane_cell(places, self._first)
        i, taps = self._channels[1], self._spatial(TAPS)
        plane = self._plane_name(partner, self._wide_channel(o, i), self._slid(outputs, taps), n)
        return plane, self._kernel_name(o, i, taps)

    def _wide_product(self, partner: str, places: Places) -> tuple[str, str]:
        n, w, *spatial = self._conv.layout.plane_cell(places, self._first)
        o, outputs = self._channels[0], self._spatial(NARROW)
        kernel = self._kernel_name(o, self._kernel_channel(o, w), self._solved(outputs, spatial))
        return self._plane_name(partner, o, outputs, n), kernel

    def _bias_product(self, places: Places) -> str:
        channel = places[int(np.argmax(self._conv.bias_shape))] if places else self._first
        return self._plane_name("dZ", channel, self._spatial(WIDE if self._conv.transposed else NARROW))

    def _bias_places(self, filter_: Affine) -> Places:
        """The index of a filter's bias, which may be given as (1, 1, 1, C_out)."""
        shape = self._conv.bias_shape
        return tuple(filter_ if size > 1 or len(shape) == 1 else self._first for size in shape)

    def _plane_name(self, quantity: str, channel: Affine, spatial: Iterable[Affine], n: Affine = N) -> str:
        return cell_name(quantity, self._conv.layout.user_cell((n, channel, *spatial)))

    def _kernel_name(self, o: Affine, i: Affine, taps: Iterable[Affine]) -> str:
        return cell_name("W", self._conv.layout.user_kernel_cell((o, i, *taps), self._kernel_rank))

    def _wide_channel(self, narrow: Affine, kernel: Affine) -> Affine:
        """The wide channel that kernel channel `kernel` of narrow channel `narrow` reads."""
        channels = self._conv.channels
        if channels.groups == 1:
            return kernel
        return kernel + (_first_of(narrow) if narrow.parts else channels.seen_by(narrow.constant - self.base)[0])

    def _kernel_channel(self, narrow: Affine, wide: Affine) -> Affine:
        """The kernel channel of wide channel `wide`."""
        channels = self._conv.channels
        if channels.groups == 1:
            return wide
        if wide.parts:
            return wide - _first_of(narrow)
        return wide - channels.seen_by(channels.reached_from(wide.constant - self.base)[0])[0]

    def _slid(self, outputs: Iterable[Affine], taps: Iterable[Affine]) -> Places:
        """The wide position of each tap: `2*i+u-1`, or `reflect(i+u-1)` where padding repeats cells."""
        positions = tap_positions(self._conv.windows.axes, outputs, taps, self.base)
        mode = self._conv.windows.axes[0].mode
        return tuple(letter(f"{mode}({position})") for position in positions) if self._folded else tuple(positions)

    def _solved(self, outputs: Iterable[Affine], spatial: Iterable[Affine]) -> Places:
        """The tap that reads wide cell `spatial` in window `outputs`: `p-2*i+1`."""
        if self._folded:
            return self._spatial(TAPS)
        return tuple(
            letter((axis.position(output - self.base, letter(tap) - self.base) + self.base - place).solve(tap))
            for axis, output, place, tap in zip(self._conv.windows.axes, outputs, spatial, TAPS, strict=False)
        )


def _first_of(narrow: Affine) -> Affine:
    """The first channel of the group of a narrow channel: `first(f)`."""
    return letter(f"first({narrow})")


DERIVATION = ConvDerivation
