"""Random choices that depend on the seed and the index of a mutant alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw(Random):
    """A source of choices."""

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.random() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of these."""
        return items[self.randrange(len(items))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of these, by their weights."""
        return self.choices(list(weights), list(weights.values()))[0]


def draw_for(seed: int, index: int) -> Draw:
    """The choices of one mutant; a text as the seed does not depend on the hash seed."""
    return Draw(f"cnngrad {seed} {index}")
