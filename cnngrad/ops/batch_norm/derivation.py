"""Why a number of batch normalisation is what it is: every cell of a channel has a part in its mean."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from cnngrad.calculus.tape import Tape
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.batch_norm.layer import BatchNorm, Normalise
from cnngrad.windows.layout import drawn
from cnngrad.windows.windows import Index


class BatchNormDerivation(Derivation[LayerExercise[BatchNorm]]):
    """The derivation of one solved batch normalisation."""

    def letters(self, quantity: str) -> str:
        """Those of the input; gamma and beta are rows."""
        if quantity.removeprefix("d") in ("gamma", "beta"):
            return "L" * self.values[quantity].ndim
        return drawn(self.exercise.layer.input.letters)

    def general(self, quantity: str) -> str:
        """The layer in letters."""
        return {
            "Z": "Z = gamma*N + beta, with N = (A - mean)/sqrt(variance + eps) over the cells of a channel",
            "dA": "dA[i] = sum of dZ[j]*∂Z[j]/∂A[i] over the cells of the channel",
            "dgamma": "dgamma = sum of dZ*N over the cells of the channel",
            "dbeta": "dbeta = sum of dZ over the cells of the channel",
        }[quantity]

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """Each cell moves the mean and the variance, so it moves every Z of its channel."""
        if cell.quantity != "dA":
            return ()
        x = self._target(cell)
        return (f"∂L/∂{x} = sum of ∂L/∂Z[j] * ∂Z[j]/∂{x}: {x} is in the mean and the variance of its channel",)

    def most_terms(self, quantity: str) -> int:
        """The cells of a channel; Z is two terms."""
        return 2 if quantity == "Z" else self.exercise.layer.cells

    def trace(self, cell: Cell) -> CellTrace:
        """The terms of one cell of Z, dA, dgamma or dbeta."""
        value = self.results[cell.quantity][cell.index]
        formula = self.general(cell.quantity).partition(" = ")[2].partition(", with")[0]
        return CellTrace(cell, formula, tuple(self._terms(cell)), value)

    @cached_property
    def normalised(self) -> Array:
        """N, the cells with mean 0 and variance 1."""
        return np.asarray(self._tape.values["normalised"])

    @cached_property
    def _tape(self) -> Tape:
        layer, tape = self.exercise.layer, Tape()
        spread = {name: layer.spread(array) for name, array in self.exercise.parameters.items()}
        values = {"A": self.exercise.A, **spread}
        Normalise(layer.axes, layer.eps).record(tape, *(tape.place(name, v) for name, v in values.items()))
        return tape

    def _terms(self, cell: Cell) -> list[Term]:
        match cell.quantity:
            case "Z":
                channel = self._channel(cell.index)
                gamma, beta = self.factor("gamma", channel), self.factor("beta", channel)
                return [Term((gamma, self._unit(cell.index))), Term((beta,))]
            case "dA":
                return [self._moved(place, cell.index) for place in self._mates(cell.index)]
            case "dgamma":
                return [Term((self.factor("dZ", p), self._unit(p))) for p in self._members(cell.index)]
            case _:
                return [Term((self.factor("dZ", place),)) for place in self._members(cell.index)]

    def _unit(self, index: Index) -> Factor:
        return Factor(Cell(""), self.normalised[index], label=Cell("N", index).name(self.base))

    def _moved(self, output: Index, source: Index) -> Term:
        """dZ[j] times ∂Z[j]/∂A[i], which the tape gives for an upstream gradient of 1 at j alone."""
        one = zeros(self.exercise.A.shape, self.exercise.A)
        one[output] += 1
        row = self._tape.backward({"Z": one}).total["A"]
        label = f"∂{Cell('Z', output).name(self.base)}/∂{Cell('A', source).name(self.base)}"
        return Term((self.factor("dZ", output), Factor(Cell(""), row[source], label=label)))

    def _channel(self, index: Index) -> Index:
        kept = tuple(i for axis, i in enumerate(index) if axis not in self.exercise.layer.axes)
        return kept if self.exercise.parameters["gamma"].ndim else ()

    def _mates(self, index: Index) -> list[Index]:
        return self._members(self._channel(index))

    def _members(self, channel: Index) -> list[Index]:
        """The cells of a channel, row-major."""
        return [place for place in np.ndindex(self.exercise.A.shape) if self._channel(place) == channel]


DERIVATION = BatchNormDerivation
