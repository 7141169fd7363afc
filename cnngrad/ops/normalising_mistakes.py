"""Layers that normalise, computed wrongly: one table for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cnngrad.calculus.tape import Wrap, with_backward
from cnngrad.exercise.attempt import LayerAttempt
from cnngrad.exercise.mistake import (
    Mistake,
    Variants,
    about,
    gradient_not_reset,
    never_accumulated,
    sign_flipped,
    upstream_forgotten,
)
from cnngrad.numbers.kinds import Array, zeros


def _with_steps(wraps: Mapping[str, Wrap]) -> Variants:
    """Steps of the layer that go back in another way, where the layer has them."""

    def product(attempt: LayerAttempt) -> Array:
        tape = attempt.layer.tape(*attempt.exercise.inputs, wraps=wraps)
        return np.asarray(tape.backward({"Z": attempt.dZ}).total["A"])

    return lambda attempt: [replace(attempt, product=product)]


_constant = with_backward(lambda _, upstream, output, *inputs: (None,) * len(inputs))
_not_averaged = with_backward(lambda _, upstream, output, A: (zeros(A.shape, A) + upstream,))


def rows(op: str) -> tuple[Mistake, ...]:
    """The mistakes that all of them have."""
    row, parameters = about(op, "dA"), ("dgamma", "dbeta")
    return (
        row("statistics-constant", _with_steps({"mean": _constant, "variance": _constant}))(
            says="the mean and the variance were taken as constants: dZ*gamma/sd",
            ask="Which numbers of the layer change when one cell of A changes?",
            needs="an upstream gradient that is not zero",
        ),
        row("mean-term-not-averaged", _with_steps({"mean": _not_averaged}))(
            says="in the term of the mean the gradients were added up and not averaged: gamma/sd times "
            "(dZ - sum(dZ) - N*mean(dZ*N)), where N is the normalised input",
            ask="How much does the mean change when one cell of A changes a little?",
            needs="upstream gradients whose sum is not 0",
        ),
        row("gamma-forgotten", lambda a: [a.given(gamma=a.exercise.parameters["gamma"] * 0 + 1)])(
            says="gamma was left out",
            ask="What is each normalised cell multiplied by on its way to Z?",
            needs="a gamma that is not all ones",
        ),
        row("beta-from-input", lambda a: [a.given(dZ=a.A)], "dbeta")(
            says="dbeta was computed as the sum of the input, where the sum of the upstream gradient belongs",
            ask="How much does Z change when beta changes a little?",
            needs="an upstream gradient other than the input",
        ),
        upstream_forgotten(op, "dA", *parameters),
        gradient_not_reset(op, "dA", *parameters),
        sign_flipped(op, "dA", *parameters),
        never_accumulated(op, "dA", *parameters),
    )
