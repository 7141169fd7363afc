"""Why a number of a fully connected layer is what it is."""

from __future__ import annotations

from functools import cached_property

from cnngrad.exercise.derivation import SummedDerivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.sums import Range, Sums, read_sums
from cnngrad.exercise.terms import Cell
from cnngrad.ops.dense.layer import Dense
from cnngrad.windows.layout import BY_RANK

SUMS = (
    "Z[n,o] = sum of A[n,i] * W[o,i] + b[o]",
    "dA[n,i] = sum of dZ[n,o] * W[o,i]",
    "dW[o,i] = sum of dZ[n,o] * A[n,i]",
    "db[o] = sum of dZ[n,o]",
)
"""o counts neurons, i features, n the examples of a batch."""
OF_BATCH, OF_ONE = read_sums(*SUMS), read_sums(*SUMS, without="n")


class DenseDerivation(SummedDerivation[LayerExercise[Dense]]):
    """The derivation of one solved dense layer."""

    def letters(self, quantity: str) -> str:
        """A batch is a matrix, everything else a row."""
        return BY_RANK.get(self.values[quantity].ndim, "")

    @cached_property
    def sums(self) -> Sums:
        neurons, features = self.exercise.parameters["W"].shape
        ranges = {"n": Range(len(self.exercise.A)), "o": Range(neurons), "i": Range(features)}
        rows = OF_BATCH if self.exercise.A.ndim == 2 else OF_ONE
        return Sums(rows=rows, arrays=self.values, ranges=ranges, base=self.base)

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂L/∂x = sum of ∂L/∂Z * ∂Z/∂x."""
        if cell.quantity == "Z":
            return ()
        x, n = self._target(cell), "n," if self.exercise.A.ndim == 2 else ""
        return (f"∂L/∂{x} = sum of ∂L/∂Z[{n}o] * ∂Z[{n}o]/∂{x}, with ∂L/∂Z[{n}o] = dZ[{n}o]",)


DERIVATION = DenseDerivation
