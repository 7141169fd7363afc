"""Lines of numbers as texts, and many texts as numbers at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from cnngrad.numbers.kinds import Array, Kind

_SAMPLE = 500
_PLAIN = re.compile(r"[-+0-9.eE,]*")
# 05 and -05 but not 105, 1.05, 1e05 or 1e-05; the zero comes first because the search for it is fast.
_LEADING_ZERO = re.compile(r"0[0-9](?<![0-9.eE]0[0-9])(?<![eE][-+]0[0-9])")
_TIGHT_COMMA = re.compile(r"[^\s,],[^\s,]")
_BARE_BLANK = re.compile(r"[^\s,]\s+[^\s,]")


def in_bulk(texts: list[str]) -> Array | None:
    """All `texts` as float64 if they are plain decimals of good size; else nothing, and each is looked at."""
    joined = ",".join(texts)
    if not _PLAIN.fullmatch(joined) or _LEADING_ZERO.search(joined):
        return None
    try:
        values = np.fromiter(map(_reader(texts), texts), np.float64, len(texts))
    except ValueError:
        return None
    if not np.isfinite(values).all() or any(_tiny(texts[i]) for i in np.flatnonzero(values == 0.0)):
        return None
    return values


def fractions_of(values: Array, kind: Kind) -> Array:
    """An array of numbers as one of the fractions or formulas of `kind`."""
    fractions = np.empty(values.size, dtype=object)
    fractions[:] = [kind.number(Fraction(value)) for value in values.ravel().tolist()]
    return fractions.reshape(values.shape)


def _reader(texts: list[str]) -> Callable[[str], float]:
    """`float`, or where texts repeat, as they do in exercises, a table of them: four times as fast."""
    sample = texts[:_SAMPLE]
    if len(texts) <= _SAMPLE or len(set(sample)) > 0.9 * len(sample):
        return float
    return {text: float(text) for text in set(texts)}.__getitem__


def _tiny(text: str) -> bool:
    """Whether a number that float64 makes 0 may be something else."""
    return len(text) > 1 and any(digit in text for digit in "123456789")


def cells_of(line: str, semicolons: bool) -> list[str]:
    """The cells of one line; an empty text where two commas have nothing between them.

    In `1,5 2,5` the commas are decimal commas, not separators: they stay, and the number grammar refuses them.
    """
    if semicolons and ";" in line:
        return [part.strip() for part in line.split(";")]
    if "," not in line:
        return line.split()
    parts = line.split(",")
    if len(line.replace(",", " ").split()) == len(parts):
        return list(map(str.strip, parts))
    if _TIGHT_COMMA.search(line) and _BARE_BLANK.search(line):
        return line.split()
    return [cell for part in parts for cell in part.split() or [""]]


def offset(line: str, cells: list[str]) -> int:
    """Where the last of `cells`, the first ones of `line`, begins."""
    start = end = 0
    for i, token in enumerate(cells):
        if token:
            start = line.find(token, end)
            end = start + len(token)
        else:
            start = end = min(end + 1, len(line)) if i else 0
    return max(0, start)
