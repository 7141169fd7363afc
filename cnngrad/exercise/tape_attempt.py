"""Attempts at what a tape computes: the right run, amended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from cnngrad.calculus.tape import Amendments, Arrival, Wrap, composed, first_kept, overwritten
from cnngrad.exercise.mistake import Attempt, Candidate, Mistake
from cnngrad.numbers.kinds import Array


@dataclass(frozen=True, kw_only=True)
class TapeAttempt(Attempt):
    """A quantity of an exercise whose tape is amended."""

    exercise: Any
    on_tape: ClassVar[bool] = True
    amendments: Amendments = field(default_factory=Amendments)

    @classmethod
    def at(cls, exercise: Any, quantity: str, decimals: int = 17) -> TapeAttempt:
        """The run of the exercise as it is."""
        return cls(quantity=quantity, decimals=decimals, exercise=exercise, amendments=exercise.amendments)

    @cached_property
    def amended(self) -> Any:
        """The exercise as the student computed it."""
        if self.amendments is self.exercise.amendments:
            return self.exercise
        return replace(self.exercise, amendments=self.amendments)

    def computed(self) -> Array:
        return np.asarray(self.amended.result(self.quantity))

    def second(self, first: Mistake, others: Sequence[Mistake]) -> Iterator[Candidate]:
        """In a layer that the first mistake reaches from elsewhere: the mistakes of that layer; else the others."""
        for spoilt in first.variants(self):
            yield from spoilt.nearest() or (Candidate(other, spoilt) for other in others)

    def wrapping(self, wraps: Mapping[str, Wrap]) -> Self:
        """The same with operations wrapped, over what wraps them already."""
        before = self.amendments.operations
        wrapped = {name: composed(before.get(name), wrap) for name, wrap in wraps.items()}
        return replace(self, amendments=replace(self.amendments, operations={**before, **wrapped}))

    def forward_kept(self) -> Self:
        """The same with every value as it is: only what goes back is computed again."""
        tape = self.amended.tape
        values = {step.name: tape.values[step.name] for step in tape.steps}
        return replace(self, amendments=replace(self.amendments, values=values))

    def arriving(self, arrive: Arrival, at: Callable[[str], bool] | None = None) -> Self:
        """The same with another rule for the gradients that arrive at the values for which `at` holds, or at all."""
        right = self.amendments.arrive

        def chosen(name: str, before: Any, now: Any) -> Any:
            return (arrive if at is None or at(name) else right)(name, before, now)

        return replace(self, amendments=replace(self.amendments, arrive=chosen))

    def one_path(self, at: Callable[[str], bool] | None = None) -> Iterator[Self]:
        """At forks only the path that comes last in the backward pass; only the one that comes first."""
        return (self.arriving(arrive, at) for arrive in (overwritten, first_kept))
