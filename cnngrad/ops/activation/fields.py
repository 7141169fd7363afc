"""op: activation."""

from __future__ import annotations

from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.ops.activation.layer import FUNCTIONS, Activation
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import Choice
from cnngrad.spec.fields import COMMON, DELTA, INPUT, Field, Fields
from cnngrad.windows.layout import BY_RANK
from cnngrad.wording import shaped

LAYER: Fields = {"function": Field(Choice(FUNCTIONS, {}), "the function of every cell", required=True)}
FIELDS: Fields = {**COMMON, **INPUT, **LAYER, **DELTA}


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The activation for this input; what does not fit goes to the context's problems."""
    if input_ is None or context.problems.found:
        return None
    function = context.values["function"]
    if not input_.shape and function == "softmax":
        context.place("input", "is a single number; softmax needs a list")
        return None
    if 0 in input_.shape:
        context.place("input", f"{shaped(input_.shape)}, without a single cell; give at least one number")
        return None
    letters = input_.letters or BY_RANK.get(len(input_.shape), "")
    return Fitted(Activation(Output(input_.shape, letters), function))
