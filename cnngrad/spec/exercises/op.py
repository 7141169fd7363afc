"""What the registry knows of an op."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnngrad.numbers.kinds import Array
from cnngrad.ops.exercise import Exercise, LayerExercise
from cnngrad.spec.context import Context
from cnngrad.spec.fields import Fields


@dataclass(frozen=True)
class Op:
    """The keys of an op, and what makes an exercise of their values.

    `build(context, backward)` adds what is wrong to the context's problems and gives nothing then.
    """

    fields: Fields
    build: Callable[[Context, bool | None], Exercise | None]


Layer = Callable[[Context, Array | None], LayerExercise | None]
"""Fits a layer to an input, or adds to the context's problems what does not fit."""


def layer_op(fields: Fields, layer: Layer) -> Op:
    """An op that is one layer between an input and an upstream gradient."""

    def build(context: Context, backward: bool | None) -> LayerExercise | None:
        A, dZ = context.array("input"), context.array("delta")
        if A is not None:
            A = context.lifted(A, "input", len(context.values.get("layout", "L")))
        exercise = layer(context, A)
        if exercise is None:
            return None
        return exercise.at(exercise.A, context.delta(dZ, exercise.output_shape(), exercise.output_letters(), backward))

    return Op(fields, build)
