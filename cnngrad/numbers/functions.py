"""Elementary functions for every kind of number: numpy for floats, calls for formulas, none for fractions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.terms import Call

_FAR = 40.0
"""The density of the normal distribution is 0 in float64 from here on."""


def _sigmoid(x: Any) -> Any:
    """1/(1 + exp(-x)) without overflow on either side."""
    small = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1.0, small)[()] / (1.0 + small)


def _normal_cdf(x: Any) -> Any:
    return 0.5 * (1.0 + np.vectorize(math.erf, otypes=[float])(np.asarray(x) / math.sqrt(2.0)))[()]


def _normal_pdf(x: Any) -> Any:
    near = np.minimum(np.abs(x), _FAR)  # the square of what lies further out is beyond float64
    return np.exp(-0.5 * near * near) / math.sqrt(2.0 * math.pi)


_FLOAT: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "Phi": _normal_cdf,
    "phi": _normal_pdf,
}


def function(name: str, x: Any) -> Any:
    """The function `name` of a number or, cell by cell, of an array.

    Fractions have no exact value under these functions; CnngradError says so and names the mode that has one.
    """
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.frompyfunc(lambda cell: _of_object(name, cell), 1, 1)(x)
    if isinstance(x, Fraction | Formula):
        return _of_object(name, x)
    return _FLOAT[name](x)


def _of_object(name: str, cell: Any) -> Any:
    if isinstance(cell, Formula):
        return Formula.atom(Call(name, (cell,), _FLOAT[name]))
    raise CnngradError(f"{name} has no exact value; take numbers: float")


def known(array: Array) -> Iterator[Any]:
    """The cells as numbers, row-major; None for a formula whose symbols have no values."""
    return (cell.value if isinstance(cell, Formula) else cell for cell in array.flat)


def compared(x: Any, what: str) -> Any:
    """`x` as numbers that can be compared: formulas become their values, which `what` cannot do without."""
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.frompyfunc(lambda cell: _value(cell, what), 1, 1)(x)
    return _value(x, what) if isinstance(x, Formula) else x


def _value(cell: Any, what: str) -> Any:
    if not isinstance(cell, Formula):
        return cell
    if cell.value is None:
        names, first = ", ".join(cell.missing[:5]), cell.missing[0]
        says = f"{what} compares numbers; give a value for {names}, as in values: {{{first}: 3}}"
        raise CnngradError(says)
    return cell.value
