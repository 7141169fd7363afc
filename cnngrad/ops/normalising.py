"""Layers that normalise: Z = gamma*N + beta, with N = (A - mean)/sqrt(variance + eps) over some axes of A.

Batch normalisation (Ioffe and Szegedy 2015, algorithm 1) has the mean over all axes but one, and a gamma along that
one. No derivative is written here: the layer is a short tape of gates, and its gradient is that of the tape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any, ClassVar, TypeVar

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.laws import Law, law
from cnngrad.calculus.matrix_gates import mean_over
from cnngrad.calculus.tape import Amendments, Composite, Tape, Wrap
from cnngrad.errors import Problems
from cnngrad.exercise.derivation import SummedDerivation
from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Arrays, Layer, Output
from cnngrad.exercise.remarks import Definition
from cnngrad.exercise.sums import Places, Range, Sums, read_sums
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.normalising_symbols import Symbols
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS
from cnngrad.spec.fields import Field, Fields
from cnngrad.windows.layout import BY_RANK_OF_FEATURES, drawn, layout_of
from cnngrad.windows.windows import Index
from cnngrad.wording import counted, shaped

SUMS = read_sums(
    "Z[x] = gamma[c] * N[x] + beta[c]",
    "dA[i] = sum of dZ[j] * ∂Z[j]/∂A[i]",
    "dgamma[c] = sum of dZ[x] * N[x]",
    "dbeta[c] = sum of dZ[x]",
)
"""x, i and j are cells, c is the place of a cell along the axes of gamma; i and j share a mean."""


@dataclass(frozen=True)
class Normalise(Composite):
    """The steps for A, gamma and beta; the last two have the rank of A. The mean runs over `axes`, unless it is given
    with the variance."""

    axes: tuple[int, ...]
    eps: Any
    statistics: Arrays

    def record(self, tape: Tape, *inputs: str) -> str:
        """mean, centred, variance, sd, normalised, and gamma and beta applied."""
        A, gamma, beta = inputs
        mean = mean_over(self.axes)
        for name, value in (("eps", self.eps), *self.statistics.items()):
            tape.place(name, value)
        if not self.statistics:
            tape.record("mean", mean, A)
        tape.record("centred", GATES["sub"], A, "mean")
        if not self.statistics:
            tape.record("square", GATES["mul"], "centred", "centred")
            tape.record("variance", mean, "square")
        tape.record("shifted", GATES["add"], "variance", "eps")
        tape.record("sd", GATES["sqrt"], "shifted")
        tape.record("normalised", GATES["div"], "centred", "sd")
        tape.record("scaled", GATES["mul"], "normalised", gamma)
        return tape.record("Z", GATES["add"], "scaled", beta)


@dataclass(frozen=True)
class Normalising(Layer):
    """The mean runs over `axes` of A; gamma and beta have the sizes of the axes `scaled`, or are one number.

    `statistics` are a mean and a variance that are given in place of those of A, in the shape of gamma.
    """

    multilinear: ClassVar[bool] = False

    axes: tuple[int, ...]
    scaled: tuple[int, ...]
    eps: Any = None
    statistics: Arrays = field(default_factory=dict, compare=False)

    @property
    def constants(self) -> Arrays:
        return self.statistics

    @property
    def keys(self) -> Mapping[str, str]:
        return {name: f"statistics.{name}" for name in self.statistics}

    @property
    def parameters(self) -> Mapping[str, tuple[int, ...]]:
        shape = tuple(self.input.shape[axis] for axis in self.scaled)
        return {"gamma": shape, "beta": shape}

    @property
    def cells(self) -> int:
        """Cells that share one mean."""
        return prod(self.input.shape[axis] for axis in self.axes)

    @property
    def output(self) -> Output:
        return self.input

    def forward(self, A: Array, *others: Array) -> Array:
        return np.asarray(self.steps.forward(A, *map(self.spread, others)))

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array, Array, Array]:
        dA, *spread = self.steps.backward(upstream, Z, A, *map(self.spread, others))
        dgamma, dbeta = (np.reshape(g, p.shape) for g, p in zip(spread, others, strict=True))
        return dA, dgamma, dbeta

    def tape(self, A: Array, *parameters: Array, wraps: Mapping[str, Wrap] | None = None) -> Tape:
        """The steps by name: A, mean, variance, sd, normalised, Z; `wraps` make operations of others."""
        tape = Tape(Amendments(operations=wraps or {}))
        values = zip(("A", *self.parameters), (A, *map(self.spread, parameters)), strict=True)
        self.steps.record(tape, *(tape.place(name, value) for name, value in values))
        return tape

    @property
    def steps(self) -> Normalise:
        """What the tape records."""
        return Normalise(self.axes, self.eps, {name: self.spread(array) for name, array in self.statistics.items()})

    def spread(self, parameter: Array) -> Array:
        """gamma or beta in the rank of A, with axes of length 1 where it has none."""
        return parameter.reshape([size if axis in self.scaled else 1 for axis, size in enumerate(self.input.shape)])

    def settings(self) -> dict[str, Any]:
        """eps, and how many cells share a mean that is not given."""
        eps = str(self.eps) if isinstance(self.eps, Formula) else float(self.eps)
        return {"eps": eps, "statistics": "given"} if self.statistics else {"eps": eps, "cells": self.cells}

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        """Moving all cells that share a mean together changes nothing; beta meets every cell."""
        dA, dZ = arrays["dA"], arrays["dZ"]
        away = zeros((2, *dA.shape), dA)
        # Formulas have no size, and need none: their sums are equal or not.
        size = dA * 0 if dA.dtype == object else np.abs(dA) + np.abs(dZ)
        away[0], away[1] = size, -size  # a zero made of terms of the size of the gradients
        return (law("sum(dA) = 0", dA, away), law("sum(dbeta) = sum(dZ)", arrays["dbeta"], dZ))

    def multiply_adds(self) -> int:
        """Products per cell: the square and the scale."""
        return 2 * prod(self.input.shape)


def fields(per: str) -> Fields:
    """The keys of a layer with a gamma per channel, or per something else."""
    return {
        "gamma": Field(NUMBERS, f"the scale, one number per {per}; 1 when left out"),
        "beta": Field(NUMBERS, f"the shift, one number per {per}; 0 when left out"),
        "eps": Field(NUMBERS, "added to the variance; 1e-5 when left out"),
    }


def placed(context: Context, input_: Output | None) -> Output | None:
    """The input with the letters of its axes: those of a network, of the layout, or the default ones of features (up to
    two axes) or of images."""
    if input_ is None or input_.letters:
        return input_
    if "layout" not in context.values and len(input_.shape) in BY_RANK_OF_FEATURES:
        return Output(input_.shape, BY_RANK_OF_FEATURES[len(input_.shape)])
    found = Problems()
    layout = layout_of(context.values.get("layout"), input_.shape, found)
    context.place_all(found)
    return None if layout is None else Output(input_.shape, layout.letters)


def check_shape(context: Context, key: str, found: Array, shape: Index, per: str) -> None:
    """One number per channel, or per something else; of a single one the brackets may be missing."""
    size = prod(shape)
    if found.shape not in (shape, (size,)) and (found.size, found.ndim) != (size, 0):
        context.place(key, f"{shaped(found.shape)}, but there is one per {per}; give {counted(size, 'number')}")


def fitted(context: Context, layer: Normalising, arrays: Mapping[str, Array | None], per: str) -> Fitted | None:
    """The layer with its eps and parameters; what does not fit goes to the context's problems."""
    eps = arrays["eps"]
    if eps is not None and (eps.ndim or not may_be(eps[()], lambda n: n > 0)):
        context.place("eps", "must be one positive number; leave it out for 1e-5")
    parameters = {}
    for name, text in (("gamma", "1"), ("beta", "0")):
        found, shape = arrays[name], layer.parameters[name]
        parameters[name] = context.constant(shape, text) if found is None else found
        if found is not None:
            check_shape(context, name, found, shape, per)
    if context.problems.found:
        return None
    small = context.kind.number(Fraction(1, 10**5)) if eps is None else eps[()]
    return Fitted(replace(layer, eps=small), parameters)


