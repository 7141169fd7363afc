"""Batch normalisation with the statistics of the batch (Ioffe and Szegedy 2015, algorithm 1): a mean per channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.exercise.op import Op
from cnngrad.ops import OPS, normalising
from cnngrad.spec.context import Context
from cnngrad.wording import times

LAYER = normalising.fields("channel")
ROWS = normalising.rows("batch_norm")


@dataclass(frozen=True)
class BatchNorm(normalising.Normalising):
    """The mean runs over all axes but C, or F for features; gamma and beta have one number per channel."""

    record: ClassVar[Op] = OPS["batch_norm"]


def fit(context: Context, input_: Output) -> Fitted | None:
    """The layer for this input; what does not fit goes to the context's problems."""
    arrays = {key: context.array(key) for key in LAYER}
    if context.problems.found:
        return None
    channels = tuple(axis for axis, letter in enumerate(input_.letters) if letter in "CF")
    axes = tuple(axis for axis in range(len(input_.shape)) if axis not in channels)
    layer = BatchNorm(input_, axes, channels)
    if layer.cells < 2 or 0 in input_.shape:
        says = f"has one cell per channel in shape {times(input_.shape)}; the variance needs two: give a batch"
        context.place("op", says)
    return normalising.fitted(context, layer, arrays, "channel")


class BatchNormDerivation(normalising.NormalisingDerivation[BatchNorm]):
    """The derivation of one solved batch normalisation."""

    group = "channel"
    scaled = "cells of the channel"


DERIVATION = BatchNormDerivation
