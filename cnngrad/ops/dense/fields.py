"""op: dense."""

from __future__ import annotations

from math import prod

from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.ops.dense.layer import Dense
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import Numbers
from cnngrad.spec.fields import COMMON, DELTA, INPUT, Field, Fields
from cnngrad.windows.layout import BY_RANK, FEATURES
from cnngrad.wording import counted, shaped, times

LAYER: Fields = {
    "weights": Field(Numbers(), "W, one row per neuron (out x in)", required=True),
    "bias": Field(Numbers(), "b, one number per neuron; 0 when left out"),
}
FIELDS: Fields = {**COMMON, **INPUT, **LAYER, **DELTA}


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The dense layer for this input; what does not fit goes to the context's problems."""
    if input_ is not None and input_.letters and input_.letters not in FEATURES and len(input_.letters) > 1:
        context.refuse(f"needs a vector per example, but {context.reads(input_)}; put {{op: flatten}} between them")
        return None
    W, b = context.array("weights"), context.array("bias")
    if W is not None:
        W = context.lifted(W, "weights", 2)
        if W.ndim != 2:
            context.place("weights", f"{shaped(W.shape)}; give one row per neuron (out x in)")
    if input_ is not None and len(input_.shape) not in (1, 2):
        context.place("input", f"{shaped(input_.shape)}; give one vector, or batch x features")
    if input_ is None or W is None or context.problems.found:
        return None
    neurons, features = W.shape
    wanted = input_.shape[-1]
    if wanted != features:
        context.place(
            "weights",
            f"{shaped(W.shape)}, but the input has {counted(wanted, 'feature')} "
            f"(shape {times(input_.shape)}); give every row {counted(wanted, 'weight')}",
        )
    if b is None:
        b = context.constant((neurons,), "0")
    elif b.shape != (neurons,) and not (neurons == 1 and b.shape == ()):
        there = f"there {'is' if neurons == 1 else 'are'} {counted(neurons, 'neuron')}"
        context.place("bias", f"{shaped(b.shape)}, but {there}; give {counted(neurons, 'number')}")
    if context.problems.found:
        return None
    letters = ("NF" if "N" in input_.letters else "F") if input_.letters else BY_RANK[len(input_.shape)]
    dense = Dense(Output(input_.shape, letters), neurons, b.shape)
    _check_sizes(context, dense)
    return None if context.problems.found else Fitted(dense, {"W": W, "b": b})


def _check_sizes(context: Context, dense: Dense) -> None:
    """Compare the output and the work with the limits before anything is allocated."""
    work, output = dense.multiply_adds(), prod(dense.output.shape)
    for name, value, what in (
        ("cells", output, f"makes the output {output:,} cells"),
        ("multiply_adds", work, f"needs {work:,} multiply-adds"),
    ):
        if message := context.limits.refusal(name, value, what):
            context.place("weights", message)
            return
