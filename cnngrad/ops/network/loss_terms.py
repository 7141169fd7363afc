"""Where the last upstream gradient comes from: the loss, term by term."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.matrix_gates import LOG_SOFTMAX, SOFTMAX
from cnngrad.exercise.terms import Cell, Factor, Term
from cnngrad.numbers.functions import function
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network.loss import Loss
from cnngrad.windows.windows import Index

FORMULAS = {
    "mse": ("factor * sum of (Z - target)**2", "2*factor*(Z - target)"),
    "cross_entropy": ("-scale * sum of target*log(softmax(Z))", "scale*(softmax(Z) - target)"),
    "binary_cross_entropy": (
        "-scale * sum of (target*log(Z) + (1 - target)*log(1 - Z))",
        "scale*((1 - target)/(1 - Z) - target/Z)",
    ),
    "sum": ("factor * sum of Z", "factor"),
}
"""For each loss: its value, and its gradient at one cell of Z."""


class LossTerms:
    """The terms of a loss and of its gradient; `name` is what Z is called: `dense1.Z`."""

    def __init__(self, loss: Loss, Z: Array, name: str, base: int) -> None:
        self.loss, self.Z, self.name, self.base = loss, Z, name, base

    def value(self) -> Iterator[Term]:
        """The loss as a sum over the cells of Z."""
        for index in np.ndindex(self.Z.shape):
            yield from self._value_at(index)

    def gradient(self, index: Index) -> tuple[Term, ...]:
        """dZ at one cell."""
        Z, scale = self._cell(index), self.loss.scale
        match self.loss.op:
            case "mse":
                error = self._error(index)
                paths = GATES["mul"].partials(None, error.value, error.value)  # a square is a fork: the error twice
                return (Term((self._plain("2*factor", len(paths) * scale), error)),)
            case "cross_entropy":
                # LOG_SOFTMAX passes back its upstream gradient, and softmax times the sum of it: one term each.
                share = np.asarray(self.loss.target.sum(axis=-1))[index[:-1]]
                softmax = SOFTMAX.forward(self.Z)[index] * share
                return (
                    Term((self._plain("scale", scale), self._named("softmax", index, softmax))),
                    Term((self._plain("-scale", -scale), self._target(index))),
                )
            case "binary_cross_entropy":
                t = self.loss.target[index]
                (yes,), (no,) = (GATES["log"].partials(None, x) for x in (Z.value, 1 - Z.value))
                return (
                    Term((self._plain("scale", scale), self._plain("(1 - target)/(1 - Z)", (1 - t) * no))),
                    Term((self._plain("-scale", -scale), self._plain("target/Z", t * yes))),
                )
            case _:
                return (Term((self._plain("factor", scale),)),)

    def _value_at(self, index: Index) -> tuple[Term, ...]:
        Z, scale = self._cell(index), self.loss.scale
        match self.loss.op:
            case "mse":
                return (Term((self._plain("factor", scale), self._error(index), self._error(index))),)
            case "cross_entropy":
                log, softmax = LOG_SOFTMAX.forward(self.Z)[index], Cell("softmax", index).name(self.base)
                return (
                    Term((self._plain("-scale", -scale), self._target(index), self._plain(f"log({softmax})", log))),
                )
            case "binary_cross_entropy":
                t, z = self.loss.target[index], Z.value
                yes, no = self._plain("log(Z)", function("log", z)), self._plain("log(1 - Z)", function("log", 1 - z))
                minus = self._plain("-scale", -scale)
                return (
                    Term((minus, self._plain("target", t), yes)),
                    Term((minus, self._plain("(1 - target)", 1 - t), no)),
                )
            case _:
                return (Term((self._plain("factor", scale), Z)),)

    def _cell(self, index: Index) -> Factor:
        return Factor(Cell(self.name, index), self.Z[index])

    def _error(self, index: Index) -> Factor:
        names = (Cell(name, index).name(self.base) for name in (self.name, "target"))
        return self._plain(f"({' - '.join(names)})", self.Z[index] - self.loss.target[index])

    def _target(self, index: Index) -> Factor:
        return self._named("target", index, self.loss.target[index])

    def _named(self, name: str, index: Index, value: Any) -> Factor:
        return self._plain(Cell(name, index).name(self.base), value)

    def _plain(self, label: str, value: Any) -> Factor:
        return Factor(Cell(""), value, label=label)
