"""Why a number of a recurrent network is what it is: one term per time step."""

from __future__ import annotations

from collections.abc import Iterator

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.ops.rnn.rnn import RnnExercise
from cnngrad.windows.layout import BY_RANK
from cnngrad.windows.windows import Index

FORMULAS = {
    "h": "{f}(W_input*x[t] + W_recurrent*h[t-1] + b)",
    "dh": "delta[t] + sum of dh[t+1,k]*{f}'(s[t+1,k])*W_recurrent[k,i]",
    "dx": "sum of dh[t,k]*{f}'(s[t,k])*W_input[k,j]",
    "dh0": "sum of dh[0,k]*{f}'(s[0,k])*W_recurrent[k,i]",
    "dW_input": "sum over t of dh[t,i]*{f}'(s[t,i])*x[t,j]",
    "dW_recurrent": "sum over t of dh[t,i]*{f}'(s[t,i])*h[t-1,j]",
    "db": "sum over t of dh[t,i]*{f}'(s[t,i])",
}
"""With s the sum inside the activation f; indices of single numbers fall away."""


class RnnDerivation(Derivation[RnnExercise]):
    """The derivation of one solved recurrent network."""

    @property
    def first(self) -> tuple[str, ...]:
        """The gradients of the shared weights."""
        return tuple(name for name in ("dW_recurrent", "dW_input", "db") if name in self.results)

    def letters(self, quantity: str) -> str:
        """Time is the row of a matrix, or the only axis."""
        return BY_RANK.get(self.values[quantity].ndim, "")

    def general(self, quantity: str) -> str:
        """The sum that gives any cell of `quantity`, in letters."""
        return f"{quantity} = {FORMULAS[quantity].format(f=self.exercise.activation)}"

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """The total derivative: the weight acts at every step."""
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
        """The terms of one cell."""
        value = self.results[cell.quantity][cell.index]
        formula = self.general(cell.quantity).partition(" = ")[2]
        return CellTrace(cell, formula, tuple(self._terms(cell, value)), value)

    def upstream(self, trace: CellTrace) -> tuple[Cell, ...]:
        """The gradients at the states."""
        factors = (factor for term in trace.terms if not term.vanishes for factor in term.factors)
        return tuple(factor.cell for factor in factors if factor.cell.quantity == "dh")

    def _terms(self, cell: Cell, value: object) -> Iterator[Term]:
        match cell.quantity:
            case "h":
                label = f"{self.exercise.activation}({Cell('s', cell.index).name(self.base)})"
                yield Term((Factor(Cell(""), value, label=label),))
            case "dh":
                yield from self._state_terms(*self._unit(cell.index))
            case "dh0":
                yield from self._back(0, "W_recurrent", cell.index[0] if cell.index else 0)
            case "dx":
                yield from self._back(cell.index[0], "W_input", cell.index[1] if len(cell.index) > 1 else 0)
            case _:
                yield from self._shared_terms(cell)

    def _state_terms(self, t: int, unit: int) -> Iterator[Term]:
        assert self.exercise.deltas is not None
        delta = self.exercise.deltas[t, unit]
        label = Cell("delta", self._place(t, unit)).name(self.base)
        if delta or t == self.exercise.steps - 1:
            yield Term((Factor(Cell(""), delta, label=label),))
        if t < self.exercise.steps - 1:
            yield from self._back(t + 1, "W_recurrent", unit)

    def _back(self, t: int, name: str, column: int) -> Iterator[Term]:
        """What step t passes back through a weight."""
        weight = self.values[name]
        for k in range(self.exercise.hidden):
            index = (k, column) if weight.ndim else ()
            yield Term((self._arriving(t, k), self._slope(t, k), Factor(Cell(name, index), weight[index])))

    def _shared_terms(self, cell: Cell) -> Iterator[Term]:
        unit = cell.index[0] if cell.index else 0
        column = cell.index[1] if len(cell.index) > 1 else 0
        for t in range(self.exercise.steps):
            both = (self._arriving(t, unit), self._slope(t, unit))
            if cell.quantity == "db":
                yield Term(both)
            elif cell.quantity == "dW_input":
                index = (t, column) if self.exercise.x.ndim > 1 else (t,)
                yield Term((*both, Factor(Cell("x", index), self.exercise.x[index])))
            else:
                yield Term((*both, self._before(t, column)))

    def _before(self, t: int, unit: int) -> Factor:
        """The state that step t starts from."""
        if t == 0:
            index = (unit,) if self.exercise.h0.ndim else ()
            return Factor(Cell("h0", index), self.exercise.h0[index])
        place = self._place(t - 1, unit)
        return Factor(Cell("h", place), self.results["h"][place])

    def _arriving(self, t: int, unit: int) -> Factor:
        place = self._place(t, unit)
        return Factor(Cell("dh", place), self.results["dh"][place])

    def _slope(self, t: int, unit: int) -> Factor:
        label = f"{self.exercise.activation}'({Cell('s', self._place(t, unit)).name(self.base)})"
        return Factor(Cell(""), self.exercise.slope(t)[unit], label=label)

    def _place(self, t: int, unit: int) -> Index:
        return (t, unit) if self.results["h"].ndim > 1 else (t,)

    def _unit(self, index: Index) -> tuple[int, int]:
        return index[0], index[1] if len(index) > 1 else 0


DERIVATION = RnnDerivation
