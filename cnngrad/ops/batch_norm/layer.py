"""Batch normalisation with the statistics of the batch (Ioffe and Szegedy 2015, algorithm 1).

Z = gamma*(A - mean)/sqrt(variance + eps) + beta, per channel. No derivative is written here: the layer
is a short tape of gates, and its gradient is that of the tape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.laws import Law, law
from cnngrad.calculus.matrix_gates import mean_over
from cnngrad.calculus.tape import Composite, Tape
from cnngrad.exercise.layer import Arrays, Layer, Output
from cnngrad.exercise.op import Op
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops import OPS


@dataclass(frozen=True)
class Normalise(Composite):
    """The steps for A, gamma and beta; the last two have the rank of A. The mean runs over `axes`."""

    axes: tuple[int, ...]
    eps: Any

    def record(self, tape: Tape, *inputs: str) -> str:
        """mean, centred, variance, sd, normalised, and gamma and beta applied."""
        A, gamma, beta = inputs
        mean = mean_over(self.axes)
        tape.place("eps", self.eps)
        tape.record("mean", mean, A)
        tape.record("centred", GATES["sub"], A, "mean")
        tape.record("square", GATES["mul"], "centred", "centred")
        tape.record("variance", mean, "square")
        tape.record("shifted", GATES["add"], "variance", "eps")
        tape.record("sd", GATES["sqrt"], "shifted")
        tape.record("normalised", GATES["div"], "centred", "sd")
        tape.record("scaled", GATES["mul"], "normalised", gamma)
        return tape.record("Z", GATES["add"], "scaled", beta)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """gamma and beta have one number per channel, or are one number; the mean runs over `axes` of A."""

    record: ClassVar[Op] = OPS["batch_norm"]
    multilinear: ClassVar[bool] = False

    axes: tuple[int, ...]
    eps: Any

    @property
    def kept(self) -> tuple[int, ...]:
        """The sizes of the axes that the mean does not run over: the shape of gamma and of beta."""
        return tuple(size for axis, size in enumerate(self.input.shape) if axis not in self.axes)

    @property
    def parameters(self) -> Mapping[str, tuple[int, ...]]:
        """Scale and shift."""
        return {"gamma": self.kept, "beta": self.kept}

    @property
    def cells(self) -> int:
        """Cells that share one mean."""
        return prod(self.input.shape[axis] for axis in self.axes)

    @property
    def output(self) -> Output:
        """Z has the axes of A."""
        return self.input

    def forward(self, A: Array, *others: Array) -> Array:
        """Z."""
        return np.asarray(Normalise(self.axes, self.eps).forward(A, *map(self.spread, others)))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array, Array]:
        """dA, dgamma and dbeta."""
        steps = Normalise(self.axes, self.eps)
        dA, *spread = steps.backward(upstream, Z, A, *map(self.spread, others))
        dgamma, dbeta = (np.reshape(g, p.shape) for g, p in zip(spread, others, strict=True))
        return dA, dgamma, dbeta

    def spread(self, parameter: Array) -> Array:
        """One number per channel, with axes of length 1 where the mean runs."""
        return parameter.reshape([1 if axis in self.axes else size for axis, size in enumerate(self.input.shape)])

    def settings(self) -> dict[str, Any]:
        """eps, and how many cells share a mean."""
        eps = str(self.eps) if isinstance(self.eps, Formula) else float(self.eps)
        return {"eps": eps, "cells": self.cells}

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        """Moving all cells of a channel together changes nothing; beta meets every cell."""
        dA, dZ = arrays["dA"], arrays["dZ"]
        away = zeros((2, *dA.shape), dA)
        # Formulas have no size, and need none: their sums are equal or not.
        size = dA * 0 if dA.dtype == object else np.abs(dA) + np.abs(dZ)
        away[0], away[1] = size, -size  # a zero made of terms of the size of the gradients
        return (law("sum(dA) = 0", dA, away), law("sum(dbeta) = sum(dZ)", arrays["dbeta"], dZ))

    def multiply_adds(self) -> int:
        """Products per cell: the square and the scale."""
        return 2 * prod(self.input.shape)
