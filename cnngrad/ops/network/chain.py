"""Fits the layers of a network, each to the output of the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.ops import OPS
from cnngrad.ops.network.layers import LayerEntry
from cnngrad.ops.network.network import INPUT, NamedLayer
from cnngrad.spec.context import Context
from cnngrad.wording import times


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
            found: Fitted | None = OPS[read.op].part("fit")(inside, input_)
            if found is None or self.context.problems.found:
                break
            self.outputs[read.name] = found.layer.output
            sources = (before, *(read.source for _ in found.layer.others))
            fitted.append(NamedLayer(read.name, found.layer, found.parameters, sources))
        return fitted
