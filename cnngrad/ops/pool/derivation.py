"""Why a number of a pooling layer is what it is: each window's weights, tap by tap; and the same numbers by one of
the four methods alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.exercise.derivation import GIVEN, Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.remarks import Remark
from cnngrad.exercise.sums import NARROW, TAPS, WIDE, Affine, cell_name, letter, tap_positions
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term, Written, in_reading_order
from cnngrad.methods import METHODS, Method
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array
from cnngrad.ops.pool.choices import Choices
from cnngrad.ops.pool.layer import Pool
from cnngrad.records import dataclass
from cnngrad.windows.channels import Channels
from cnngrad.windows.windows import Index, Meeting

AXES, SIZES = ("slice", "row", "column"), ("slices", "height", "width")
"""The place of a cell in its plane, and how many places there are."""


def by_method(exercise: LayerExercise[Pool], method: str) -> Arrays:
    """Z and dA again, computed by one method alone."""
    pool = exercise.layer
    planes = pool.layout.canonical(exercise.A)
    reader = METHODS[method](pool.windows, Channels(planes.shape[1], planes.shape[1], planes.shape[1]))
    results = {"Z": pool.layout.restore(_pooled(pool, reader, planes))}
    if exercise.dZ is not None:
        upstream = pool.layout.canonical(exercise.dZ)
        results["dA"] = pool.layout.restore(reader.shared(upstream, pool.weights(planes)))
    return results


def magnitudes(exercise: LayerExercise[Pool]) -> Arrays:
    """Z and dA with the absolute values of their terms added up: what the noise of float64 is relative to."""
    pool, sizes = exercise.layer, {name: np.abs(array) for name, array in exercise.given.items()}
    if pool.mode == "average":  # its divisor may be negative
        return {name: np.abs(array) for name, array in exercise.with_arrays(sizes).solve().items()}
    results = {"Z": np.abs(pool.forward(exercise.A))}  # the terms of dA are those of the cells that won
    return results if exercise.dZ is None else results | {"dA": pool.to_input(exercise.A, sizes["dZ"])}


def _pooled(pool: Pool, reader: Method, planes: Array) -> Array:
    """Z by one method; the maximum of no cell at all is minus infinity."""
    weights = pool.picks(planes)
    Z = reader.pooled(planes, weights)
    if pool.mode == "average":
        return Z
    taps = tuple(range(-pool.windows.rank, 0))
    return np.where((weights != 0).any(axis=taps), Z, -math.inf)


@dataclass(frozen=True)
class Window:
    """One pooling window as it is on the input: every tap's cell, value and weight."""

    output: Cell
    taps: tuple[tuple[Factor, Any], ...]
    value: Any


