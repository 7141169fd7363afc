"""A layer of networks: batch_norm."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array
from cnngrad.ops.batch_norm.layer import BatchNorm
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import Numbers
from cnngrad.spec.fields import Field, Fields
from cnngrad.wording import counted, shaped, times

LAYER: Fields = {
    "gamma": Field(Numbers(), "the scale, one number per channel; 1 when left out"),
    "beta": Field(Numbers(), "the shift, one number per channel; 0 when left out"),
    "eps": Field(Numbers(), "added to the variance; 1e-5 when left out"),
}


def fit(context: Context, input_: Output) -> Fitted | None:
    """Batch normalisation over every axis but C, or F for features; what does not fit goes to the problems."""
    gamma, beta, eps = (context.array(key) for key in ("gamma", "beta", "eps"))
    if context.problems.found:
        return None
    axes = tuple(i for i, letter in enumerate(input_.letters) if letter not in "CF")
    channels = next((n for n, letter in zip(input_.shape, input_.letters, strict=True) if letter in "CF"), None)
    count = prod(input_.shape) // (channels or 1)
    if count < 2:
        says = f"has one cell per channel in shape {times(input_.shape)}; the variance needs two: give a batch"
        context.place("op", says)
    if eps is not None and (eps.ndim or not _positive(eps[()])):
        context.place("eps", "must be one positive number; leave it out for 1e-5")
    shape = () if channels is None else (channels,)
    gamma, beta = (
        context.constant(shape, text) if found is None else _fitted(context, key, found, channels)
        for key, found, text in (("gamma", gamma, "1"), ("beta", beta, "0"))
    )
    if context.problems.found:
        return None
    small = context.kind.number(Fraction(1, 10**5)) if eps is None else eps[()]
    return Fitted(BatchNorm(input_, axes, small), {"gamma": gamma, "beta": beta})


def _positive(eps: Any) -> bool:
    """Whether a number is above 0; a symbol without a value may stand for one that is."""
    number = eps.value if isinstance(eps, Formula) else eps
    return number is None or bool(number > 0)


def _fitted(context: Context, key: str, found: Array, channels: int | None) -> Array:
    if found.size != (channels or 1) or found.ndim > 1:
        needed = counted(channels or 1, "number")
        context.place(key, f"{shaped(found.shape)}, but there is one per channel; give {needed}")
    return found
