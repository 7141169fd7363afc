"""Attempts at what a tape computes: the right run, amended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from cnngrad.calculus.tape import Amendments, Arrival, Wrap, composed
from cnngrad.exercise.mistake import Attempt
from cnngrad.numbers.kinds import Array


@dataclass(frozen=True, kw_only=True)
class TapeAttempt(Attempt):
    """A quantity of an exercise whose tape is amended."""

    exercise: Any
    taped: ClassVar[bool] = True
    amendments: Amendments = field(default_factory=Amendments)

    @classmethod
    def at(cls, exercise: Any, quantity: str, decimals: int = 17) -> TapeAttempt:
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
        wrapped = {name: composed(before.get(name), wrap) for name, wrap in wraps.items()}
        return replace(self, amendments=replace(self.amendments, operations={**before, **wrapped}))

    def forward_kept(self) -> Self:
        """The same with every value as it stands: only what goes back is worked out again."""
        tape = self.world.tape
        values = {step.name: tape.values[step.name] for step in tape.steps}
        return replace(self, amendments=replace(self.amendments, values=values))

    def arriving(self, arrive: Arrival) -> Self:
        """The same with another rule for gradients that arrive."""
        return replace(self, amendments=replace(self.amendments, arrive=arrive))
