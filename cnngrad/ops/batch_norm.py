"""Batch normalisation (Ioffe and Szegedy 2015): a mean and a variance per channel, those of the batch (algorithm 1), or
given ones, as when a trained network is evaluated (algorithm 2, step 11), which are constants then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.laws import Law, law
from cnngrad.exercise.attempt import LayerAttempt
from cnngrad.exercise.exercise import Fitted, LayerExercise
from cnngrad.exercise.layer import Arrays, Output
from cnngrad.exercise.mistake import about
from cnngrad.exercise.op import Op
from cnngrad.exercise.sums import Range, Sums, read_sums
from cnngrad.exercise.terms import Cell
from cnngrad.ops import OPS, normalising, normalising_mistakes
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS
from cnngrad.spec.fields import COMMON, DELTA, INPUT, LAYOUT, Field, Fields, Group, read_entries
from cnngrad.spec.tree import MappingNode
from cnngrad.wording import times

STATISTICS: Fields = {
    "mean": Field(NUMBERS, "the mean of each channel", required=True),
    "variance": Field(NUMBERS, "the variance of each channel", required=True),
}
ARRAYS = normalising.fields("channel")
LAYER: Fields = {
    **ARRAYS,
    "statistics": Field(Group(STATISTICS), "mean and variance per channel in place of those of the batch (evaluation)"),
}
FIELDS: Fields = {**COMMON, **INPUT, **LAYOUT, **LAYER, **DELTA}


@dataclass(frozen=True)
class BatchNorm(normalising.Normalising):
    """The mean runs over all axes but C, or F for features; gamma and beta have one number per channel."""

    record: ClassVar[Op] = OPS["batch_norm"]

    def settings(self) -> dict[str, Any]:
        return {"layout": self.input.letters, **super().settings()}

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        """With given statistics Z - beta is linear in A - mean, and in gamma."""
        if not self.statistics:
            return super().laws(arrays)
        dZ, away = arrays["dZ"], arrays["A"] - self.spread(self.statistics["mean"])
        # numpy gives the product of two single fractions as a fraction
        by_gamma = np.asarray(arrays["gamma"] * arrays["dgamma"])
        scaled = dZ * (arrays["Z"] - self.spread(arrays["beta"]))
        return (
            law("<A-mean,dA> = <dZ,Z-beta>", away * arrays["dA"], scaled),
            law("<gamma,dgamma> = <dZ,Z-beta>", by_gamma, scaled),
            law("sum(dbeta) = sum(dZ)", arrays["dbeta"], dZ),
        )


def fit(context: Context, input_: Output | None) -> Fitted | None:
    """The layer for this input; what does not fit goes to the context's problems."""
    arrays = {key: context.array(key) for key in ARRAYS}
    inside, given = _statistics(context)
    input_ = normalising.placed(context, input_)
    if input_ is None or context.problems.found:
        return None
    channels = tuple(axis for axis, letter in enumerate(input_.letters) if letter in "CF")
    axes = tuple(axis for axis in range(len(input_.shape)) if axis not in channels)
    layer = BatchNorm(input_, axes, channels, statistics=given)
    if (layer.cells < 2 and not given) or 0 in input_.shape:
        says = f"has one cell per channel in shape {times(input_.shape)}; the variance needs two: give a batch"
        context.place("op", f"{says}, or the statistics")
    for name, array in given.items():
        normalising.check_shape(inside, name, array, layer.parameters["gamma"], "channel")
    return normalising.fitted(context, layer, arrays, "channel")


def _statistics(context: Context) -> tuple[Context, Arrays]:
    """The mean and the variance that are given, and the context of their mapping; no arrays where they are those of
    the batch."""
    node: MappingNode | None = context.values.get("statistics")
    if node is None:
        return context, {}
    prefix = f"{context.prefix}statistics."
    values = read_entries(node, STATISTICS, "statistics", context.document, context.problems, prefix=prefix)
    inside = context.inside(node, values, prefix)
    found = {key: array for key in STATISTICS if (array := inside.array(key)) is not None}
    if "variance" in found and not all(normalising.may_be(cell, lambda n: n >= 0) for cell in found["variance"].flat):
        inside.place("variance", "has a negative number; a variance is 0 or more")
    return inside, found


class OfBatch(normalising.NormalisingDerivation[BatchNorm]):
    """The derivation of one solved batch normalisation with the statistics of the batch."""

    group = "channel"
    scaled = "cells of the channel"


class OfGiven(OfBatch):
    """With given statistics: no cell moves the mean or the variance, so each moves its own Z alone."""

    @cached_property
    def sums(self) -> Sums:
        layer, gamma = self.exercise.layer, self.exercise.parameters["gamma"]
        inverse = 1 / self._tape.values["sd"]
        whole = super().sums
        return replace(
            whole,
            rows={**whole.rows, **read_sums("dA[x] = dZ[x] * gamma[c] * (1/sd[c])")},
            named={**whole.named, "(1/sd)": inverse.reshape(gamma.shape)},
            ranges={**whole.ranges, "c": Range(1, lambda at: [self.along(layer.scaled, at["x"])])},
        )

    def general(self, quantity: str) -> str:
        says = {
            "Z": ", with N = (A - mean)/sd, sd = sqrt(variance + eps), mean and variance given",
            "dA": ", with sd = sqrt(variance + eps), mean and variance given",
            "dgamma": f" over the {self.scaled}, with N = (A - mean)/sqrt(variance + eps)",
        }
        return f"{self.sums.general(quantity)}{says.get(quantity, f' over the {self.scaled}')}"

    def chain(self, cell: Cell) -> tuple[str, ...]:
        if cell.quantity != "dA":
            return ()
        x, z = self._target(cell), Cell("Z", cell.index).name(self.base)
        return (
            f"∂L/∂{x} = ∂L/∂{z} * ∂{z}/∂{x}, with ∂{z}/∂{x} = gamma/sd: the mean and the variance are given, "
            f"{x} moves no other cell of Z",
        )


def DERIVATION(exercise: LayerExercise[BatchNorm], results: Arrays, base: int = 0) -> OfBatch:
    """That of given statistics, or of those of the batch."""
    return (OfGiven if exercise.layer.statistics else OfBatch)(exercise, results, base)


def _of_the_batch(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.statistics and attempt.layer.cells > 1:
        yield attempt.on(statistics={})


ROWS = (
    *normalising_mistakes.rows("batch_norm"),
    about("batch_norm", "Z", "dA", "dgamma")("training-statistics", _of_the_batch)(
        says="the mean and the variance of the batch were used in place of the given ones",
        ask="Which mean and which variance does a trained network use when it is evaluated?",
        needs="given statistics that are not those of the batch",
    ),
)
