"""Layer normalisation (Ba, Kiros and Hinton 2016, section 3): the mean runs over the axes of one example, not of the
batch."""

from __future__ import annotations

from typing import Any, ClassVar

from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Arrays, Output
from cnngrad.exercise.op import Op
from cnngrad.ops import OPS, normalising, normalising_mistakes
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import choice
from cnngrad.spec.fields import Field
from cnngrad.wording import times

ARRAYS = normalising.fields("element")
LAYER = {**ARRAYS, "over": Field(choice(("last", "all")), "last: the last axis; all: every axis but N")}


@dataclass(frozen=True)
class LayerNorm(normalising.Normalising):
    """The mean runs over the last axis, or over all but N; gamma and beta have the shape of these axes.

    (PyTorch, torch.nn.LayerNorm, where normalized_shape is that shape.)
    """

    record: ClassVar[Op] = OPS["layer_norm"]

    over: str = "last"

    def settings(self) -> dict[str, Any]:
        return {"over": self.over, **super().settings()}


def fit(context: Context, input_: Output) -> Fitted | None:
    """The layer for this input; what does not fit goes to the context's problems."""
    arrays = {key: context.array(key) for key in ARRAYS}
    if context.problems.found:
        return None
    over = context.values.get("over", "last")
    each = range(len(input_.shape))
    axes = tuple(axis for axis in each if input_.letters[axis] != "N") if over == "all" else tuple(each)[-1:]
    layer = LayerNorm(input_, axes, axes, over=over)
    if layer.cells < 2 or 0 in input_.shape:
        says = f"has one cell per mean in shape {times(input_.shape)}; the variance needs two: give more features"
        context.place("op", says)
    return normalising.fitted(context, layer, arrays, "element")


class OfRows(normalising.NormalisingDerivation[LayerNorm]):
    """The derivation of one solved layer that normalises each row along the last axis."""

    group = "row"
    scaled = "cells with this gamma"


class OfExamples(OfRows):
    """The derivation of one solved layer that normalises each example."""

    group = "example"


def DERIVATION(exercise: LayerExercise[LayerNorm], results: Arrays, base: int = 0) -> OfRows:
    """That of rows or of examples."""
    return (OfExamples if exercise.layer.over == "all" else OfRows)(exercise, results, base)


ROWS = normalising_mistakes.rows("layer_norm")
