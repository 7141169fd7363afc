"""Layers of networks: flatten and residual."""

from __future__ import annotations

from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.ops.reshape.layer import Flatten, Residual
from cnngrad.spec.context import Context


def fit_flatten(context: Context, input_: Output) -> Fitted:
    """The input in a row."""
    return Fitted(Flatten(input_))


def fit_residual(context: Context, input_: Output) -> Fitted | None:
    """The sum of the input and the output named by `from`; what does not fit goes to the context's problems."""
    source = context.source
    skipped = context.earlier[source]
    if skipped.shape == input_.shape:
        return Fitted(Residual(input_, source))
    both = f"{context.reads(input_)}, {context.reads(skipped, source)}"
    context.refuse(f"adds two shapes: {both}; take layers that keep the shape")
    return None
