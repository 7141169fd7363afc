"""What the registry knows of an op."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnngrad.exercise.exercise import Exercise, Fitted, LayerExercise
from cnngrad.exercise.layer import Output
from cnngrad.spec.context import Context
from cnngrad.spec.fields import Fields


@dataclass(frozen=True)
class Op:
    """The keys of an op, and what makes an exercise of their values.

    `build(context, backward)` adds what is wrong to the context's problems and gives nothing then.
    """

    fields: Fields
    build: Callable[[Context, bool | None], Exercise | None]


Fit = Callable[[Context, Output | None], Fitted | None]
"""Fits a layer to an input, or adds to the context's problems what does not fit."""


def layer_op(fields: Fields, fit: Fit) -> Op:
    """An op that is one layer between an input and an upstream gradient."""

    def build(context: Context, backward: bool | None) -> LayerExercise[Any] | None:
        A, dZ = context.array("input"), context.array("delta")
        if A is not None:
            A = context.lifted(A, "input", len(context.values.get("layout", "L")))
        fitted = fit(context, None if A is None else Output(A.shape, ""))
        if fitted is None or A is None:
            return None
        Z = fitted.layer.output
        return LayerExercise(fitted.layer, A, fitted.parameters, context.delta(dZ, Z.shape, Z.letters, backward))

    return Op(fields, build)
