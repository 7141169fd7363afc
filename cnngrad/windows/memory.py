"""Memory for one block, used again by the next: fresh memory is slow until each of its pages was touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from cnngrad.numbers.kinds import Array

KEPT = 2**22
"""Bytes of one piece that is kept. To touch so much for the first time took 1.5 to 6 ms, to copy it 0.2 ms."""
MOST = 4
"""Pieces that are kept: a product takes two at a time."""

_spare: list[Any] = []


@contextmanager
def lent(cells: int, dtype: np.dtype[Any]) -> Iterator[Array]:
    """Flat memory for so many cells of a type, which holds anything."""
    if dtype.hasobject or cells * dtype.itemsize > KEPT:
        yield np.empty(cells, dtype)
        return
    try:
        piece = _spare.pop()
    except IndexError:
        piece = np.empty(KEPT, np.uint8)
    yield piece[: cells * dtype.itemsize].view(dtype)
    if len(_spare) < MOST:
        _spare.append(piece)
