"""The right numbers of an exercise: by name, and exactly where that decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import FLOAT, Array, floats, nearest
from cnngrad.windows.windows import Index

MOST_TERMS = 10_000
"""Terms of one cell up to which they are listed one by one."""


@dataclass(frozen=True)
class Truth:
    """A solved exercise. `exactly` gives the same exercise in exact numbers; CnngradError where there is none."""

    exercise: Exercise
    exactly: Callable[[], Exercise] | None = None

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Every quantity by its name."""
        return self.exercise.judged_quantities()

    @cached_property
    def exact(self) -> Mapping[str, Array]:
        """The quantities as fractions; nothing where the exercise has no exact values."""
        if self.exactly is None:
            return {}
        try:
            return self.exactly().judged_quantities()
        except CnngradError:
            return {}

    @cached_property
    def derivation(self) -> Derivation[Any]:
        """Where every number comes from."""
        found: Derivation[Any] = self.exercise.derivation(self.exercise.solve().results)
        return found

    def magnitude(self, name: str, index: Index) -> float:
        """The sum of the absolute values of a cell's terms: what float64 noise is relative to."""
        if name not in self.derivation.traceable or self.derivation.most_terms(name) > MOST_TERMS:
            if name in self._magnitudes:
                return float(self._magnitudes[name][index])
            return float(np.abs(floats(self.values[name])).max(initial=0.0))
        trace = self.derivation.trace(Cell(name, index))
        return sum(abs(nearest(term.product)) for term in trace.terms if not isinstance(term.product, Formula))

    @cached_property
    def _magnitudes(self) -> Mapping[str, Array]:
        found = self.exercise.record.part("magnitudes")
        return {} if found is None or self.exercise.kind is not FLOAT else dict(found(self.exercise))
