"""The sums of a convolution in letters, `dW[u,v] = sum of dZ[i,j]*A[i+u,j+v]`, and with the numbers of one cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np

from cnngrad.exercise.sums import NARROW, TAPS, WIDE, Affine, cell_name, letter, tap_positions
from cnngrad.exercise.terms import Cell
from cnngrad.ops.conv.layer import Conv
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

Places = tuple[Affine, ...]
N = letter("n")
"""The image."""
PARTNER = {"Z": "A", "dA": "dZ"}
"""The plane that each plane is computed from."""


@dataclass(frozen=True)
class ConvFormulas:
    """The formulas of one convolution; `base` is what the first index is called."""

    conv: Conv
    base: int
    is_open: bool = False
    """whether places `{0}`, `{1}` stand where an index of the cell along a spatial axis would show: the rest of the
    formula is the same for all cells of a plane"""

    def is_narrow(self, quantity: str) -> bool:
        """Whether a plane quantity is on the narrow side of the windows."""
        return (quantity in ("Z", "dZ")) is not self.conv.transposed

    def general(self, quantity: str) -> str:
        """The whole row in letters."""
        places = self.letters(quantity)
        return f"{cell_name(quantity, places)} = {self.sum(quantity, places)}"

    def name(self, quantity: str) -> str:
        """Any cell of a quantity, in letters."""
        return cell_name(quantity, self.letters(quantity))

    def factors(self, cell: Cell) -> tuple[str, ...]:
        """The factors of one term of a cell."""
        return self.product(cell.quantity, self.numbers(cell))

    def of_cell(self, cell: Cell) -> str:
        """The sum that gives one cell."""
        return self.sum(cell.quantity, self.numbers(cell))

    def of_cells(self, cells: Iterable[Cell]) -> list[str]:
        """The same for many cells: what is the same in several is written once."""
        return [self._of_cell_by_plane(cell) for cell in cells]

    def _of_cell_by_plane(self, cell: Cell) -> str:
        if cell.quantity == "db":
            return self.of_cell(cell)
        canonical = self.conv.layout.kernel_cell if cell.quantity == "dW" else self.conv.layout.plane_cell
        first, second, *spatial = canonical(cell.index, 0)
        plane = (cell.quantity, first, second)
        if plane not in self._planes:
            self._planes[plane] = replace(self, is_open=True).of_cell(cell)
        return self._planes[plane].format(*(self._at(cell.quantity, *each) for each in enumerate(spatial)))

    def _at(self, quantity: str, axis: int, place: int) -> str:
        """How the index `place` along a spatial axis shows in the formula of a cell."""
        if (quantity, axis, place) not in self._places:
            here = self._numbers_of((place,) * self.conv.layout.rank)
            if quantity == "dW":
                shown = self._slid(self._spatial(NARROW), here)
            elif self.is_narrow(quantity):
                shown = self._slid(here, self._spatial(TAPS))
            else:
                shown = self._solved(self._spatial(NARROW), here)
            self._places[quantity, axis, place] = str(shown[axis])
        return self._places[quantity, axis, place]

    def _numbers_of(self, index: Index) -> Places:
        return tuple(Affine(constant=i + self.base) for i in index)

    @cached_property
    def _planes(self) -> dict[tuple[str, int, int], str]:
        return {}

    @cached_property
    def _places(self) -> dict[tuple[str, int, int], str]:
        return {}

    @property
    def _rank(self) -> int:
        return len(self.conv.kernel_shape)

    @property
    def _first(self) -> Affine:
        return Affine(constant=self.base)

    @property
    def _folded(self) -> bool:
        return self.conv.windows.axes[0].mode != "zeros"

    @property
    def _channels(self) -> tuple[Affine, Affine]:
        """The narrow and the wide channel: f counts filters, c input channels."""
        filters, channels = letter("f"), letter("c")
        return (channels, filters) if self.conv.transposed else (filters, channels)

    @property
    def _spatial_places(self) -> Places:
        return tuple(letter(f"{{{axis}}}") for axis in range(self.conv.layout.rank))

    def _spatial(self, names: str) -> Places:
        return tuple(map(letter, names[: self.conv.layout.rank]))

    def numbers(self, cell: Cell) -> Places:
        return self._numbers_of(cell.index)

    def letters(self, quantity: str) -> Places:
        """The letters of any cell of a quantity."""
        narrow, wide = self._channels
        if quantity == "db":
            return self._bias_places(letter("f"))
        if quantity == "dW":
            return self.conv.layout.user_kernel_cell((narrow, wide, *self._spatial(TAPS)), self._rank)
        channel, names = (narrow, NARROW) if self.is_narrow(quantity) else (wide, WIDE)
        return self.conv.layout.user_cell((N, channel, *self._spatial(names)))

    def sum(self, quantity: str, places: Places) -> str:
        text = f"sum of {'*'.join(self.product(quantity, places))}"
        if quantity == "Z":
            text += f" + {cell_name('b', self._bias_places(self.conv.layout.plane_cell(places, self._first)[1]))}"
        if self._folded and quantity in PARTNER and not self.is_narrow(quantity):
            text += " over every window that reads the cell"
        return text

    def product(self, quantity: str, places: Places) -> tuple[str, ...]:
        """The factors of one term of the cell at `places`."""
        if quantity == "db":
            return (self._bias_product(places),)
        if quantity == "dW":
            return self._kernel_product(places)
        product = self._narrow_product if self.is_narrow(quantity) else self._wide_product
        return product(PARTNER[quantity], places)

    def _kernel_product(self, places: Places) -> tuple[str, str]:
        o, i, *taps = self.conv.layout.kernel_cell(places, self._first)
        outputs = self._spatial(NARROW)
        narrow, wide = ("A", "dZ") if self.conv.transposed else ("dZ", "A")
        reached = self._plane_name(wide, self._wide_channel(o, i), self._slid(outputs, taps))
        return self._plane_name(narrow, o, outputs), reached

    def _narrow_product(self, partner: str, places: Places) -> tuple[str, str]:
        n, o, *outputs = self.conv.layout.plane_cell(places, self._first)
        i, taps = self._channels[1], self._spatial(TAPS)
        plane = self._plane_name(partner, self._wide_channel(o, i), self._slid(outputs, taps), n)
        return plane, self._kernel_name(o, i, taps)

    def _wide_product(self, partner: str, places: Places) -> tuple[str, str]:
        n, w, *spatial = self.conv.layout.plane_cell(places, self._first)
        o, outputs = self._channels[0], self._spatial(NARROW)
        kernel = self._kernel_name(o, self._kernel_channel(o, w), self._solved(outputs, spatial))
        return self._plane_name(partner, o, outputs, n), kernel

    def _bias_product(self, places: Places) -> str:
        channel = places[int(np.argmax(self.conv.bias_shape))] if places else self._first
        return self._plane_name("dZ", channel, self._spatial(WIDE if self.conv.transposed else NARROW))

    def _bias_places(self, filter_: Affine) -> Places:
        """The index of a filter's bias, which may be given as (1, 1, 1, C_out)."""
        shape = self.conv.bias_shape
        return tuple(filter_ if size > 1 or len(shape) == 1 else self._first for size in shape)

    def _plane_name(self, quantity: str, channel: Affine, spatial: Iterable[Affine], n: Affine = N) -> str:
        return cell_name(quantity, self.conv.layout.user_cell((n, channel, *spatial)))

    def _kernel_name(self, o: Affine, i: Affine, taps: Iterable[Affine]) -> str:
        return cell_name("W", self.conv.layout.user_kernel_cell((o, i, *taps), self._rank))

    def _wide_channel(self, narrow: Affine, kernel: Affine) -> Affine:
        """The wide channel that kernel channel `kernel` of narrow channel `narrow` reads."""
        channels = self.conv.channels
        if channels.groups == 1:
            return kernel
        return kernel + (_first_of(narrow) if narrow.parts else channels.seen_by(narrow.constant - self.base)[0])

    def _kernel_channel(self, narrow: Affine, wide: Affine) -> Affine:
        """The kernel channel of wide channel `wide`."""
        channels = self.conv.channels
        if channels.groups == 1:
            return wide
        if wide.parts:
            return wide - _first_of(narrow)
        return wide - channels.seen_by(channels.reached_from(wide.constant - self.base)[0])[0]

    def _slid(self, outputs: Iterable[Affine], taps: Iterable[Affine]) -> Places:
        """The wide position of each tap: `2*i+u-1`, or `reflect(i+u-1)` where padding repeats cells."""
        if self.is_open:
            return self._spatial_places
        positions = tap_positions(self.conv.windows.axes, outputs, taps, self.base)
        mode = self.conv.windows.axes[0].mode
        return tuple(letter(f"{mode}({position})") for position in positions) if self._folded else tuple(positions)

    def _solved(self, outputs: Iterable[Affine], spatial: Iterable[Affine]) -> Places:
        """The tap that reads wide cell `spatial` in window `outputs`: `p-2*i+1`."""
        if self.is_open:
            return self._spatial_places
        if self._folded:
            return self._spatial(TAPS)
        return tuple(
            letter((axis.position(output - self.base, letter(tap) - self.base) + self.base - place).solve(tap))
            for axis, output, place, tap in zip(self.conv.windows.axes, outputs, spatial, TAPS, strict=False)
        )


def _first_of(narrow: Affine) -> Affine:
    """The first channel of the group of a narrow channel: `first(f)`."""
    return letter(f"first({narrow})")
