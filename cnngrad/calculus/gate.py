"""What a row of the gate table is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError

Partials = tuple[Any, ...]


@dataclass(frozen=True)
class Gate:
    """One row: `forward(*inputs)`, `partials(output, *inputs)` with one local gradient per input.

    A local gradient that does not exist (the exponent of a negative base) is None. `refuses` says what
    is wrong with inputs outside the domain. `infix` is how the gate stands between its inputs.
    """

    name: str
    forward: Callable[..., Any]
    partials: Callable[..., Partials]
    rule: str
    local: tuple[str, ...]
    latex: str
    latex_local: tuple[str, ...]
    infix: str = ""
    refuses: Callable[..., str | None] = lambda *_: None

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> Partials:
        """upstream times local, for every input; what broadcasting spread is added up again: a fork."""
        return tuple(
            None if partial is None else _summed_to(upstream * partial, x)
            for partial, x in zip(self.partials(output, *inputs), inputs, strict=True)
        )

    def check(self, *inputs: Any) -> None:
        """Raise CnngradError where the gate has no value at these numbers."""
        if message := self.refuses(*inputs):
            raise CnngradError(message)


def _summed_to(gradient: Any, like: Any) -> Any:
    """`gradient` summed over the axes along which `like` was repeated."""
    shape = np.shape(like)
    if np.shape(gradient) == shape:
        return gradient
    spread = np.broadcast_to(gradient, np.broadcast_shapes(np.shape(gradient), shape))
    added = spread.sum(axis=tuple(range(spread.ndim - len(shape))))
    return added.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True) if shape else added
