"""Which input channels an output channel sees: output c belongs to group c // (outputs/groups)."""

from __future__ import annotations

from dataclasses import dataclass

from cnngrad.numbers.kinds import Array


@dataclass(frozen=True)
class Channels:
    """`inputs` and `outputs` channels in `groups` groups of consecutive channels."""

    inputs: int
    outputs: int
    groups: int = 1

    @property
    def inputs_per_group(self) -> int:
        """Input channels that one output channel sees."""
        return self.inputs // self.groups

    @property
    def outputs_per_group(self) -> int:
        """Output channels that one input channel reaches."""
        return self.outputs // self.groups

    def seen_by(self, output: int) -> range:
        """The input channels that output channel `output` sees."""
        first = output // self.outputs_per_group * self.inputs_per_group
        return range(first, first + self.inputs_per_group)

    def reached_from(self, input_: int) -> range:
        """The output channels that see input channel `input_`."""
        first = input_ // self.inputs_per_group * self.outputs_per_group
        return range(first, first + self.outputs_per_group)

    def grouped(self, planes: Array) -> Array:
        """(N, C, ...) -> (N, groups, C/groups, ...)."""
        return planes.reshape(len(planes), self.groups, -1, *planes.shape[2:])

    def grouped_kernel(self, kernel: Array) -> Array:
        """(O, I, *taps) -> (groups, O/groups, I * taps): one matrix per group."""
        return kernel.reshape(self.groups, self.outputs_per_group, -1)
