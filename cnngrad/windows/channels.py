"""Which channels a window layer connects: consecutive ones in groups."""

from __future__ import annotations

from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass


@dataclass(frozen=True)
class Channels:
    """`inputs` and `outputs` channels in `groups` groups of consecutive channels.

    Output channel c is in group c // (outputs/groups), and sees the input channels of that group.
    """

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

    def exchanged(self) -> Channels:
        """The channels seen from the other side."""
        return Channels(self.outputs, self.inputs, self.groups)

    def seen_by(self, output: int) -> range:
        first = output // self.outputs_per_group * self.inputs_per_group
        return range(first, first + self.inputs_per_group)

    def reached_from(self, input_: int) -> range:
        first = input_ // self.inputs_per_group * self.outputs_per_group
        return range(first, first + self.outputs_per_group)

    def grouped(self, planes: Array) -> Array:
        """(N, C, ...) -> (N, groups, C/groups, ...)."""
        return planes.reshape(len(planes), self.groups, -1, *planes.shape[2:])

    def grouped_kernel(self, kernel: Array) -> Array:
        """(O, I, *taps) -> (groups, O/groups, I * taps): one matrix per group."""
        return kernel.reshape(self.groups, self.outputs_per_group, -1)
