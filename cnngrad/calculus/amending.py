"""A tape amended: operations that go back wrongly, forks that lose a path, gradients that are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnngrad.calculus.tape import Arrival, Operation, added

Wrap = Callable[[Operation], Operation]
Backward = Callable[..., Sequence[Any]]


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


def passing(place: int, gradient: Any) -> Wrap:
    """Wraps an operation so that it passes `gradient` back to one of its inputs."""

    def wrong(right: Any, upstream: Any, output: Any, *inputs: Any) -> list[Any]:
        found = list(right.backward(upstream, output, *inputs))
        found[place] = gradient
        return found

    return misled(wrong)


def pinned(gradients: Mapping[str, Any]) -> Arrival:
    """The rule of forks, but for values whose gradient is known already."""
    return lambda name, before, now: gradients[name] if name in gradients else added(name, before, now)
