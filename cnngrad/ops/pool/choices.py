"""Which cell of a pooling window won, and why: what is said of a maximum, and of a cell that gets nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from cnngrad.exercise.remarks import LISTED, Remark, counted_names
from cnngrad.exercise.terms import Cell, Factor
from cnngrad.records import dataclass
from cnngrad.windows.unread import why_unread
from cnngrad.windows.windows import Index, Meeting
from cnngrad.wording import counted, numbered

if TYPE_CHECKING:
    from cnngrad.ops.pool.derivation import PoolDerivation


@dataclass(frozen=True)
class Choices:
    """What the windows of one solved pooling layer chose."""

    derivation: PoolDerivation

    def of_window(self, output: Index) -> Iterator[Remark]:
        """The largest cells of the window of this output cell."""
        window, pool = self.derivation.window(output), self.derivation.exercise.layer
        padding = sum(factor.padding for factor, _ in window.taps)
        if window.value == -math.inf:
            yield Remark("no cell of A is in this window; the largest of none is -inf (null in JSON)")
            return
        largest = self._largest(output)
        names = [factor.name(self.derivation.base) for factor in largest]
        if len(largest) == 1:
            yield Remark("the largest is {}", tuple(largest))
        else:
            yield Remark(f"{counted_names(names)} tie; ties {pool.ties}: {pool.rule.says}")
        if padding:
            yield Remark(
                f"{counted(padding, 'place')} of the window {'is' if padding == 1 else 'are'} "
                "outside A: padding never wins"
            )

    def of_cell(self, cell: Cell) -> Iterator[Remark]:
        """What a cell of the input got from each window that holds it."""
        pool, base = self.derivation.exercise.layer, self.derivation.base
        n, c, *source = pool.layout.plane_cell(cell.index, 0)
        meetings = [*pool.windows.meetings(source=tuple(source))]
        if not meetings:
            place = Cell("A", cell.index).name(base)
            yield Remark(f"no window reaches {place}: {why_unread(pool.windows, tuple(source), base)}")
        elif pool.mode == "max":
            found = [remark for met in meetings for remark in self._in_window(cell, (n, c), met)]
            yield from found[:LISTED]
            if len(found) > LISTED:
                yield Remark(f"and so in {len(found) - LISTED} more windows")

    def _in_window(self, cell: Cell, plane: Index, met: Meeting) -> Iterator[Remark]:
        """Why a window passes nothing to the cell."""
        pool, base = self.derivation.exercise.layer, self.derivation.base
        output = pool.layout.user_cell((*plane, *met.output))
        window, here = Cell("Z", output).name(base), self.derivation.factor("A", cell.index)
        if self.derivation.weight((*plane, *met.output), met.tap):
            if cell.quantity == "dA" and not self.derivation.values["dZ"][output]:
                upstream = self.derivation.factor("dZ", output)
                yield Remark(f"{here.name(base)} wins the window of {window}, but {{}}", (upstream,))
            return
        largest = self._largest(output)
        cells = [factor.cell for factor in largest]
        if here.cell not in cells:
            yield Remark(f"{{}} lost to {{}} in the window of {window}", (here, largest[0]))
            return
        other = largest[-1] if pool.ties == "last" else largest[0]
        came = numbered(cells.index(here.cell))
        says = f"{{}} tied with {other.name(base)} in the window of {window} and came {came} of {len(cells)}"
        yield Remark(
            f"{says}: with ties {pool.ties} the {'last' if pool.ties == 'last' else 'first'} takes all", (here,)
        )

    def _largest(self, output: Index) -> list[Factor]:
        """The cells of A that have the largest value of a window, row-major."""
        pool, derivation = self.derivation.exercise.layer, self.derivation
        n, c, *place = pool.layout.plane_cell(output, 0)
        one = replace(pool, windows=pool.windows.window(tuple(place)), ties="all")
        planes = pool.layout.canonical(derivation.exercise.A)[n : n + 1, c : c + 1]
        tied = one.weights(planes).reshape(pool.windows.taps)
        meetings = pool.windows.meetings(output=tuple(place))
        return [derivation.factor("A", pool.layout.user_cell((n, c, *met.cell))) for met in meetings if tied[met.tap]]
