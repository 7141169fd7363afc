"""What the rows about convolutions share."""

from __future__ import annotations

from collections.abc import Iterator

from cnngrad.exercise.mistake import LayerAttempt, only


def each_filter(attempt: LayerAttempt, kept: int) -> Iterator[LayerAttempt]:
    """The attempt with the upstream gradient of one filter alone."""
    if attempt.layer.filters > 1:
        yield attempt.given(dZ=only(attempt.dZ, 1, kept))
