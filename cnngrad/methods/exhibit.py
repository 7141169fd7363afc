"""The matrices that a method works with, for one image and one group: what to write on the board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnngrad.numbers.kinds import Array


@dataclass(frozen=True)
class Exhibit:
    """A named matrix (two axes) and a sentence on what it is; most cells of a `sparse` one are zero."""

    symbol: str
    title: str
    cells: Array
    sparse: bool = False


def plane(array: Array) -> Array:
    """The first plane of (N, C, *spatial) as a matrix; one spatial axis is one row."""
    return np.asarray(array[0, :1] if array.ndim == 3 else array.reshape(-1, *array.shape[-2:])[0])


def only_first(array: Array) -> str:
    """What a title says where `plane` leaves something out."""
    return "" if array.size == plane(array).size else " (the first of its planes)"