class PoolDerivation(Derivation[LayerExercise[Pool]]):
    """The derivation of one solved pooling layer."""

    @property
    def traceable(self) -> tuple[str, ...]:
        """Z, mask and dA have terms; argmax is an index."""
        return tuple(name for name in self.results if name != "argmax")

    def general(self, quantity: str) -> str:
        layout = self._pool.layout
        names = NARROW if quantity == "Z" else WIDE
        places = layout.user_cell(tuple(map(letter, ("n", "c", *names[: layout.rank]))))
        return f"{cell_name(quantity, places)} = {self._sum(quantity, places)}"

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂L/∂A = sum of ∂L/∂Z * ∂Z/∂A over the windows that hold the cell."""
        if cell.quantity != "dA":
            return ()
        pool = self._pool
        Z = f"Z[{','.join(pool.layout.user_cell(('n', 'c', *NARROW[: pool.layout.rank])))}]"
        x = Cell("A", cell.index).name(self.base)
        local = "1/count in each window that holds the cell"
        if pool.mode == "max":
            local = "1/winners" if pool.rule.split else "1"
            local += " in each window that the cell wins, 0 in the others"
        return (
            f"∂L/∂{x} = sum of ∂L/∂{Z} * ∂{Z}/∂{x}",
            f"with upstream ∂L/∂{Z} = d{Z} and local gradient ∂{Z}/∂{x} = {local}",
        )

    def most_terms(self, quantity: str) -> int:
        windows = self._pool.windows
        return math.prod(windows.taps) if quantity == "Z" else windows.most_meetings()

    def all_terms(self, quantity: str) -> int:
        """The terms of all cells: one of each window where one cell wins it, else one of each real tap."""
        pool, Z = self._pool, self.results["Z"]
        single = pool.mode == "max" and (quantity == "Z" or pool.rule.single)
        if single or quantity == "Z":
            return Z.size * (1 if single else self.most_terms(quantity))
        return Z.size // math.prod(pool.windows.outputs) * pool.windows.real_meetings()

    def trace(self, cell: Cell) -> CellTrace:
        value = self.results[cell.quantity][cell.index]
        formula = self._sum(cell.quantity, tuple(Affine(constant=i + self.base) for i in cell.index))
        if cell.quantity != "Z":
            return CellTrace(cell, formula, tuple(self._input_terms(cell)), value)
        window = self.window(cell.index)
        return CellTrace(cell, formula, tuple(self._output_terms(window)), value, self._largest(window))

    def _largest(self, window: Window) -> Written | None:
        """`max(A[0,0], A[0,1])` of a window's cells; padding never wins."""
        real = tuple(factor for factor, _ in window.taps if not factor.padding)
        return Written("max({})", real) if self._pool.mode == "max" and real else None

    def explain(self, cell: Cell) -> CellTrace:
        """argmax as row*width + column; the rest as its terms."""
        if cell.quantity != "argmax":
            return super().explain(cell)
        flat, sizes = int(self.results["argmax"][cell.index]), self._pool.windows.sizes
        if flat < 0:
            return CellTrace(cell, "none", (), None)
        place = np.unravel_index(flat, sizes)
        names = [*AXES[-len(sizes) :]] if len(sizes) > 1 else ["position"]
        terms = []
        for number, (name, i) in enumerate(zip(names, place, strict=True)):
            steps = zip(SIZES[-len(sizes) :][number + 1 :], sizes[number + 1 :], strict=True)
            terms.append(Term((Factor.named(name, int(i)), *(Factor.named(*step) for step in steps))))
        whole = Written(
            " + ".join("*".join("{}" for _ in t.factors) for t in terms), tuple(f for t in terms for f in t.factors)
        )
        return CellTrace(cell, whole.template.format(*(f.label for f in whole.factors)), tuple(terms), flat, whole)

    @property
    def rule(self) -> str:
        """What the divisor is."""
        pool = self._pool
        if pool.mode == "max":
            return "winners is how many cells of a window have its largest value" if pool.rule.split else ""
        if pool.divisor_override is not None:
            return f"count is {pool.divisor_override}, the divisor_override"
        padding = "padding included, but not what is behind it" if pool.count_include_pad else "without padding"
        return f"count is how many cells a window has, {padding if pool.windows.has_padding else 'its size'}"

    def reasons(self, trace: CellTrace) -> Iterable[Remark]:
        """Which cell won; for a cell of the input, what happened to it in every window."""
        if trace.formula == GIVEN or (trace.cell.quantity == "Z" and self._pool.mode == "average"):
            return super().reasons(trace)
        if trace.cell.quantity not in ("Z", "argmax"):
            return [*Choices(self).of_cell(trace.cell), *(super().reasons(trace) if self._pool.mode != "max" else ())]
        flat = [Remark("a flat index counts rows and columns from 0")] if trace.cell.quantity == "argmax" else []
        return [*Choices(self).of_window(trace.cell.index), *flat]

    def window(self, index: Index) -> Window:
        """The window behind output cell `index` of Z."""
        canonical = self._pool.layout.plane_cell(index, 0)
        taps = [
            (self._input(canonical, meeting), self.weight((*canonical[:2], *meeting.output), meeting.tap))
            for meeting in self._pool.windows.meetings(output=canonical[2:])
        ]
        return Window(Cell("Z", index), tuple(taps), self.results["Z"][index])

    def _sum(self, quantity: str, places: tuple[Affine, ...]) -> str:
        """How the cell at `places` comes about: `max of A[2*i+u,2*j+v]`."""
        pool = self._pool
        n, c, *spatial = pool.layout.plane_cell(places, Affine())
        average = pool.mode == "average"
        if quantity == "Z":
            positions = tap_positions(pool.windows.axes, spatial, map(letter, TAPS), self.base)
            window = cell_name("A", pool.layout.user_cell((n, c, *positions)))
            taps = ",".join(TAPS[: pool.layout.rank])
            return f"sum over {taps} of {window}*1/count" if average else f"max over {taps} of {window}"
        outputs = map(letter, NARROW[: pool.layout.rank])
        upstream = cell_name("dZ", pool.layout.user_cell((n, c, *outputs))) if quantity == "dA" else "1"
        if average:
            return f"sum of {upstream}*1/count over every window that holds the cell"
        share = "*1/winners" if pool.rule.split else ""
        return f"sum of {upstream}{share} over every window that the cell wins"

    @property
    def _pool(self) -> Pool:
        return self.exercise.layer

    @cached_property
    def _planes(self) -> Array:
        return self._pool.layout.canonical(self.exercise.A)

    @cached_property
    def _known(self) -> dict[Index, Array]:
        """The weights of the windows that were looked at, by (n, c, *output): a large layer has far more."""
        return {}

    def _weights(self, window: Index) -> Array:
        if window not in self._known:
            n, c, *output = window
            pool = replace(self._pool, windows=self._pool.windows.window(tuple(output)))
            weights = pool.weights(self._planes[n : n + 1, c : c + 1])
            self._known[window] = weights.reshape(pool.windows.taps)
        return self._known[window]

    def _output_terms(self, window: Window) -> Iterable[Term]:
        if window.value == -math.inf:
            return ()
        if self._pool.mode == "average":
            return in_reading_order([Term((factor, _share(weight))) for factor, weight in window.taps])
        return [Term((next(factor for factor, weight in window.taps if weight),))]

    def _input_terms(self, cell: Cell) -> Iterable[Term]:
        layout = self._pool.layout
        n, c, *source = layout.plane_cell(cell.index, 0)
        terms = []
        for meeting in self._pool.windows.meetings(source=tuple(source)):
            weight = self.weight((n, c, *meeting.output), meeting.tap)
            if weight and cell.quantity == "mask":
                terms.append(Term((_share(weight),)))
            elif weight:
                output = layout.user_cell((n, c, *meeting.output))
                upstream = Factor(Cell("dZ", output), self.values["dZ"][output])
                terms.append(Term((upstream,) if weight == 1 else (upstream, _share(weight))))
        return in_reading_order(terms)

    def _input(self, canonical: Index, meeting: Meeting) -> Factor:
        index = self._pool.layout.user_cell((*canonical[:2], *meeting.cell))
        if meeting.inside:
            return Factor(Cell("A", index), self.exercise.A[index])
        outside = 0 * self.exercise.A.flat[0] if self._pool.mode == "average" else -math.inf
        return Factor.pad(index, outside)

    def weight(self, window: Index, tap: Index) -> Any:
        """The weight of a tap in the window (n, c, *output)."""
        return self._weights(window)[tap]

    def letters(self, quantity: str) -> str:
        return self._pool.layout.letters


def _share(weight: Any) -> Factor:
    """A weight as a factor: `1`, `1/4`, or its decimals where it is no simple fraction."""
    number: Any = weight.number if isinstance(weight, Formula) else weight
    if number in (0, 1):
        text = str(int(number))
    else:
        inverse = 1 / number
        whole = round(inverse)
        text = f"{'-' if whole < 0 else ''}1/{abs(whole)}" if abs(inverse - whole) < 1e-9 else str(number)
    return Factor.number(text, weight)


DERIVATION = PoolDerivation
