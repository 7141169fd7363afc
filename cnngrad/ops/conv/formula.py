"""The sums of a convolution in letters: `dW[u,v] = sum of dZ[i,j]*A[i+u,j+v]`.

Each formula joins a narrow cell, a kernel cell and the wide cell where they meet. A convolution's
input is the wide side; a transposed convolution's output is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.sums import NARROW, TAPS, WIDE, Affine, cell_name, letter, tap_positions
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv

Places = tuple[Affine, ...]
N = letter("n")
"""The image."""
PARTNER = {"Z": "A", "dA": "dZ"}
"""The plane that each plane is computed from."""


@dataclass(frozen=True)
class ConvFormula:
    """Formulas of one convolution; `base` is what the first index is called (0 or 1)."""

    exercise: LayerExercise[Conv]
    base: int = 0

    def of_cell(self, cell: Cell) -> str:
        """The sum that gives this cell, with its own indices filled in."""
        return self._sum(cell.quantity, self._places(cell))

    def of_any(self, quantity: str) -> str:
        """The sum that gives any cell of `quantity`, in letters."""
        places = self._letters(quantity)
        return f"{cell_name(quantity, places)} = {self._sum(quantity, places)}"

    def upstream(self) -> str:
        """The output cell that the chain rule runs through: `Z[i,j]`."""
        return cell_name("Z", self._letters("Z"))

    def local(self, cell: Cell) -> str:
        """The local gradient in one term of `cell`: the factor beside the upstream gradient."""
        factors = self._factors(cell.quantity, self._places(cell))
        return next((factor for factor in factors if not factor.startswith("dZ")), "1")

    def side(self, quantity: str) -> str:
        """`wide` or `narrow`: the side of the windows that a plane quantity is on."""
        output = quantity in ("Z", "dZ")
        return "wide" if output is self._conv.transposed else "narrow"

    @property
    def _conv(self) -> Conv:
        return self.exercise.layer

    @property
    def _b(self) -> Array:
        return self.exercise.parameters["b"]

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

    def _places(self, cell: Cell) -> Places:
        return tuple(Affine(constant=i + self.base) for i in cell.index)

    def _letters(self, quantity: str) -> Places:
        layout = self._conv.layout
        if quantity == "db":
            return self._bias_places(letter("f"))
        if quantity == "dW":
            return layout.user_kernel_cell((*self._channels, *self._spatial(TAPS)), self.exercise.parameters["W"].ndim)
        narrow, wide = self._channels
        on_narrow = self.side(quantity) == "narrow"
        spatial = self._spatial(NARROW if on_narrow else WIDE)
        return layout.user_cell((N, narrow if on_narrow else wide, *spatial))

    def _sum(self, quantity: str, places: Places) -> str:
        text = f"sum of {'*'.join(self._factors(quantity, places))}"
        if quantity == "Z":
            text += f" + {cell_name('b', self._bias_places(self._conv.layout.plane_cell(places, self._first)[1]))}"
        if self._folded and quantity in PARTNER and self.side(quantity) == "wide":
            text += " over every window that reads the cell"
        return text

    def _factors(self, quantity: str, places: Places) -> tuple[str, ...]:
        """The factors of one term, in letters."""
        if quantity == "db":
            return (self._bias_term(places),)
        if quantity == "dW":
            return self._kernel_term(places)
        term = self._narrow_term if self.side(quantity) == "narrow" else self._wide_term
        return term(PARTNER[quantity], places)

    def _kernel_term(self, places: Places) -> tuple[str, str]:
        o, i, *taps = self._conv.layout.kernel_cell(places, self._first)
        outputs = self._spatial(NARROW)
        narrow, wide = ("A", "dZ") if self._conv.transposed else ("dZ", "A")
        reached = self._plane(wide, self._wide_channel(o, i), self._slid(outputs, taps))
        return self._plane(narrow, o, outputs), reached

    def _narrow_term(self, partner: str, places: Places) -> tuple[str, str]:
        n, o, *outputs = self._conv.layout.plane_cell(places, self._first)
        i, taps = self._channels[1], self._spatial(TAPS)
        plane = self._plane(partner, self._wide_channel(o, i), self._slid(outputs, taps), n)
        return plane, self._kernel(o, i, taps)

    def _wide_term(self, partner: str, places: Places) -> tuple[str, str]:
        n, w, *spatial = self._conv.layout.plane_cell(places, self._first)
        o, outputs = self._channels[0], self._spatial(NARROW)
        kernel = self._kernel(o, self._kernel_channel(o, w), self._solved(outputs, spatial))
        return self._plane(partner, o, outputs, n), kernel

    def _bias_term(self, places: Places) -> str:
        channel = places[int(np.argmax(self._b.shape))] if places else self._first
        return self._plane("dZ", channel, self._spatial(WIDE if self._conv.transposed else NARROW))

    def _bias_places(self, filter_: Affine) -> Places:
        """The index of a filter's bias, which may be given as (1, 1, 1, C_out)."""
        return tuple(filter_ if size > 1 or self._b.ndim == 1 else self._first for size in self._b.shape)

    def _plane(self, quantity: str, channel: Affine, spatial: Iterable[Affine], n: Affine = N) -> str:
        return cell_name(quantity, self._conv.layout.user_cell((n, channel, *spatial)))

    def _kernel(self, o: Affine, i: Affine, taps: Iterable[Affine]) -> str:
        return cell_name("W", self._conv.layout.user_kernel_cell((o, i, *taps), self.exercise.parameters["W"].ndim))

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
