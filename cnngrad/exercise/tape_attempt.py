"""Attempts at what a tape computes: the right run, amended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from cnngrad.calculus.tape import Amendments, Arrival, Operation
from cnngrad.exercise.mistake import Attempt
from cnngrad.numbers.kinds import Array
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.ops.network.network import NetworkExercise
from cnngrad.ops.rnn.rnn import RnnExercise

Taped = GraphExercise | NetworkExercise | RnnExercise
Wrap = Callable[[Operation], Operation]
Backward = Callable[..., Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class TapeAttempt(Attempt):
    """A quantity of an exercise whose tape is amended."""

    exercise: Any
    amendments: Amendments = field(default_factory=Amendments)

    @classmethod
    def at(cls, exercise: Taped, quantity: str, decimals: int = 17) -> TapeAttempt:
        """The run of the exercise as it stands."""
        return cls(quantity=quantity, decimals=decimals, exercise=exercise, amendments=exercise.amendments)

    @cached_property
    def world(self) -> Any:
        """The exercise as the student worked it out."""
        if self.amendments is self.exercise.amendments:
            return self.exercise
        return replace(self.exercise, amendments=self.amendments)

    def computed(self) -> Array:
        """The quantity of the amended run."""
        return np.asarray(self.world.result(self.quantity))

    def wrapping(self, wraps: Mapping[str, Wrap]) -> Self:
        """The same with operations wrapped, over what wraps them already."""
        before = self.amendments.operations
        wrapped = {name: both(before.get(name), wrap) for name, wrap in wraps.items()}
        return replace(self, amendments=replace(self.amendments, operations={**before, **wrapped}))

    def forward_kept(self) -> Self:
        """The same with every value as it stands: only what goes back is worked out again."""
        tape = self.world.tape
        values = {step.name: tape.values[step.name] for step in tape.steps}
        return replace(self, amendments=replace(self.amendments, values=values))

    def arriving(self, arrive: Arrival) -> Self:
        """The same with another rule for gradients that arrive."""
        return replace(self, amendments=replace(self.amendments, arrive=arrive))


@dataclass(frozen=True)
class Misled:
    """An operation whose forward pass is right and whose backward pass is `wrong(right, upstream, output, *inputs)`."""

    right: Operation
    wrong: Backward

    def forward(self, *inputs: Any) -> Any:
        """The right value."""
        return self.right.forward(*inputs)

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        """The wrong gradients."""
        return self.wrong(self.right, upstream, output, *inputs)


def misled(wrong: Backward) -> Wrap:
    """Wraps an operation so that it goes back wrongly."""
    return lambda right: Misled(right, wrong)


def overwritten(_: str, before: Any, now: Any) -> Any:
    """At a fork the path that comes last in the backward pass stands alone."""
    return now


def first_kept(_: str, before: Any, now: Any) -> Any:
    """At a fork the path that comes first in the backward pass stands alone."""
    return now if before is None else before


def both(inner: Wrap | None, outer: Wrap) -> Wrap:
    """One wrap over another."""
    return outer if inner is None else lambda right: outer(inner(right))
