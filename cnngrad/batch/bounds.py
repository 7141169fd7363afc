"""What a run may use, from what people write: `2GiB`, 60 seconds, two jobs."""

from __future__ import annotations

import math
import re
from typing import NoReturn

from cnngrad.batch.pool import Bounds
from cnngrad.errors import CnngradError, Problem, excerpt, option

_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?(?:([KMGT])(i?)B?|B)?", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
LEAST_MEMORY = 64 * 2**20
"""Bytes without which no worker can do anything."""
MOST_JOBS = 1_000
LONGEST = 10**6
"""Seconds for one item."""


def bounds(jobs: int | None = None, timeout: float = 60, memory: str | int = "2GiB") -> Bounds:
    """The bounds of a run; CnngradError says which of them cannot be."""
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= MOST_JOBS):
        _refuse("jobs", f"{jobs!r} is no number of workers; give 1 to {MOST_JOBS:,}")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= LONGEST:
        _refuse("timeout", f"{timeout!r} is no number of seconds; give more than 0, at most {LONGEST:,}")
    return Bounds(jobs, float(timeout), bytes_of(memory))


def bytes_of(size: str | int) -> int:
    """The bytes in `2GiB`, `500MB`, `1.5G` (as GiB) or a number of bytes; CnngradError where it is no size."""
    found = _SIZE.fullmatch(str(size).strip())
    if found is None or isinstance(size, bool):
        _refuse("memory", f"{excerpt(str(size))} is no size; write 2GiB or 500MB")
    number, letter, binary = found.groups()
    thousand = 1024 if binary or (letter and not found[0].upper().endswith("B")) else 1000
    count = math.floor(float(number) * float(thousand) ** _POWERS.get((letter or "").upper(), 0))
    if count < LEAST_MEMORY:
        _refuse("memory", f"{excerpt(str(size))} is too little for a worker; give 64MiB or more")
    return count


def _refuse(name: str, says: str) -> NoReturn:
    raise CnngradError(Problem(says, option(name)))
