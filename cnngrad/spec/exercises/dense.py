"""op: dense."""

from __future__ import annotations

from cnngrad.numbers.kinds import Array
from cnngrad.ops.dense import DenseExercise
from cnngrad.ops.shapes import counted, shaped, times
from cnngrad.spec.context import Context
from cnngrad.spec.fields import COMMON, DELTA, INPUT, Field, Fields
from cnngrad.spec.values import Numbers

LAYER: Fields = {
    "weights": Field(Numbers(), "W, one row per neuron (out x in)", required=True),
    "bias": Field(Numbers(), "b, one number per neuron; 0 when left out"),
}
FIELDS: Fields = {**COMMON, **INPUT, **LAYER, **DELTA}


def layer(context: Context, A: Array | None) -> DenseExercise | None:
    """The dense layer for an input of the shape of `A`; what does not fit goes to the context's problems."""
    W, b = context.array("weights"), context.array("bias")
    if W is not None:
        W = context.lifted(W, "weights", 2)
        if W.ndim != 2:
            context.place("weights", f"{shaped(W.shape)}; give one row per neuron (out x in)")
    if A is not None and A.ndim not in (1, 2):
        context.place("input", f"{shaped(A.shape)}; give one vector, or batch x features")
    if A is None or W is None or context.problems.found:
        return None
    neurons, features = W.shape
    if A.shape[-1] != features:
        context.place(
            "weights",
            f"{shaped(W.shape)}, but the input has {counted(A.shape[-1], 'feature')} "
            f"(shape {times(A.shape)}); give every row {counted(A.shape[-1], 'weight')}",
        )
    if b is None:
        b = context.constant((neurons,), "0")
    elif b.shape != (neurons,) and not (neurons == 1 and b.shape == ()):
        there = f"there {'is' if neurons == 1 else 'are'} {counted(neurons, 'neuron')}"
        context.place("bias", f"{shaped(b.shape)}, but {there}; give {counted(neurons, 'number')}")
    if not context.problems.found:
        _check_sizes(context, A, W)
    return None if context.problems.found else DenseExercise(A, W, b)


def _check_sizes(context: Context, A: Array, W: Array) -> None:
    """Compare the output and the work with the limits before anything is allocated."""
    neurons, features = W.shape
    work = A.size * neurons
    output = work // max(features, 1)
    for name, value, what in (
        ("cells", output, f"makes the output {output:,} cells"),
        ("multiply_adds", work, f"needs {work:,} multiply-adds"),
    ):
        if message := context.limits.refusal(name, value, what):
            context.place("weights", message)
            return
