"""The rows of the gate table whose outputs mix many cells: products of matrices, sums, means, softmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.calculus.gate_parts import is_float, ratio
from cnngrad.numbers.kinds import Array, function, zeros
from cnngrad.records import dataclass


@dataclass(frozen=True)
class VectorGate:
    """One row: `forward(*inputs)` and `backward(upstream, output, *inputs)`, the transposed Jacobian applied.

    Where the output has the shape of the input A, `cell` is one cell x of it, and `jacobian` ∂Z[j]/∂A[i], as they are
    printed.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]
    rule: str
    latex: str
    cell: str = ""
    jacobian: str = ""


def _matmul_back(upstream: Array, _: Array, A: Array, W: Array) -> tuple[Array, Array]:
    rows = math.prod(A.shape[:-1])
    dW = upstream.reshape(rows, -1).T @ A.reshape(rows, -1) if A.ndim > 1 else np.outer(upstream, A)
    return np.asarray(upstream @ W), np.asarray(dW)


def _softmax(A: Array, axis: int) -> Array:
    shifted = np.exp(A - A.max(axis=axis, keepdims=True)) if is_float(A) else function("exp", A)
    return np.asarray(shifted / shifted.sum(axis=axis, keepdims=True))


def _log_softmax(A: Array, axis: int) -> Array:
    shifted = A - A.max(axis=axis, keepdims=True) if is_float(A) else A
    return np.asarray(shifted - function("log", function("exp", shifted).sum(axis=axis, keepdims=True)))


MATMUL = VectorGate(
    "matmul",
    lambda A, W: np.asarray(A @ W.T),
    _matmul_back,
    "a product of matrices swaps: dA = dZ W, dW = dZ' A",
    "A W^\\top",
)
SUM = VectorGate(
    "sum",
    lambda A: np.asarray(A.sum()),
    lambda upstream, _, A: (zeros(A.shape, A) + upstream,),
    "a sum distributes: every cell gets the upstream gradient whole",
    "\\sum A",
)


def along(axis: int) -> str:
    """Which axis, in words."""
    return "along the last axis" if axis == -1 else f"along axis {axis}"


def _row(axis: int) -> str:
    return "in its row" if axis == -1 else along(axis)


def softmax(axis: int = -1) -> VectorGate:
    """The row for softmax along an axis."""
    return VectorGate(
        "softmax",
        lambda A: _softmax(A, axis),
        lambda upstream, Z, _: (Z * (upstream - (upstream * Z).sum(axis=axis, keepdims=True)),),
        f"softmax: dA[i] = Z[i]*(dZ[i] - sum of dZ[j]*Z[j]), {along(axis)}",
        "\\operatorname{softmax} A",
        f"exp(A[x]) / sum of exp(A) {_row(axis)}",
        "Z[j]*([i=j] - Z[i])",
    )


def log_softmax(axis: int = -1) -> VectorGate:
    """The row for the logarithm of softmax along an axis."""
    return VectorGate(
        "log_softmax",
        lambda A: _log_softmax(A, axis),
        lambda upstream, _, A: (upstream - _softmax(A, axis) * upstream.sum(axis=axis, keepdims=True),),
        f"log_softmax: dA[i] = dZ[i] - softmax(A)[i] * sum of dZ[j], {along(axis)}",
        "\\ln \\operatorname{softmax} A",
        f"A[x] - log(sum of exp(A) {_row(axis)})",
        "[i=j] - softmax(A)[i]",
    )


SOFTMAX, LOG_SOFTMAX = softmax(), log_softmax()


def mean_over(axes: tuple[int, ...]) -> VectorGate:
    """The row for the mean over `axes`, which stay with length 1."""

    def share(A: Array) -> Any:
        return ratio(Fraction(1, int(np.prod([A.shape[axis] for axis in axes]))), A)

    def forward(A: Array) -> Array:
        with np.errstate(over="ignore"):
            mean = A.sum(axis=axes, keepdims=True) * share(A)
        if is_float(A) and not np.isfinite(mean).all():
            mean = (A * share(A)).sum(axis=axes, keepdims=True)  # the sum alone is beyond float64
        return np.asarray(mean)

    return VectorGate(
        "mean",
        forward,
        lambda upstream, _, A: (zeros(A.shape, A) + upstream * share(A),),
        "a mean shares out: every cell gets 1/m of the upstream gradient",
        "\\frac{1}{m} \\sum A",
    )
