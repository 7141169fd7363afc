"""Why a number of a recurrent network is what it is: one term per time step."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from cnngrad.exercise.derivation import SummedDerivation
from cnngrad.exercise.sums import Range, Sums, read_sums
from cnngrad.exercise.terms import Cell, CellTrace, Factor
from cnngrad.ops.rnn.rnn import RnnExercise
from cnngrad.windows.layout import BY_RANK
from cnngrad.windows.windows import Index

RECURRENCE = "{f}(W_input*x[t] + W_recurrent*h[t-1] + b)"
SUMS = (
    "h[t,i] = {f}(s[t,i])",
    "dh[t,i] = delta[t,u] + sum of dh[t+1,k] * {f}'(s[t+1,k]) * W_recurrent[k,i]",
    "dx[t,j] = sum of dh[t,k] * {f}'(s[t,k]) * W_input[k,j]",
    "dh0[i] = sum of dh[0,k] * {f}'(s[0,k]) * W_recurrent[k,i]",
    "dW_input[i,j] = sum over t of dh[t,i] * {f}'(s[t,i]) * x[t,j]",
    "dW_recurrent[i,j] = sum over t of dh[t,i] * {f}'(s[t,i]) * h[t-1,j]",
    "db[i] = sum over t of dh[t,i] * {f}'(s[t,i])",
)
"""With s the sum inside the activation f, and u the unit i; h[-1] is h0."""


class StateSums(Sums):
    """Sums in which the state before the first one is h0."""

    def cell(self, name: str, index: Index) -> Factor:
        return super().cell("h0", index[1:]) if index[:1] == (-1,) else super().cell(name, index)


class RnnDerivation(SummedDerivation[RnnExercise]):
    """The derivation of one solved recurrent network."""

    @property
    def first(self) -> tuple[str, ...]:
        return tuple(name for name in ("dW_recurrent", "dW_input", "db") if name in self.results)

    def letters(self, quantity: str) -> str:
        """Time is the row of a matrix, or the only axis."""
        return BY_RANK.get(self.values[quantity].ndim, "")

    @cached_property
    def sums(self) -> Sums:
        exercise, h = self.exercise, self.results["h"]
        slopes = np.stack([exercise.slope(t) for t in range(exercise.steps)])
        deltas = h if exercise.deltas is None else exercise.deltas
        named = {"{f}(s)": h, "{f}'(s)": slopes.reshape(h.shape), "delta": deltas.reshape(h.shape)}
        return StateSums(
            rows=self._in_letters.rows,
            arrays=self.values,
            named={name.format(f=exercise.activation): array for name, array in named.items()},
            ranges={
                "t": Range(exercise.steps),
                "t+1": Range(1, lambda at: [(t + 1,) for t in at["t"] if t + 1 < exercise.steps]),
                "t-1": Range(1, lambda at: [(t - 1,) for t in at["t"]]),
                "0": Range(1, lambda _: [(0,)]),
                **dict.fromkeys("ijk", Range(exercise.hidden)),
                "u": Range(1, lambda at: [at["i"]]),
            },
            base=self.base,
        )

    @cached_property
    def _in_letters(self) -> Sums:
        rows = read_sums(*(row.format(f=self.exercise.activation) for row in SUMS))
        return Sums(rows=rows, silent="u")

    def general(self, quantity: str) -> str:
        """The indices of single numbers stay."""
        recurrence = RECURRENCE.format(f=self.exercise.activation)
        return f"{quantity} = {recurrence if quantity == 'h' else self._in_letters.right(quantity)}"

    def formula(self, cell: Cell) -> str:
        return self.general(cell.quantity).partition(" = ")[2]

    def chain(self, cell: Cell) -> tuple[str, ...]:
        name = cell.quantity.removeprefix("d")
        if name not in ("W_input", "W_recurrent", "b"):
            return ()
        last = self.exercise.steps - 1 + self.base
        return (
            f"∂L/∂{name} = sum over t of ∂L/∂h[t] * ∂h[t]/∂{name}, the direct derivative at step t alone",
            f"with ∂L/∂h[t] = dh[t], which is delta[{last}] * product of ∂h[j]/∂h[j-1] for j = t+1..{last} "
            "(and so on for every other delta)",
        )

    def most_terms(self, quantity: str) -> int:
        """Steps, or units and a delta."""
        return self.exercise.steps if quantity in ("dW_input", "dW_recurrent", "db") else self.exercise.hidden + 1

    def trace(self, cell: Cell) -> CellTrace:
        """A delta of 0 is not worth a term where there is another."""
        trace = super().trace(cell)
        if cell.quantity != "dh" or trace.terms[0].factors[0].value or cell.index[0] == self.exercise.steps - 1:
            return trace
        return replace(trace, terms=trace.terms[1:])

    def upstream(self, trace: CellTrace) -> tuple[Cell, ...]:
        factors = (factor for term in trace.terms if not term.vanishes for factor in term.factors)
        return tuple(factor.cell for factor in factors if factor.cell.quantity == "dh")


DERIVATION = RnnDerivation
