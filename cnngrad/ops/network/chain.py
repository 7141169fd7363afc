"""Fits the layers of a network, each to the output of the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.ops.activation import fields as activation
from cnngrad.ops.batch_norm import fields as batch_norm
from cnngrad.ops.conv import fields as conv
from cnngrad.ops.dense import fields as dense
from cnngrad.ops.network.layers import LayerEntry
from cnngrad.ops.network.network import INPUT, NamedLayer
from cnngrad.ops.pool import fields as pool
from cnngrad.ops.reshape import fields as reshape
from cnngrad.spec.context import Context
from cnngrad.wording import times

FITS: dict[str, Callable[[Context, Any], Fitted | None]] = {
    "conv": conv.fit,
    "pool": pool.fit,
    "dense": dense.fit,
    "activation": activation.fit,
    "flatten": reshape.fit_flatten,
    "residual": reshape.fit_residual,
    "batch_norm": batch_norm.fit,
}


@dataclass
class Chain:
    """Fits every layer to the output of the one before; `outputs` are those so far, by name."""

    context: Context
    outputs: dict[str, Output]

    def fit(self, layers: list[LayerEntry]) -> list[NamedLayer]:
        """The layers with their parameters; those after the first that does not fit are left out."""
        fitted = []
        for read in layers:
            before, input_ = list(self.outputs.items())[-1]
            says = f"; {read.name} reads the output of {before}, shape {times(input_.shape)}"
            inside = replace(
                self.context.inside(read.node, read.values, f"{read.name}."),
                suffix="" if before == INPUT else says,
                earlier=self.outputs,
                source=read.source,
            )
            found = FITS[read.op](inside, input_)
            if found is None or self.context.problems.found:
                break
            self.outputs[read.name] = found.layer.output
            sources = (before, *(read.source for _ in found.layer.others))
            fitted.append(NamedLayer(read.name, found.layer, found.parameters, sources))
        return fitted
