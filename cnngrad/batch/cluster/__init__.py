"""Many items on a Dask cluster that is there already: chunks go out, outcomes come back in input order."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from cnngrad.batch import pool


def outcomes_at(
    scheduler: str | None, scheduler_file: str | None, items: Iterable[Any], work: pool.Work, bounds: pool.Bounds
) -> Generator[pool.Outcome, None, None]:
    """What comes of the items, on the cluster of this scheduler, or on this machine where none is named."""
    if scheduler is None and scheduler_file is None:
        return pool.outcomes(items, work, bounds)
    from cnngrad.batch.cluster.flow import outcomes

    return outcomes(items, work, bounds, scheduler=scheduler, scheduler_file=scheduler_file)
