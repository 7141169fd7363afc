"""Sizes of memory as people write them: 2GiB, 512 MiB, 2G (the same as 2GiB), 500MB, 1073741824."""

from __future__ import annotations

import re

from cnngrad.errors import CnngradError, Problem, excerpt, option

UNITS = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "K": 2**10,
    "M": 2**20,
    "G": 2**30,
    "T": 2**40,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
LEAST = 64 * 2**20
"""Bytes below which a worker has no room: Python takes 5 MiB, with numpy and what solves a spec 60 MiB."""
MOST = 2**60
"""Bytes above which a bound is a mistake of writing."""
WRITTEN = "write it as 2GiB or 512MiB"


def bytes_of(size: str | int) -> int:
    """The bytes of a size: a whole number of bytes, or text as `2GiB`; raises CnngradError for what is no size of
    memory that a worker can do with."""
    found = size if isinstance(size, int) and not isinstance(size, bool) else _read(str(size))
    if found < LEAST:
        says = f"{said(found)} is too little for a worker; give {said(LEAST)} or more"
        raise CnngradError(Problem(says, option("memory")))
    if found > MOST:
        raise CnngradError(Problem(f"{said(found)} is more than any computer has; {WRITTEN}", option("memory")))
    return found


def _read(text: str) -> int:
    """The bytes that `text` says, which may have a decimal point before a unit."""
    match = re.fullmatch(r"([0-9]{1,18})(?:\.([0-9]{1,9}))?\s*([A-Za-z]*)", text.strip(), re.ASCII)
    unit = UNITS.get(match[3].upper() or "B") if match else None
    if match is None or unit is None or (match[2] and unit == 1):
        raise CnngradError(Problem(f"{excerpt(text)} is no size; {WRITTEN}", option("memory")))
    decimals = match[2] or ""
    return int(match[1] + decimals) * unit // int("1" + "0" * len(decimals))


def said(size: int) -> str:
    """A number of bytes in the largest unit that gives a whole number: `2 GiB`, `500 MB`, `1,000,001 B`."""
    for unit, name in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (10**9, "GB"), (10**6, "MB"), (2**10, "KiB")):
        if size and size % unit == 0:
            return f"{size // unit:,} {name}"
    return f"{size:,} B"
