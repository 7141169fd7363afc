"""The sum of a residual connection."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.exercise.derivation import PassingDerivation, SummedDerivation
from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Layer, Output
from cnngrad.exercise.mistake import gradient_not_reset, never_accumulated, sign_flipped
from cnngrad.exercise.op import Op
from cnngrad.exercise.sums import Sums, read_sums
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import TEXT
from cnngrad.spec.fields import Field, Fields, ListOf

LAYER: Fields = {
    "from": Field(TEXT, "the earlier layer (or input) whose output is added"),
    "layers": Field(ListOf(), "or the layers that the connection skips; their input is added to their output"),
}
READS = "anything"
ROWS = (
    gradient_not_reset("residual", "dA"),
    sign_flipped("residual", "dA"),
    never_accumulated("residual", "dA"),
)
SUMS = read_sums("Z[x] = A[x] + S[x]", "dA[x] = dZ[x]", "dS[x] = dZ[x]")


@dataclass(frozen=True)
class Residual(Layer):
    """Z = A + S, where S is the output of the earlier layer `source` (He et al. 2016)."""

    record: ClassVar[Op] = OPS["residual"]

    source: str

    @property
    def others(self) -> tuple[str, ...]:
        return ("S",)

    @property
    def output(self) -> Output:
        return self.input

    def forward(self, A: Array, *others: Array) -> Array:
        return np.asarray(GATES["add"].forward(A, *others))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array]:
        dA, dS = GATES["add"].backward(upstream, Z, A, *others)
        return dA, dS

    def settings(self) -> dict[str, Any]:
        return {"from": self.source}

    def multiply_adds(self) -> int:
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


class ResidualDerivation(PassingDerivation[LayerExercise[Residual]], SummedDerivation[LayerExercise[Residual]]):
    """The derivation of a residual sum; x is a cell."""

    @cached_property
    def sums(self) -> Sums:
        return Sums(rows=SUMS, arrays=self.values, silent="x", base=self.base)

    def general(self, quantity: str) -> str:
        source = f", with S the output of {self.exercise.layer.source}" if quantity == "Z" else ""
        return f"{super().general(quantity)}{source}"


DERIVATION = ResidualDerivation