def may_be(cell: Any, holds: Callable[[Any], bool]) -> bool:
    """Whether something holds for a number; a symbol without a value may be one for which it does."""
    number = cell.value if isinstance(cell, Formula) else cell
    return number is None or bool(holds(number))


Kind = TypeVar("Kind", bound=Normalising)


class NormalisingDerivation(SummedDerivation[LayerExercise[Kind]]):
    """The derivation of one solved layer.

    The cells of a `group` share a mean; `scaled` are the cells that share a gamma, in words.
    """

    group: ClassVar[str]
    scaled: ClassVar[str]

    def letters(self, quantity: str) -> str:
        """Those of the input; gamma and beta have those of their axes, or are rows."""
        layer, rank = self.exercise.layer, self.values[quantity].ndim
        if quantity.removeprefix("d") not in ("gamma", "beta", "mean", "variance"):
            return drawn(layer.input.letters)
        return "L" * rank if rank < 2 else drawn("".join(layer.input.letters[axis] for axis in layer.scaled))

    @cached_property
    def sums(self) -> Sums:
        layer, size = self.exercise.layer, self.exercise.A.size
        return Sums(
            rows=SUMS,
            arrays=self.values,
            named={"N": self._tape.values["normalised"], "∂Z/∂A": self._jacobian},
            ranges={
                "c": Range(1, lambda at: [self.along(layer.scaled, at["x"])]),
                "x": Range(size // self.exercise.parameters["gamma"].size, self._members),
                "j": Range(layer.cells, self.mates),
            },
            silent="xc",
            base=self.base,
        )

    def general(self, quantity: str) -> str:
        says = {
            "Z": f", with N = (A - mean)/sqrt(variance + eps) over the cells of a {self.group}",
            "dA": f" over the cells of the {self.group}",
        }
        return super().general(quantity) + says.get(quantity, f" over the {self.scaled}")

    def formula(self, cell: Cell) -> str:
        return self.general(cell.quantity).partition(" = ")[2].partition(", with")[0]

    def chain(self, cell: Cell) -> tuple[str, ...]:
        """Each cell moves the mean and the variance, so it moves every Z of its group."""
        if cell.quantity != "dA":
            return ()
        x = self._target(cell)
        return (f"∂L/∂{x} = sum of ∂L/∂Z[j] * ∂Z[j]/∂{x}: {x} is in the mean and the variance of its {self.group}",)

    def definitions(self, trace: CellTrace) -> Iterator[Definition]:
        """N, the statistics that it is made of, and how every Z moves with a cell of A."""
        return Symbols(self, self._tape, self.base).definitions(trace)

    @cached_property
    def _tape(self) -> Tape:
        return self.exercise.layer.tape(*self.exercise.inputs)

    def _jacobian(self, place: Index) -> Any:
        """∂Z[j]/∂A[i], which the tape gives for an upstream gradient of 1 at j alone; `place` is j and i."""
        one = zeros(self.exercise.A.shape, self.exercise.A)
        one[place[: one.ndim]] += 1
        return self._tape.backward({"Z": one}).total["A"][place[one.ndim :]]

    def along(self, axes: tuple[int, ...], cell: Index) -> Index:
        """The place of a cell along some axes."""
        return tuple(cell[axis] for axis in axes)

    def _members(self, places: Places) -> list[Index]:
        """The cells with the gamma of c, row-major."""
        layer, single = self.exercise.layer, self.exercise.parameters["gamma"].size == 1
        cells = np.ndindex(self.exercise.A.shape)
        return [cell for cell in cells if single or self.along(layer.scaled, cell) == places["c"]]

    def mates(self, places: Places) -> list[Index]:
        """The cells with the mean of i, row-major."""
        layer, i = self.exercise.layer, places["i"]
        kept = tuple(axis for axis in range(len(i)) if axis not in layer.axes)
        cells = np.ndindex(self.exercise.A.shape)
        return [cell for cell in cells if self.along(kept, cell) == self.along(kept, i)]
