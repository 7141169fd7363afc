"""The loss of a network."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from cnngrad.numbers.formula import Formula
from cnngrad.numbers.functions import known
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import show
from cnngrad.ops.network.loss import LOSSES, Loss
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS, TEXT, choice
from cnngrad.spec.fields import Field, Fields
from cnngrad.wording import counted, shaped

_OP: Fields = {"op": Field(TEXT, f"one of {', '.join(LOSSES)}", required=True)}
_TARGET: Fields = {"target": Field(NUMBERS, "what the output should be", required=True)}
_REDUCTION: Fields = {"reduction": Field(choice(("sum", "mean")), "sum, or mean")}
FIELDS: dict[str, Fields] = {
    "mse": {
        **_OP,
        **_TARGET,
        **_REDUCTION,
        "factor": Field(NUMBERS, "what the squares are multiplied by; 1/2 when left out"),
    },
    "cross_entropy": {**_OP, **_TARGET, **_REDUCTION},
    "binary_cross_entropy": {**_OP, **_TARGET, **_REDUCTION},
    "sum": {**_OP, "factor": Field(NUMBERS, "what the sum is multiplied by; 1 when left out")},
}
_MEANS = ("cross_entropy", "binary_cross_entropy")
"""Losses whose reduction is a mean unless told otherwise (PyTorch); mse is half the sum of squares."""


def build(context: Context, op: str, Z: tuple[int, ...]) -> Loss | None:
    """The loss of an output of shape `Z`; what does not fit goes to the context's problems."""
    factor, target = context.array("factor"), context.array("target")
    if factor is not None and factor.ndim:
        context.place("factor", "must be one number")
    if context.problems.found:
        return None
    reduction = context.values.get("reduction", "mean" if op in _MEANS else "sum")
    if op == "sum":
        target = context.constant((), "0")
    elif target is not None:
        target = _distribution(context, target, Z) if op == "cross_entropy" else _fitted(context, target, Z)
    if target is None or context.problems.found:
        return None
    if op == "binary_cross_entropy" and not all(x is None or 0 <= x <= 1 for x in known(target)):
        context.place("target", "has a number outside 0 to 1; binary_cross_entropy compares probabilities")
        return None
    default = Fraction(1, 2) if op == "mse" else Fraction(1)
    scale: Any = context.kind.number(default) if factor is None else factor[()]
    if reduction == "mean":
        count = prod(Z[:-1]) if op == "cross_entropy" else prod(Z)
        scale = scale * context.kind.number(Fraction(1, count))
    return Loss(op, target, scale, reduction)


def _fitted(context: Context, target: Array, Z: tuple[int, ...]) -> Array | None:
    """A target in the shape of the output; one number stands for every cell."""
    if target.ndim == 0:
        return np.full(Z, target[()], dtype=target.dtype)
    if target.shape != Z:
        context.place("target", f"{shaped(target.shape)}, but the last output {shaped(Z)}; give it that shape")
        return None
    return target


def _distribution(context: Context, target: Array, Z: tuple[int, ...]) -> Array | None:
    """A distribution over the last axis: as it is given, or 1 at the index of the right class."""
    if target.shape == Z:
        return target
    if target.shape != Z[:-1]:
        classes = counted(Z[-1], "class", "classes")
        says = f"{shaped(target.shape)}, but the output {shaped(Z)}: give the index of one of "
        context.place("target", f"{says}{classes} per row, or a distribution in the shape of the output")
        return None
    one, zero = context.kind.number(Fraction(1)), context.kind.number(Fraction(0))
    whole = np.full(Z, zero, dtype=context.kind.dtype)
    for row in np.ndindex(target.shape):
        index = _index(target[row], Z[-1])
        if index is None:
            context.place("target", f"has {show(target[row])} as the index of a class; give one from 0 to {Z[-1] - 1}")
            return None
        whole[(*row, index)] = one
    return whole


def _index(cell: Any, classes: int) -> int | None:
    """The index of a class that a cell is; nothing where it is none."""
    number = cell.value if isinstance(cell, Formula) else cell
    return int(number) if number is not None and 0 <= number < classes and number == int(number) else None
