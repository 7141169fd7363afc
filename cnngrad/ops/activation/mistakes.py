"""Activations, computed wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from cnngrad.calculus.gate_parts import Gate
from cnngrad.exercise.common_mistakes import sign_flipped
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.mistake import LayerAttempt, Mistake
from cnngrad.homework.work import Purse
from cnngrad.numbers.functions import compared
from cnngrad.numbers.kinds import Array
from cnngrad.ops.activation.layer import Activation

KINKED = ("relu", "leaky_relu")


def _gate(attempt: LayerAttempt) -> Gate | None:
    """The gate of an element-wise activation."""
    layer = attempt.layer
    if not isinstance(layer, Activation):
        return None
    gate = layer.gate
    return gate if isinstance(gate, Gate) else None


def derivative_at(place: str) -> Callable[[LayerAttempt], Iterator[LayerAttempt]]:
    """The derivative taken at the output as if that were the input; or the formula of the output (s(1-s)) with
    the input put into it."""

    def variants(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
        gate = _gate(attempt)
        if gate is None:
            return
        if place == "output":
            yield replace(attempt, product=lambda self: gate.backward(self.dZ, gate.forward(self.Z), self.Z)[0])
        else:
            yield replace(attempt, product=lambda self: gate.backward(self.dZ, self.A, self.A)[0])

    return variants


def _forgotten(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if isinstance(attempt.layer, Activation):
        yield replace(attempt, product=lambda self: self.dZ)


def _mask_from_delta(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Zero where the upstream gradient is negative; where the input or the upstream gradient is."""
    gate = _gate(attempt)
    if gate is None or gate.name not in KINKED:
        return
    for below in (lambda self: [self.dZ], lambda self: [self.A, self.dZ]):
        yield replace(
            attempt,
            product=lambda self, below=below: np.where(  # type: ignore[misc]
                np.logical_and.reduce([compared(x, "relu") > 0 for x in below(self)]), self.dZ, self.dZ * 0
            ),
        )


def _mask_only(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if isinstance(attempt.layer, Activation):
        yield attempt.given(dZ=attempt.dZ * 0 + 1)


def _zero_is_one(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    gate = _gate(attempt)
    if gate is None or gate.name not in KINKED:
        return

    def local(self: LayerAttempt) -> Array:
        (dA,) = gate.backward(self.dZ, self.Z, self.A)
        return np.where(compared(self.A, "relu") == 0, self.dZ, dA)

    yield replace(attempt, product=local)


def _softmax_diagonal(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    layer = attempt.layer
    if isinstance(layer, Activation) and layer.function == "softmax":
        yield replace(attempt, product=lambda self: self.dZ * self.Z * (1 - self.Z))


_row = partial(Mistake, op="activation", quantities=("dA",))
ROWS = (
    _row(
        id="derivative-at-output",
        variants=derivative_at("output"),
        says="the derivative was taken at the activated value: the function was applied once too often",
        ask="At which number is the derivative taken: before the activation, or after it?",
        needs="a function whose slope changes",
    ),
    _row(
        id="derivative-at-input",
        variants=derivative_at("input"),
        says="the formula of the derivative takes the activated value, but the value before it was put in",
        ask="What is s in s*(1 - s): the value before the activation, or after it?",
        needs="a function whose slope changes",
    ),
    _row(
        id="derivative-forgotten",
        variants=_forgotten,
        says="the upstream gradient passed unchanged: the slope of the activation was forgotten",
        ask="By what is the upstream gradient multiplied when it goes back through the activation?",
        needs="a slope other than 1",
    ),
    _row(
        id="mask-from-delta",
        variants=_mask_from_delta,
        says="the gradient was set to zero where the upstream gradient is negative",
        ask="Whose sign decides whether relu passes the gradient: the input's or the upstream gradient's?",
        needs="relu, and signs that differ",
    ),
    _row(
        id="mask-only",
        variants=_mask_only,
        says="these are the slopes alone: the upstream gradient was forgotten",
        ask="By what is the slope multiplied?",
        needs="an upstream gradient that is not all ones",
    ),
    _row(
        id="zero-is-one",
        variants=_zero_is_one,
        says="the slope of relu at exactly 0 was taken as 1: some books do, here it is 0",
        ask="What does the exercise say about the slope at exactly 0?",
        needs="relu, and an input of exactly 0",
    ),
    _row(
        id="softmax-diagonal",
        variants=_softmax_diagonal,
        says="only the diagonal p*(1 - p) of softmax's Jacobian was used",
        ask="Does one input of softmax change only its own output?",
        needs="softmax",
    ),
    sign_flipped("activation", "dA"),
)


def missing_kinks(layer: Activation, parameters: Arrays, A: Array, Z: Array, _purse: Purse) -> int:
    """What numbers lack for mistakes to show in a network: which of 0 and a negative number relu has not."""
    if layer.function != "relu":
        return 0
    return sum(not np.any(kink) for kink in (A == 0, A < 0))
