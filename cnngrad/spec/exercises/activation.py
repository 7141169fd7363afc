"""op: activation."""

from __future__ import annotations

from cnngrad.numbers.kinds import Array
from cnngrad.ops.activation import FUNCTIONS, ActivationExercise
from cnngrad.ops.shapes import shaped
from cnngrad.spec.context import Context
from cnngrad.spec.fields import COMMON, DELTA, INPUT, Field, Fields
from cnngrad.spec.values import Choice
from cnngrad.windows.layout import BY_RANK

LAYER: Fields = {"function": Field(Choice(FUNCTIONS, {}), "the function of every cell", required=True)}
FIELDS: Fields = {**COMMON, **INPUT, **LAYER, **DELTA}


def layer(context: Context, A: Array | None, letters: str = "") -> ActivationExercise | None:
    """The activation for an input of the shape of `A`, whose axes are `letters` or those of its rank's layout."""
    if A is None or context.problems.found:
        return None
    function = context.values["function"]
    if not A.shape and function == "softmax":
        context.place("input", "is a single number; softmax needs a list")
        return None
    if A.size == 0:
        context.place("input", f"{shaped(A.shape)}, without a single cell; give at least one number")
        return None
    return ActivationExercise(function, A, letters or BY_RANK.get(A.ndim, ""))
