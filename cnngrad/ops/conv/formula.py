"""The sums of a convolution in letters: `dW[u,v] = sum of dZ[i,j]*A[i+u,j+v]`.

Each formula joins a narrow cell, a kernel cell and the wide cell where they meet. A convolution's
input is the wide side; a transposed convolution's output is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.sums import NARROW, TAPS, WIDE, Affine, letter
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.axis import Axis

Place = Affine | str
PARTNER = {"Z": "A", "dA": "dZ"}
"""The plane that each plane is computed from."""


@dataclass(frozen=True)
class ConvFormula:
    """Formulas of one convolution; `base` is what the first index is called (0 or 1)."""

    exercise: LayerExercise[Conv]
    base: int = 0

    def of_cell(self, cell: Cell) -> str:
        """The sum that gives this cell, with its own indices filled in."""
        return self._sum(cell.quantity, tuple(Affine(constant=i + self.base) for i in cell.index))

    def of_any(self, quantity: str) -> str:
        """The sum that gives any cell of `quantity`, in letters."""
        places = self._letters(quantity)
        return f"{_name(quantity, places)} = {self._sum(quantity, places)}"

    def upstream(self) -> str:
        """The output cell that the chain rule runs through: `Z[i,j]`."""
        return _name("Z", self._letters("Z"))

    def local(self, cell: Cell) -> str:
        """The local gradient in one term of `cell`: the factor beside the upstream gradient."""
        factors = self._factors(cell.quantity, tuple(Affine(constant=i + self.base) for i in cell.index))
        return next((factor for factor in factors if not factor.startswith("dZ")), "1")

    def side(self, quantity: str) -> str:
        """`wide` or `narrow`: the side of the windows that a plane quantity is on."""
        output = quantity in ("Z", "dZ")
        return "wide" if output is self.exercise.layer.transposed else "narrow"

    def _letters(self, quantity: str) -> tuple[Place, ...]:
        layout = self.exercise.layer.layout
        if quantity == "db":
            return self._bias_places(letter("f"))
        if quantity == "dW":
            names = (*self._channels(), *TAPS[: layout.rank])
            return layout.user_kernel_cell(tuple(map(letter, names)), self.exercise.parameters["W"].ndim)
        narrow = self.side(quantity) == "narrow"
        channel, spatial = self._channels()[0 if narrow else 1], NARROW if narrow else WIDE
        return layout.user_cell(tuple(map(letter, ("n", channel, *spatial[: layout.rank]))))

    def _channels(self) -> tuple[str, str]:
        """Letters of the narrow and the wide channel: f counts filters, c input channels."""
        return ("c", "f") if self.exercise.layer.transposed else ("f", "c")

    def _sum(self, quantity: str, places: tuple[Place, ...]) -> str:
        text = f"sum of {'*'.join(self._factors(quantity, places))}"
        if quantity == "Z":
            text += f" + {self._bias(places)}"
        if self._folded and quantity in PARTNER and self.side(quantity) == "wide":
            text += " over every window that reads the cell"
        return text

    def _factors(self, quantity: str, places: tuple[Place, ...]) -> tuple[str, ...]:
        """The factors of one term, in letters."""
        if quantity == "db":
            return (self._bias_term(places),)
        if quantity == "dW":
            return self._kernel_term(places)
        term = self._narrow_term if self.side(quantity) == "narrow" else self._wide_term
        return term(PARTNER[quantity], places)

    def _kernel_term(self, places: tuple[Place, ...]) -> tuple[str, str]:
        o, i, *taps = self.exercise.layer.layout.kernel_cell(places, self._first)
        outputs = self._names(NARROW)
        narrow, wide = ("A", "dZ") if self.exercise.layer.transposed else ("dZ", "A")
        reached = self._plane(wide, self._wide_channel(o, i), self._slid(outputs, taps))
        return self._plane(narrow, o, outputs), reached

    def _narrow_term(self, partner: str, places: tuple[Place, ...]) -> tuple[str, str]:
        n, o, *outputs = self.exercise.layer.layout.plane_cell(places, self._first)
        i, taps = letter(self._channels()[1]), self._names(TAPS)
        plane = self._plane(partner, self._wide_channel(o, i), self._slid(outputs, taps), n)
        return plane, self._kernel(o, i, taps)

    def _wide_term(self, partner: str, places: tuple[Place, ...]) -> tuple[str, str]:
        n, w, *spatial = self.exercise.layer.layout.plane_cell(places, self._first)
        o, outputs = letter(self._channels()[0]), self._names(NARROW)
        kernel = self._kernel(o, self._kernel_channel(o, w), self._solved(outputs, spatial))
        return self._plane(partner, o, outputs, n), kernel

    def _bias_term(self, places: tuple[Place, ...]) -> str:
        channel = places[int(np.argmax(self._b.shape))] if places else self._first
        names = WIDE if self.exercise.layer.transposed else NARROW
        return self._plane("dZ", channel, self._names(names))

    def _bias(self, places: tuple[Place, ...]) -> str:
        return _name("b", self._bias_places(self.exercise.layer.layout.plane_cell(places, self._first)[1]))

    def _bias_places(self, filter_: Place) -> tuple[Place, ...]:
        """The index of a filter's bias, which may be given as (1, 1, 1, C_out)."""
        return tuple(filter_ if size > 1 or self._b.ndim == 1 else self._first for size in self._b.shape)

    def _plane(self, quantity: str, channel: Place, spatial: Iterable[Place], n: Place = "n") -> str:
        return _name(quantity, self.exercise.layer.layout.user_cell((n, channel, *spatial)))

    def _kernel(self, o: Place, i: Place, taps: Iterable[Place]) -> str:
        layout = self.exercise.layer.layout
        return _name("W", layout.user_kernel_cell((o, i, *taps), self.exercise.parameters["W"].ndim))

    def _wide_channel(self, narrow: Place, kernel: Place) -> Place:
        """The wide channel that kernel channel `kernel` of narrow channel `narrow` reads."""
        channels = self.exercise.layer.channels
        if channels.groups == 1:
            return kernel
        if isinstance(narrow, str) or narrow.parts:
            return f"{kernel}+first({narrow})"
        return kernel + channels.seen_by(narrow.constant - self.base)[0] if isinstance(kernel, Affine) else kernel

    def _kernel_channel(self, narrow: Place, wide: Place) -> Place:
        """The kernel channel that stands for wide channel `wide`."""
        channels = self.exercise.layer.channels
        if channels.groups == 1 or isinstance(wide, str):
            return wide
        if wide.parts:
            return f"{wide}-first({narrow})"
        group = channels.seen_by(channels.reached_from(wide.constant - self.base)[0])
        return wide - group[0]

    def _slid(self, outputs: Iterable[Place], taps: Iterable[Place]) -> list[Place]:
        """The wide position of each tap: `2*i+u-1`, or `reflect(i+u-1)` where padding repeats cells."""
        slid: list[Place] = []
        for axis, output, tap in zip(self._axes, outputs, taps, strict=True):
            assert isinstance(output, Affine)
            assert isinstance(tap, Affine)
            position = axis.position(output - self.base, tap - self.base) + self.base
            slid.append(f"{axis.mode}({position})" if self._folded else position)
        return slid

    def _solved(self, outputs: Iterable[Place], spatial: Iterable[Place]) -> list[Place]:
        """The tap that reads wide cell `spatial` in window `outputs`: `p-2*i+1`."""
        if self._folded:
            return self._names(TAPS)
        solved: list[Place] = []
        for axis, output, place, name in zip(self._axes, outputs, spatial, TAPS, strict=False):
            assert isinstance(output, Affine)
            assert isinstance(place, Affine)
            meets = axis.position(output - self.base, letter(name) - self.base) + self.base - place
            solved.append(meets.solve(name))
        return solved

    def _names(self, names: str) -> list[Place]:
        return [letter(name) for name in names[: self.exercise.layer.layout.rank]]

    @property
    def _b(self) -> Array:
        return self.exercise.parameters["b"]

    @property
    def _axes(self) -> tuple[Axis, ...]:
        return self.exercise.layer.windows.axes

    @property
    def _first(self) -> Affine:
        return Affine(constant=self.base)

    @property
    def _folded(self) -> bool:
        return self._axes[0].mode != "zeros"


def _name(quantity: str, places: Iterable[Place]) -> str:
    inside = ",".join(map(str, places))
    return f"{quantity}[{inside}]" if inside else quantity
