"""Why a number of a recurrent network is what it is: one term per time step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.exercise.derivation import SummedDerivation
from cnngrad.exercise.remarks import Definition, slope
from cnngrad.exercise.sums import Range, Sums, read_sums
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Written
from cnngrad.numbers.kinds import Array
from cnngrad.ops.rnn.rnn import SHARED, RnnExercise
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.windows.layout import BY_RANK
from cnngrad.windows.windows import Index

RECURRENCE = "{f}(W_input*x[t] + W_recurrent*h[t-1] + b)"
TERMS = "terms."
"""Before the gradient of a weight: what each step adds to it."""
LONGEST = 12
"""Products in a state up to which it is written out."""
SUMS = (
    "h[t,i] = {f}(s[t,i])",
    "s[t,i] = sum of W_input[i,d] * x[t,d] + sum of W_recurrent[i,k] * h[t-1,k] + b[i]",
    "dh[t,i] = delta[t,u] + sum of dh[t+1,k] * {f}'(s[t+1,k]) * W_recurrent[k,i]",
    "dx[t,j] = sum of dh[t,k] * {f}'(s[t,k]) * W_input[k,j]",
    "dh0[i] = sum of dh[{first},k] * {f}'(s[{first},k]) * W_recurrent[k,i]",
    "dW_input[i,j] = sum over t{n} of dh[t,i] * {f}'(s[t,i]) * x[t,j]",
    "dW_recurrent[i,j] = sum over t{n} of dh[t,i] * {f}'(s[t,i]) * h[t-1,j]",
    "db[i] = sum over t{n} of dh[t,i] * {f}'(s[t,i])",
)
"""With s the sum inside the activation f, u the unit i and `first` the first time; before it h is h0. In a batch every
time t has an example n beside it, in the order of the layout."""
_TIME = pattern(r"\[(t(?:[+-]1)?|0|1)(?=[],])")


def in_layout(text: str, layout: str) -> str:
    """A formula with the example n beside every time, where there is a batch: h[n,t] or h[t,n]."""
    if "N" not in layout:
        return text
    return _TIME.sub(r"[n,\1" if layout[0] == "N" else r"[\1,n", text)


@dataclass(frozen=True, kw_only=True)
class StateSums(Sums):
    """Sums in which the state before the first one is h0: `time` is the axis of time, and `start` says whether all
    examples have one h0."""

    time: int = 0
    shared_start: bool = False

    def cell(self, name: str, index: Index) -> Factor:
        if index[self.time : self.time + 1] != (-1,):
            return super().cell(name, index)
        before = index[: self.time] + index[self.time + 1 :]
        return super().cell("h0", before[1:] if self.shared_start else before)


class RnnDerivation(SummedDerivation[RnnExercise]):
    """The derivation of one solved recurrent network."""

    @property
    def first(self) -> tuple[str, ...]:
        return tuple(name for name in ("dW_recurrent", "dW_input", "db") if name in self.results)

    def letters(self, quantity: str) -> str:
        """Time is the row of a matrix, or the only axis; each example has a matrix of its own, and so has each step."""
        rank = self.explained[quantity].ndim
        if quantity.startswith(TERMS):
            return f"N{BY_RANK.get(rank - 1, '')}"
        return {"NTD": "NHW", "TND": "HNW"}[self.exercise.layout] if rank == 3 else BY_RANK.get(rank, "")

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """delta too, which every state has of its own."""
        deltas = self.exercise.deltas
        return (
            super().values if deltas is None else {**super().values, "delta": deltas.reshape(self.results["h"].shape)}
        )

    @cached_property
    def sums(self) -> Sums:
        exercise, h = self.exercise, self.results["h"]
        slopes = np.stack([exercise.slope(t) for t in range(exercise.steps)], axis=exercise.time)
        named = {"{f}(s)": h, "{f}'(s)": slopes.reshape(h.shape)}
        return StateSums(
            rows=self._in_letters.rows,
            arrays=self.values,
            named={name.format(f=exercise.activation): array for name, array in named.items()},
            ranges={
                "t": Range(exercise.steps),
                "n": Range(exercise.examples),
                "t+1": Range(1, lambda at: [(t + 1,) for t in at["t"] if t + 1 < exercise.steps]),
                "t-1": Range(1, lambda at: [(t - 1,) for t in at["t"]]),
                str(self.base): Range(1, lambda _: [(0,)]),
                **dict.fromkeys("ijk", Range(exercise.hidden)),
                "d": Range(exercise.tape.values["W_input"].shape[-1]),
                "u": Range(1, lambda at: [at["i"]]),
            },
            base=self.base,
            time=exercise.time,
            shared_start=exercise.shared_start,
        )

    @cached_property
    def _in_letters(self) -> Sums:
        exercise = self.exercise
        words = {"f": exercise.activation, "n": " and n" if exercise.batch else "", "first": self.base}
        rows = (in_layout(row.format(**words), exercise.layout) for row in SUMS)
        if exercise.batch and not exercise.shared_start:
            rows = (row.replace("dh0[", "dh0[n,") for row in rows)
        return Sums(rows=read_sums(*rows), silent="u")

    def general(self, quantity: str) -> str:
        """The indices of single numbers stay."""
        recurrence = in_layout(RECURRENCE.format(f=self.exercise.activation), self.exercise.layout)
        return f"{quantity} = {recurrence if quantity == 'h' else self._in_letters.right(quantity)}"

    def formula(self, cell: Cell) -> str:
        return self.general(cell.quantity).partition(" = ")[2]

    def chain(self, cell: Cell) -> tuple[str, ...]:
        name = cell.quantity.removeprefix("d")
        if name not in ("W_input", "W_recurrent", "b"):
            return ()
        last, layout = self.exercise.steps - 1 + self.base, self.exercise.layout
        also = " and n" if self.exercise.batch else ""
        return (
            in_layout(
                f"∂L/∂{name} = sum over t{also} of ∂L/∂h[t] * ∂h[t]/∂{name}, the direct derivative at step t alone",
                layout,
            ),
            f"with ∂L/∂h[t] = dh[t], which is delta[{last}] * product of ∂h[j]/∂h[j-1] for j = t+1..{last} "
            "(and so on for every other delta)",
        )

    def most_terms(self, quantity: str) -> int:
        """Steps of all examples, or units and a delta; those of all examples for a shared h0."""
        exercise = self.exercise
        if quantity in ("dW_input", "dW_recurrent", "db"):
            return exercise.steps * exercise.examples
        return (exercise.hidden + 1) * (exercise.examples if quantity == "dh0" and exercise.shared_start else 1)

    @cached_property
    def explained(self) -> Mapping[str, Array]:
        """What each step adds to the gradient of a weight, too."""
        exercise = self.exercise
        if exercise.deltas is None:
            return super().explained
        return {**super().explained, **{f"{TERMS}d{name}": np.stack(exercise.terms(name)) for name in SHARED}}

    def explain(self, cell: Cell) -> CellTrace:
        """What one step adds is a part of the sum over time: one term, or one of each example."""
        if not cell.quantity.startswith(TERMS):
            return super().explain(cell)
        t, *index = cell.index
        whole, time = self.trace(Cell(cell.quantity.removeprefix(TERMS), tuple(index))), self.exercise.time
        terms = tuple(term for term in whole.terms if term.factors[0].cell.index[time] == t)
        formula = re.sub(r"sum over t (?:and (n) )?of ", lambda also: "sum over n of " * bool(also[1]), whole.formula)
        return CellTrace(cell, formula, terms, self.explained[cell.quantity][cell.index])

    def definitions(self, trace: CellTrace) -> Iterator[Definition]:
        """The slope of every step in letters and numbers."""
        text = GATES[self.exercise.activation].local[0]
        for term in trace.terms if trace.cell.quantity != "h" else ():
            where, slopes = term.factors[0].cell.index, [factor for factor in term.factors if "'" in factor.label]
            for factor in slopes if not term.vanishes else ():
                inside = sum(each.product for each in self.sums.terms(Cell("s", where)))
                s = Factor.named(Cell("s", where).name(self.base), inside)
                yield slope(factor, text, s, self.factor("h", where))

    def _state(self, index: Index) -> Written | None:
        """`tanh(W_input*x[0] + W_recurrent*h0 + b)`, as far as it can be read."""
        terms = self.sums.terms(Cell("s", index))
        if len(terms) > LONGEST:
            return None
        template = " + ".join("*".join("{}" for _ in term.factors) for term in terms)
        factors = tuple(factor for term in terms for factor in term.factors)
        return Written(f"{self.exercise.activation}({template})", factors)

    def trace(self, cell: Cell) -> CellTrace:
        """A delta of 0 is not worth a term where there is another; a state is the function of a sum."""
        trace, last = super().trace(cell), self.exercise.steps - 1
        if cell.quantity == "h":
            return replace(trace, written=self._state(cell.index))
        if cell.quantity != "dh" or trace.terms[0].factors[0].value or cell.index[self.exercise.time] == last:
            return trace
        return replace(trace, terms=trace.terms[1:])

    def upstream(self, trace: CellTrace) -> tuple[Cell, ...]:
        factors = (factor for term in trace.terms if not term.vanishes for factor in term.factors)
        return tuple(factor.cell for factor in factors if factor.cell.quantity == "dh")


DERIVATION = RnnDerivation
