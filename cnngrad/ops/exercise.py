"""An exercise: one op with its given arrays. What the rooms above need to know of any op."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cnngrad.calculus.laws import Law
from cnngrad.numbers.kinds import Array, Kind


@dataclass(frozen=True)
class Solved:
    """What an op gives: arrays by name, and the laws they obey."""

    results: Mapping[str, Array]
    laws: tuple[Law, ...] = ()


class Exercise(Protocol):
    """An op with its numbers, ready to run."""

    @property
    def op(self) -> str:
        """The op's key in a spec."""

    @property
    def kind(self) -> Kind:
        """The kind of its numbers."""

    @property
    def given(self) -> Mapping[str, Array]:
        """The arrays that the spec gives, by symbol: A, W, b, dZ."""

    def settings(self) -> dict[str, Any]:
        """The settings in full, one entry per axis, as plain JSON values."""

    def solve(self) -> Solved:
        """Forward and, where there is an upstream gradient, backward."""

    def loss(self, arrays: Mapping[str, Array]) -> Any:
        """<dZ, Z> as a function of the arrays that have gradients: what `gradcheck` differentiates."""

    def multiply_adds(self) -> int:
        """Products of one forward pass."""
