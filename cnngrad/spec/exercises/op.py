"""What the registry knows of an op."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnngrad.ops.exercise import Exercise
from cnngrad.spec.context import Context
from cnngrad.spec.fields import Fields


@dataclass(frozen=True)
class Op:
    """The keys of an op, and what makes an exercise of their values.

    `build(context, backward)` adds what is wrong to the context's problems and gives nothing then.
    """

    fields: Fields
    build: Callable[[Context, bool | None], Exercise | None]
