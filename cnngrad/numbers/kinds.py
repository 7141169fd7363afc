"""The kinds of numbers a cell may be: how a text becomes a value, and a value plain JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.numbers import grammar

Array = NDArray[Any]
"""float64 or float32 cells, or Python fractions in an object array."""


@dataclass(frozen=True)
class Kind:
    """One kind of number.

    `read` gives a value from a text (ValueError says why not), `plain` a JSON value from a cell,
    `ratio` the value of a quotient of integers such as the weight 1/4 of an average.
    """

    name: str
    dtype: type[Any]
    read: Callable[[str], Any]
    plain: Callable[[Any], Any]
    ratio: Callable[[int, int], Any]


def _plain_float(value: Any) -> float | None:
    number = float(value)
    return number if number - number == 0.0 else None


def _plain_fraction(value: Any) -> str | None:
    return str(value) if isinstance(value, Fraction | int) else None


FLOAT = Kind("float", np.float64, grammar.to_float, _plain_float, lambda top, bottom: top / bottom)
EXACT = Kind("exact", object, grammar.to_fraction, _plain_fraction, Fraction)
KINDS = {kind.name: kind for kind in (FLOAT, EXACT)}


def kind_of(array: Array) -> Kind:
    """The kind of an array's cells."""
    return EXACT if array.dtype == object else FLOAT


def plain(array: Array) -> Any:
    """An array as nested lists of JSON values; a window without a real cell (-inf) is null."""
    kind = kind_of(array)
    if kind is FLOAT and np.isfinite(array).all():
        return array.astype(np.float64).tolist()
    return _nested(array, kind.plain)


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros of the kind of `like`; exact zeros are fractions, so that sums stay fractions."""
    if like.dtype == object:
        return np.full(shape, Fraction(0), dtype=object)
    return np.zeros(shape, dtype=like.dtype)


def _nested(array: Array, cell: Callable[[Any], Any]) -> Any:
    if array.ndim == 0:
        return cell(array[()])
    return [_nested(part, cell) if isinstance(part, np.ndarray) else cell(part) for part in array]
