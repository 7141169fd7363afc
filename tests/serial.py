"""The work on many items without workers: for tests that are not about these."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from cnngrad.batch.pool import Bounds, Outcome, Work
from cnngrad.errors import CnngradError


def serial(items: Iterable[Any], work: Work, bounds: Bounds | None = None) -> Generator[Outcome, None, None]:
    """What comes of each item, in order, in this process; an exception of the work is the end."""
    for item in items:
        try:
            yield Outcome(item, work(item))
        except CnngradError as error:
            yield Outcome(item, None, error.problems[0])
