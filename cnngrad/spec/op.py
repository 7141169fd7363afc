"""From the parts of an op to what makes an exercise of its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnngrad.exercise.exercise import Exercise, Fitted, LayerExercise
from cnngrad.exercise.layer import Output
from cnngrad.exercise.op import Op
from cnngrad.spec.context import Context

Build = Callable[[Context, bool | None], Exercise | None]
"""(context, backward) -> the exercise; what is wrong goes to the context's problems, and there is nothing then."""
Fit = Callable[[Context, Output | None], Fitted | None]
"""Fits a layer to an input, or adds to the context's problems what does not fit."""


def builder(op: Op) -> Build:
    """What makes an exercise of an op: its own `build`, or its layer between an input and an upstream gradient."""
    own: Build | None = op.part("build")
    return own or _of_layer(op.part("fit"))


def _of_layer(fit: Fit) -> Build:
    def build(context: Context, backward: bool | None) -> LayerExercise[Any] | None:
        A, dZ = context.array("input"), context.array("delta")
        if A is not None:
            A = context.lifted(A, "input", len(context.values.get("layout", "L")))
        fitted = fit(context, None if A is None else Output(A.shape, ""))
        if fitted is None or A is None:
            return None
        Z = fitted.layer.output
        return LayerExercise(fitted.layer, A, fitted.parameters, context.delta(dZ, Z.shape, Z.letters, backward))

    return build
