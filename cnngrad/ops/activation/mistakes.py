"""Activations, computed wrongly: another slope, another mask, another Jacobian of softmax."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cnngrad.calculus.gate_parts import Gate
from cnngrad.calculus.matrix_gates import VectorGate
from cnngrad.exercise.attempt import LayerAttempt, only
from cnngrad.exercise.cost import Budget
from cnngrad.exercise.layer import Arrays
from cnngrad.exercise.mistake import (
    Variants,
    about,
    gradient_not_reset,
    never_accumulated,
    sign_flipped,
    upstream_forgotten,
    when,
)
from cnngrad.numbers.kinds import Array, compared
from cnngrad.ops import slopes
from cnngrad.ops.activation import KINKED, Activation
from cnngrad.ops.activation.functions import BY_CELL

LEAKY, SOFTMAX = ("leaky_relu", "elu"), ("softmax",)


def _back(*ways: Callable[[Any, LayerAttempt], Array], of: Sequence[str] = BY_CELL) -> Variants:
    """Other ways back through some functions; each is given the row of the gate table."""

    def variants(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
        if attempt.layer.function in of:
            for way in ways:
                yield replace(attempt, product=partial(way, attempt.layer.gate))

    return variants


def _masked(attempt: LayerAttempt, *arrays: Array) -> Array:
    """The upstream gradient where all arrays are positive."""
    return np.where(np.logical_and.reduce([compared(x, "relu") > 0 for x in arrays]), attempt.dZ, attempt.dZ * 0)


MASKS = (lambda _, self: _masked(self, self.dZ), lambda _, self: _masked(self, self.A, self.dZ))
"""The sign of the upstream gradient decides, alone or with that of the input."""


def _one_at_zero(gate: Gate, self: LayerAttempt) -> Array:
    return np.where(compared(self.A, "relu") == 0, self.dZ, gate.backward(self.dZ, self.Z, self.A)[0])


def _slope(function: str, slope: slopes.Slope) -> Variants:
    return _back(lambda _, self: self.dZ * slope(self.Z), of=(function,))


def _diagonal(self: LayerAttempt) -> Array:
    """dZ times the diagonal of softmax's Jacobian."""
    return np.asarray(self.dZ * self.Z * (1 - self.Z))


def _diagonal_turned(gate: VectorGate, self: LayerAttempt) -> Array:
    return np.asarray(gate.backward(self.dZ, self.Z, self.A)[0] - 2 * _diagonal(self))


def _last_output(attempt: LayerAttempt) -> LayerAttempt:
    """The upstream gradient of the last output of each row alone."""
    return attempt.given(dZ=only(attempt.dZ, -1, attempt.layer.axis % attempt.dZ.ndim))


def _is_softmax(attempt: LayerAttempt) -> bool:
    return attempt.layer.function in SOFTMAX


_row = about("activation", "dA")
ROWS = (
    _row("derivative-at-output", _back(lambda gate, self: gate.backward(self.dZ, gate.forward(self.Z), self.Z)[0]))(
        says="the derivative was taken at the activated value: the function was applied once too often",
        ask="At which number is the derivative taken: before the activation, or after it?",
        needs="a function whose slope changes",
    ),
    _row("derivative-at-input", _back(lambda gate, self: gate.backward(self.dZ, self.A, self.A)[0]))(
        says="the formula of the derivative takes the activated value, but the value before it was put in",
        ask="What is s in s*(1 - s): the value before the activation, or after it?",
        needs="a function whose slope changes",
    ),
    _row("derivative-forgotten", lambda attempt: [replace(attempt, product=lambda self: self.dZ)])(
        says="the upstream gradient passed unchanged: the slope of the activation was forgotten",
        ask="By what is the upstream gradient multiplied when it goes back through the activation?",
        needs="a slope other than 1",
    ),
    _row("mask-from-delta", _back(*MASKS, of=KINKED))(
        says="the gradient was set to zero where the upstream gradient is negative",
        ask="Whose sign decides whether relu passes the gradient: the input's or the upstream gradient's?",
        needs="relu, and signs that differ",
    ),
    _row("mask-only", upstream_forgotten.variants)(
        says="these are the slopes alone: the upstream gradient was forgotten",
        ask="By what is the slope multiplied?",
        needs="an upstream gradient that is not all ones",
    ),
    _row("zero-is-one", _back(_one_at_zero, of=KINKED))(
        says="the slope of relu at exactly 0 was taken as 1: some books do, here it is 0",
        ask="What does the exercise say about the slope at exactly 0?",
        needs="relu, and an input of exactly 0",
    ),
    *slopes.rows(_row, _slope),
    _row("leak-forgotten", when(lambda a: a.layer.function in LEAKY, lambda a: a.on(function="relu")), "Z", "dA")(
        says="the negative side was taken as 0, as relu has it",
        ask="What does the function do with a negative number?",
        needs="leaky_relu or elu, and a negative input",
    ),
    _row("softmax-diagonal", _back(lambda _, self: _diagonal(self), of=SOFTMAX))(
        says="only the diagonal p*(1 - p) of softmax's Jacobian was used",
        ask="Does one input of softmax change only its own output?",
        needs="softmax",
    ),
    _row("softmax-diagonal-sign", _back(_diagonal_turned, of=SOFTMAX))(
        says="the diagonal of softmax's Jacobian has the wrong sign: -p*(1 - p)",
        ask="Does an output of softmax grow or shrink when its own input grows?",
        needs="softmax",
    ),
    _row("softmax-of-input", _back(lambda gate, self: gate.backward(self.dZ, self.A, self.A)[0], of=SOFTMAX))(
        says="softmax's Jacobian was made from the inputs, where its outputs p belong",
        ask="What is p in p*(1 - p): what goes into softmax, or what comes out of it?",
        needs="softmax",
    ),
    _row("softmax-overwritten", when(_is_softmax, _last_output))(
        says="in the loop over the outputs of softmax = was written for +=: the term of the last output alone is left",
        ask="How many outputs of softmax does one input change, and what happens to their gradients?",
        needs="softmax of more than one number",
    ),
    gradient_not_reset("activation", "dA"),
    sign_flipped("activation", "dA"),
    never_accumulated("activation", "dA"),
)


def missing_kinks(layer: Activation, parameters: Arrays, A: Array, Z: Array, _budget: Budget) -> int:
    """What numbers lack for mistakes to show in a network: which of 0 and a negative number relu has not."""
    if layer.function != "relu":
        return 0
    return sum(not np.any(kink) for kink in (A == 0, A < 0))
