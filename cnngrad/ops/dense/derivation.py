"""Why a number of a fully connected layer is what it is."""

from __future__ import annotations

from collections.abc import Iterable

from cnngrad.exercise.cells import Cell
from cnngrad.exercise.derivation import LayerDerivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import CellTrace, Factor, Term, in_reading_order
from cnngrad.numbers.kinds import Array
from cnngrad.ops.dense.layer import Dense
from cnngrad.windows.layout import BY_RANK


class DenseDerivation(LayerDerivation[LayerExercise[Dense]]):
    """The derivation of one solved dense layer: o counts neurons, i features, n the examples of a batch."""

    def letters(self, quantity: str) -> str:
        """A batch is a matrix, everything else a row."""
        return BY_RANK.get(self.values[quantity].ndim, "")

    def general(self, quantity: str) -> str:
        """The sum that gives any cell of `quantity`, in letters."""
        n = "n," if self.exercise.A.ndim == 2 else ""
        places = {"Z": f"[{n}o]", "dA": f"[{n}i]", "dW": "[o,i]", "db": "[o]" if self._b.ndim else ""}
        return f"{quantity}{places[quantity]} = {self._sum(quantity, n, 'o', 'i')}"

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """∂L/∂x = sum of ∂L/∂Z * ∂Z/∂x."""
        if cell.quantity == "Z":
            return ()
        x, n = self._target(cell), "n," if self.exercise.A.ndim == 2 else ""
        return (f"∂L/∂{x} = sum of ∂L/∂Z[{n}o] * ∂Z[{n}o]/∂{x}, with ∂L/∂Z[{n}o] = dZ[{n}o]",)

    def most_terms(self, quantity: str) -> int:
        """At most how many terms a cell of `quantity` has."""
        neurons, features = map(int, self.exercise.parameters["W"].shape)
        return {"Z": features + 1, "dA": neurons}.get(quantity, self.exercise.A.size // features)

    def trace(self, cell: Cell) -> CellTrace:
        """The terms of one cell of Z, dA, dW or db."""
        terms = in_reading_order(list(self._terms(cell)))
        if cell.quantity == "Z":
            terms = (*terms, Term((self._bias(cell.index[-1]),)))
        return CellTrace(cell, self._formula(cell), terms, self.results[cell.quantity][cell.index])

    def _formula(self, cell: Cell) -> str:
        index = [str(i + self.base) for i in cell.index]
        n = "n," if self.exercise.A.ndim == 2 else ""
        match cell.quantity:
            case "Z":
                return self._sum("Z", "".join(f"{i}," for i in index[:-1]), index[-1], "i")
            case "dA":
                return self._sum("dA", "".join(f"{i}," for i in index[:-1]), "o", index[-1])
            case "dW":
                return self._sum("dW", n, index[0], index[1])
            case _:
                return self._sum("db", n, index[0] if index else str(self.base), "i")

    def _sum(self, quantity: str, n: str, o: str, i: str) -> str:
        b = f"b[{o}]" if self._b.ndim else "b"
        return {
            "Z": f"sum of A[{n}{i}]*W[{o},{i}] + {b}",
            "dA": f"sum of dZ[{n}{o}]*W[{o},{i}]",
            "dW": f"{'sum of ' if n else ''}dZ[{n}{o}]*A[{n}{i}]",
            "db": f"{'sum of ' if n else ''}dZ[{n}{o}]",
        }[quantity]

    def _terms(self, cell: Cell) -> Iterable[Term]:
        neurons, features = self.exercise.parameters["W"].shape
        examples = [(n,) for n in range(len(self.exercise.A))] if self.exercise.A.ndim == 2 else [()]
        match cell.quantity:
            case "Z":
                *n, o = cell.index
                return (Term((self.factor("A", (*n, i)), self.factor("W", (o, i)))) for i in range(features))
            case "dA":
                *n, i = cell.index
                return (Term((self.factor("dZ", (*n, o)), self.factor("W", (o, i)))) for o in range(neurons))
            case "dW":
                o, i = cell.index
                return (Term((self.factor("dZ", (*n, o)), self.factor("A", (*n, i)))) for n in examples)
            case _:
                o = max(cell.index, default=0)
                return (Term((self.factor("dZ", (*n, o)),)) for n in examples)

    def _bias(self, neuron: int) -> Factor:
        return self.factor("b", (neuron,) if self._b.ndim else ())

    @property
    def _b(self) -> Array:
        return self.exercise.parameters["b"]


DERIVATION = DenseDerivation
