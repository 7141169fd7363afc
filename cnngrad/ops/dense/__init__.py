"""The fully connected layer: Z = A W' + b, over the last axis of A (PyTorch, torch.nn.Linear)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.laws import Law
from cnngrad.calculus.matrix_gates import MATMUL
from cnngrad.exercise.derivation import SummedDerivation
from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Arrays, Layer, Output, linear_laws
from cnngrad.exercise.op import Op
from cnngrad.exercise.sums import Range, Sums, read_sums
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS
from cnngrad.spec.fields import COMMON, DELTA, INPUT, Field, Fields
from cnngrad.wording import counted, shaped, times

LAYER: Fields = {
    "weights": Field(NUMBERS, "W, one row per neuron (out x in)", required=True),
    "bias": Field(NUMBERS, "b, one number per neuron; 0 when left out"),
}
FIELDS: Fields = {**COMMON, **INPUT, **LAYER, **DELTA}
READS = "rows"
SAYS = {"W": "W weights"}


@dataclass(frozen=True)
class Dense(Layer):
    """A (features last, any axes before them), W (neurons x features), b (neurons); Z has neurons for features."""

    record: ClassVar[Op] = OPS["dense"]
    sums_of_products: ClassVar[bool] = True

    neurons: int
    bias_shape: tuple[int, ...]

    @property
    def features(self) -> int:
        """Numbers that one neuron reads."""
        return self.input.shape[-1]

    @property
    def parameters(self) -> Mapping[str, tuple[int, ...]]:
        return {"W": (self.neurons, self.features), "b": self.bias_shape}

    @property
    def keys(self) -> Mapping[str, str]:
        return {"W": "weights", "b": "bias"}

    def axis_letters(self, symbol: str) -> str:
        return {"W": "U.", "b": "U"[: len(self.bias_shape)]}.get(symbol) or super().axis_letters(symbol)

    @property
    def output(self) -> Output:
        return Output((*self.input.shape[:-1], self.neurons), self.input.letters)

    def forward(self, A: Array, *others: Array) -> Array:
        W, b = others
        Z: Array = GATES["add"].forward(MATMUL.forward(A, W), b)
        return Z

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array, Array]:
        """dA = dZ W, dW = dZ' A, db = dZ summed over all axes but the last."""
        W, b = others
        product = MATMUL.forward(A, W)
        of_product, db = GATES["add"].backward(upstream, Z, product, b)
        dA, dW = MATMUL.backward(of_product, product, A, W)
        return dA, dW, np.asarray(db)  # a bias that is one number has its sum as a number

    def settings(self) -> dict[str, Any]:
        return {"features": self.features, "neurons": self.neurons}

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        return linear_laws(arrays, arrays["b"])

    def laid_out(self) -> int:
        """None: a product of matrices."""
        return 0

    def multiply_adds(self) -> int:
        return prod(self.input.shape) * self.neurons


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The dense layer for this input; what does not fit goes to the context's problems."""
    W, b = context.array("weights"), context.array("bias")
    if W is not None:
        W = context.lifted(W, "weights", 2)
        if W.ndim != 2:
            context.place("weights", f"{shaped(W.shape)}; give one row per neuron (out x in)")
    if input_ is not None and not input_.shape:
        context.place("input", "is one number; give a vector, batch x features, or more axes with the features last")
    if input_ is None or W is None or context.problems.found:
        return None
    if W.shape[1] != input_.shape[-1]:
        context.place("weights", f"{shaped(W.shape)}, but {_features(input_, W.shape[1])}")
    b = _fitted_bias(context, len(W), b)
    if context.problems.found:
        return None
    dense = Dense(Output(input_.shape, input_.letters or _letters(len(input_.shape))), len(W), b.shape)
    _check_sizes(context, dense)
    return None if context.problems.found else Fitted(dense, {"W": W, "b": b})


def _letters(rank: int) -> str:
    """N for every axis before the features."""
    return "N" * (rank - 1) + "F"


def _features(input_: Output, given: int) -> str:
    """How many features the input has, and what to do where a row of weights has another number; a layer of a network
    may lack a flatten before it."""
    features = input_.shape[-1]
    says = f"the input has {counted(features, 'feature')} (shape {times(input_.shape)})"
    if len(input_.letters.strip("N")) < 2:
        return f"{says}; give every row {counted(features, 'weight')}"
    cells = prod(input_.shape[input_.letters.startswith("N") :])
    if cells == given:
        return f"{says}, its last axis, and {cells} cells; put {{op: flatten}} before this layer"
    return f"{says}, its last axis; give every row {counted(features, 'weight')}, or {cells} behind {{op: flatten}}"


def _fitted_bias(context: Context, neurons: int, b: Array | None) -> Array:
    """One number per neuron, 0 where none is given."""
    if b is None:
        return context.constant((neurons,), "0")
    if b.shape != (neurons,) and not (neurons == 1 and b.shape == ()):
        there = f"there {'is' if neurons == 1 else 'are'} {counted(neurons, 'neuron')}"
        context.place("bias", f"{shaped(b.shape)}, but {there}; give {counted(neurons, 'number')}")
    return b


def _check_sizes(context: Context, dense: Dense) -> None:
    """Compare the output and the work with the limits before anything is allocated."""
    work, output = dense.multiply_adds(), prod(dense.output.shape)
    for name, value, what in (
        ("cells", output, f"makes the output {output:,} cells"),
        ("multiply_adds", work, f"needs {work:,} multiply-adds"),
    ):
        if message := context.limits.refusal(name, value, what):
            context.place("weights", message)
            return


SUMS = (
    "Z[n,o] = sum of A[n,i] * W[o,i] + b[o]",
    "dA[n,i] = sum of dZ[n,o] * W[o,i]",
    "dW[o,i] = sum of dZ[n,o] * A[n,i]",
    "db[o] = sum of dZ[n,o]",
)
"""o counts neurons, i features, n the examples of a batch: a letter for each axis before the features."""
EXAMPLES = "nmpq"


class DenseDerivation(SummedDerivation[LayerExercise[Dense]]):
    """The derivation of one solved dense layer."""

    def fills_in(self, quantity: str) -> bool:
        return False

    def letters(self, quantity: str) -> str:
        """The last two axes are drawn as a matrix; a single one as a row."""
        rank = self.values[quantity].ndim
        return "N" * (rank - 2) + "HW" if rank > 1 else "L" * rank

    @cached_property
    def sums(self) -> Sums:
        *examples, features = self.exercise.A.shape
        ranges = {"o": Range(self.exercise.layer.neurons), "i": Range(features)}
        ranges |= {letter: Range(size) for letter, size in zip(EXAMPLES, examples, strict=False)}
        rows = read_sums(*(row.replace("n,", self._examples) for row in SUMS))
        return Sums(rows=rows, arrays=self.values, ranges=ranges, base=self.base)

    @property
    def _examples(self) -> str:
        """The letters before the features: nothing for one vector, `n,` for a batch."""
        return "".join(f"{letter}," for letter in EXAMPLES[: self.exercise.A.ndim - 1])

    def chain(self, cell: Cell) -> tuple[str, ...]:
        if cell.quantity == "Z":
            return ()
        x, z = self._target(cell), f"Z[{self._examples}o]"
        return (f"∂L/∂{x} = sum of ∂L/∂{z} * ∂{z}/∂{x}, with ∂L/∂{z} = d{z}",)


DERIVATION = DenseDerivation
