"""A mistake in one layer of a network, and how it reaches the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from cnngrad.calculus.tape import Operation
from cnngrad.exercise.attempt import TapeAttempt, attempt_of
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.mistake import Mistake, Way, rows
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network.network import NetworkExercise


@dataclass(frozen=True)
class WrongLayer:
    """A layer of which one quantity (Z, dA, dW ...) is computed by one way of making a mistake."""

    right: Operation
    part: LayerExercise[Any]
    quantity: str
    way: Way

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
        wrong = self.way(attempt_of(exercise, self.quantity))
        found = right if wrong is None else wrong.result()
        return found if found.shape == right.shape else right


def from_layers(exercise: NetworkExercise, quantity: str) -> Iterator[Mistake]:
    """The mistakes of single layers that reach `quantity` of the network, each as a row of its own."""
    owner, _, symbol = quantity.rpartition(".")
    names = [layer.name for layer in exercise.layers]
    reached = names.index(owner) if owner in names else -1
    for place, layer in enumerate(exercise.layers):
        part = exercise.parts[layer.name][0]
        wrong = ["Z"]
        if exercise.gradients is not None and place > reached and symbol != "Z":
            wrong.append("dA")
        if place == reached and quantity in exercise.parameters:
            wrong.append(gradient_name(symbol))
        for name in wrong:
            if place == reached and symbol == name:
                continue  # the layer's own rows say it
            for row in rows(part.record, name):
                yield _row_of(row, layer.name, part, name)


def _row_of(row: Mistake, layer: str, part: LayerExercise[Any], quantity: str) -> Mistake:
    def variants(attempt: TapeAttempt) -> Iterator[TapeAttempt]:
        start = attempt if quantity == "Z" else attempt.forward_kept()
        for way in row.ways(attempt_of(part, quantity)):
            yield start.wrapping({layer: partial(WrongLayer, part=part, quantity=quantity, way=way)})

    return replace(row, op="network", variants=variants, says=f"in {layer}, {quantity}: {row.says}")
