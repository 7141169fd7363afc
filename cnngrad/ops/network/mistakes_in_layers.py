"""A mistake in one layer of a network, and how it reaches the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from cnngrad.calculus.tape import Operation, Wrap
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.mistake import Mistake, attempt_of, rows
from cnngrad.exercise.tape_attempt import TapeAttempt
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network.network import NetworkExercise


@dataclass(frozen=True)
class WrongLayer:
    """A layer of which one quantity (Z, dA, dW ...) is computed by a variant of a mistake."""

    right: Operation
    part: LayerExercise[Any]
    row: Mistake
    variant: int
    quantity: str

    def forward(self, A: Array, *inputs: Array) -> Array:
        """Z, wrong where the mistake is about Z."""
        Z = np.asarray(self.right.forward(A, *inputs))
        return self._mistaken(self.part.at(A, None), Z) if self.quantity == "Z" else Z

    def backward(self, upstream: Array, Z: Array, A: Array, *inputs: Array) -> Sequence[Array]:
        """The gradients, one of them wrong."""
        gradients = list(self.right.backward(upstream, Z, A, *inputs))
        if self.quantity in self.part.layer.passed:
            place = self.part.layer.passed.index(self.quantity)
            gradients[place] = self._mistaken(self.part.at(A, upstream), gradients[place])
        return gradients

    def _mistaken(self, exercise: LayerExercise[Any], right: Array) -> Array:
        """The mistake's numbers where they have the shape that the network goes on with."""
        variants = self.row.variants(attempt_of(exercise, self.quantity))
        for variant in islice(variants, self.variant, None):
            found = variant.result()
            return found if found.shape == right.shape else right
        return right


def from_layers(exercise: NetworkExercise, quantity: str) -> Iterator[Mistake]:
    """The mistakes of single layers that reach `quantity` of the network, each as a row of its own."""
    owner, _, symbol = quantity.rpartition(".")
    names = [layer.name for layer in exercise.layers]
    own = names.index(owner) if owner in names else -1
    for place, layer in enumerate(exercise.layers):
        part = exercise.parts[layer.name][0]
        wrong = ["Z"]
        if exercise.gradients is not None and place > own and symbol != "Z":
            wrong.append("dA")
        if place == own and quantity in exercise.parameters:
            wrong.append(gradient_name(symbol))
        for name in wrong:
            if place == own and symbol == name:
                continue  # the layer's own rows say it
            for row in rows(part.record, name):
                yield _row_of(row, layer.name, part, name)


def _row_of(row: Mistake, layer: str, part: LayerExercise[Any], quantity: str) -> Mistake:
    def wrapped(variant: int) -> Wrap:
        return lambda right: WrongLayer(right, part, row, variant, quantity)

    def variants(attempt: TapeAttempt) -> Iterator[TapeAttempt]:
        start = attempt if quantity == "Z" else attempt.forward_kept()
        for variant, _ in enumerate(row.variants(attempt_of(part, quantity))):
            yield start.wrapping({layer: wrapped(variant)})

    return replace(row, op="network", variants=variants, says=f"in {layer}, {quantity}: {row.says}")
