"""Which of the largest cells of each window of max pooling takes the gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def first_of(tied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the tied taps of each window (taps, ...), the first alone."""
    kept, seen = tied.copy(), tied[0].copy()
    for tap in range(1, len(tied)):
        kept[tap] &= ~seen
        seen |= tied[tap]
    return kept


def last_of(tied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the tied taps of each window (taps, ...), the last alone."""
    return first_of(tied[::-1])[::-1]
