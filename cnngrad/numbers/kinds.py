"""The kinds of numbers a cell may be: how a text becomes a value, and a value plain JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.numbers import grammar
from cnngrad.numbers.exact import exact, ratio
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.terms import Symbol

Array = NDArray[Any]
"""float64 or float32 cells, or Python fractions or formulas in an object array."""


@dataclass(frozen=True)
class Kind:
    """One kind of number.

    `read` gives a value from a text (ValueError says why not), `plain` a JSON value from a cell,
    `number` the cell that is a given fraction.
    """

    name: str
    dtype: type[Any]
    read: Callable[[str], Any]
    plain: Callable[[Any], Any]
    number: Callable[[Fraction], Any]


def _plain_float(value: Any) -> float | None:
    number = float(value)
    return number if number - number == 0.0 else None


def _plain_text(value: Any) -> str | None:
    if isinstance(value, Fraction | int):
        return ratio(Fraction(value))
    return str(value) if isinstance(value, Formula) else None


def _read_formula(text: str) -> Formula:
    """A number or a name; `spec` reads longer formulas."""
    return Formula.atom(Symbol(text)) if text.isidentifier() else Formula.constant(grammar.to_fraction(text))


FLOAT = Kind("float", np.float64, grammar.to_float, _plain_float, float)
EXACT = Kind("exact", object, lambda text: exact(grammar.to_fraction(text)), _plain_text, exact)
SYMBOLIC = Kind("symbolic", object, _read_formula, _plain_text, Formula.constant)
KINDS = {kind.name: kind for kind in (FLOAT, EXACT, SYMBOLIC)}


def kind_of(array: Array) -> Kind:
    """The kind of an array's cells."""
    if array.dtype != object:
        return FLOAT
    return SYMBOLIC if array.size and isinstance(array.flat[0], Formula) else EXACT


def plain(array: Array) -> Any:
    """An array as nested lists of JSON values; a window without a real cell (-inf) is null."""
    kind = kind_of(array)
    if kind is FLOAT and np.isfinite(array).all():
        return array.astype(np.float64).tolist()
    return _nested(array, kind.plain)


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros of the kind of `like`; zeros of objects are fractions or formulas, so that sums stay so."""
    if like.dtype == object:
        return np.full(shape, kind_of(like).number(Fraction(0)), dtype=object)
    return np.zeros(shape, dtype=like.dtype)


def floats(array: Array) -> NDArray[np.float64]:
    """The cells as float64; a fraction beyond float64 is infinite."""
    if array.dtype != object:
        return array.astype(np.float64)
    return np.array([nearest(cell) for cell in array.flat], dtype=np.float64).reshape(array.shape)


def nearest(value: Any) -> float:
    """The nearest float64; a fraction beyond float64 is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _nested(array: Array, cell: Callable[[Any], Any]) -> Any:
    if array.ndim == 0:
        return cell(array[()])
    return [_nested(part, cell) if isinstance(part, np.ndarray) else cell(part) for part in array]
