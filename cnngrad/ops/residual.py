"""The sum of a residual connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.exercise.cells import Cell
from cnngrad.exercise.derivation import PassingDerivation
from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Layer, Output
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.op import Op
from cnngrad.exercise.terms import CellTrace, Term
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import Text
from cnngrad.spec.fields import Field, Fields, ListOf

LAYER: Fields = {
    "from": Field(Text(), "the earlier layer (or input) whose output is added"),
    "layers": Field(ListOf(), "or the layers that the connection skips; their input is added to their output"),
}
ROWS: tuple[Mistake, ...] = ()


@dataclass(frozen=True)
class Residual(Layer):
    """Z = A + S, where S is the output of the earlier layer `source` (He et al. 2016)."""

    record: ClassVar[Op] = OPS["residual"]

    source: str

    @property
    def others(self) -> tuple[str, ...]:
        """The skipped value."""
        return ("S",)

    @property
    def output(self) -> Output:
        """Z has the axes of A."""
        return self.input

    def forward(self, A: Array, *others: Array) -> Array:
        """A + S."""
        return np.asarray(GATES["add"].forward(A, *others))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array]:
        """The upstream gradient, to both."""
        dA, dS = GATES["add"].backward(upstream, Z, A, *others)
        return dA, dS

    def settings(self) -> dict[str, Any]:
        """Where the second summand comes from."""
        return {"from": self.source}

    def multiply_adds(self) -> int:
        """Additions only."""
        return 0


def fit(context: Context, input_: Output) -> Fitted | None:
    """The sum of the input and the output named by `from`; what does not fit goes to the context's problems."""
    source = context.source
    skipped = context.earlier[source]
    if skipped.shape == input_.shape:
        return Fitted(Residual(input_, source))
    both = f"{context.reads(input_)}, {context.reads(skipped, source)}"
    context.refuse(f"adds two shapes: {both}; take layers that keep the shape")
    return None


class ResidualDerivation(PassingDerivation[LayerExercise[Residual]]):
    """The derivation of a residual sum."""

    def general(self, quantity: str) -> str:
        """A + S; the gradient goes both ways."""
        return (
            f"Z = A + S, with S the output of {self.exercise.layer.source}" if quantity == "Z" else f"{quantity} = dZ"
        )

    def trace(self, cell: Cell) -> CellTrace:
        """Both summands, or the upstream gradient."""
        sources = ("A", "S") if cell.quantity == "Z" else ("dZ",)
        factors = [self.factor(source, cell.index) for source in sources]
        formula = " + ".join(factor.name(self.base) for factor in factors)
        value = self.results[cell.quantity][cell.index]
        return CellTrace(cell, formula, tuple(Term((factor,)) for factor in factors), value)


DERIVATION = ResidualDerivation
