"""Flatten: all cells of an image in a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.exercise.attempt import LayerAttempt
from cnngrad.exercise.derivation import PassingDerivation
from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Layer, Output
from cnngrad.exercise.mistake import about, gradient_not_reset, never_accumulated, sign_flipped
from cnngrad.exercise.op import Op
from cnngrad.exercise.terms import Cell, CellTrace, Term
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.fields import Fields
from cnngrad.windows.layout import drawn

LAYER: Fields = {}
READS = "images"


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes but the batch as one, row-major over the layout of A: (batch, features) or (features,)."""

    record: ClassVar[Op] = OPS["flatten"]

    @property
    def output(self) -> Output:
        letters = "NF" if "N" in self.input.letters else "F"
        batch = self.input.shape[: len(letters) - 1]
        return Output((*batch, prod(self.input.shape[len(batch) :])), letters)

    def forward(self, A: Array, *others: Array) -> Array:
        return A.reshape(self.output.shape)

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array]:
        return (upstream.reshape(A.shape),)

    def settings(self) -> dict[str, Any]:
        return {"order": f"row-major over {drawn(self.input.letters)}"}

    def multiply_adds(self) -> int:
        return 0


def fit(context: Context, input_: Output) -> Fitted:
    """A row for every image."""
    return Fitted(Flatten(input_))


class FlattenDerivation(PassingDerivation[LayerExercise[Flatten]]):
    """The derivation of a flatten layer."""

    def letters(self, quantity: str) -> str:
        layer = self.exercise.layer
        return drawn((layer.output if quantity in ("Z", "dZ") else layer.input).letters)

    def general(self, quantity: str) -> str:
        return "Z = A in a row, row-major" if quantity == "Z" else "dA = dZ in the shape of A"

    def trace(self, cell: Cell) -> CellTrace:
        source, target = ("A", "Z") if cell.quantity == "Z" else ("dZ", "dA")
        flat = np.ravel_multi_index(cell.index, self.values[target].shape)
        index = tuple(map(int, np.unravel_index(flat, self.values[source].shape)))
        factor = self.factor(source, index)
        return CellTrace(cell, factor.name(self.base), (Term((factor,)),), self.results[cell.quantity][cell.index])


DERIVATION = FlattenDerivation


def _flatten_order(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The channels read last where they come first in the layout, or first where they come last."""
    layer = attempt.layer
    if "C" not in layer.input.letters:
        return
    letters = layer.input.letters
    spatial = letters.strip("N").strip("C")
    other = f"C{spatial}" if letters.endswith("C") else f"{spatial}C"
    order = [letters.index(letter) for letter in ("N" * ("N" in letters)) + other]
    if attempt.quantity == "Z":
        yield attempt.then(lambda Z: attempt.A.transpose(order).reshape(Z.shape))
        return
    shape = tuple(attempt.A.shape[axis] for axis in order)
    back = tuple(int(axis) for axis in np.argsort(order))
    yield replace(attempt, product=lambda self: self.dZ.reshape(shape).transpose(back))


ROWS = (
    about("flatten", "Z", "dA")("flatten-order", _flatten_order)(
        says="the channels were read in the order of another layout",
        ask="In which order does the layout name the axes?",
        needs="more than one channel",
    ),
    gradient_not_reset("flatten", "dA"),
    sign_flipped("flatten", "dA"),
    never_accumulated("flatten", "dA"),
)
