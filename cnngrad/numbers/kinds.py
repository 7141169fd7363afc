"""The kinds of numbers a cell may be: how a text becomes a value, a value plain JSON, and functions of every kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.errors import CnngradError
from cnngrad.numbers import grammar
from cnngrad.numbers.exact import exact, ratio
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.terms import Call, Symbol
from cnngrad.records import dataclass

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
    number = float(value) + 0.0  # a zero has no sign
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
    if kind is FLOAT and all_finite(array):
        return (array.astype(np.float64) + 0.0).tolist()
    return _nested(array, kind.plain)


MANY = 2**14
"""Cells from which on a sum of squares is the quicker test: 0.2 ms for 1.6 million, in place of 0.7 to 1.1."""


def all_finite(array: NDArray[np.floating[Any]]) -> bool:
    """Whether every cell of a float array is a number; of a small one, twice as quick as `all` of them."""
    if array.size > MANY and array.dtype.kind == "f":
        cells = array.ravel(order="K")
        with np.errstate(all="ignore"):
            if math.isfinite(np.dot(cells, cells)):  # no memory; that of truth values takes longer than their test
                return True
    return int(np.count_nonzero(np.isfinite(array))) == array.size


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


def _tanh_inside(x: Any) -> tuple[Any, Any]:
    """u = sqrt(2/pi)*(x + 0.044715*x**3) and its derivative; beyond _FAR tanh(u) is 1 in float64."""
    near = np.clip(x, -_FAR, _FAR)
    scale = math.sqrt(2.0 / math.pi)
    return scale * (near + 0.044715 * near**3), scale * (1.0 + 3 * 0.044715 * near**2)


def _tanh_cdf(x: Any) -> Any:
    """Nearly the normal distribution (Hendrycks and Gimpel 2016, Gaussian Error Linear Units, section 2)."""
    return 0.5 * (1.0 + np.tanh(_tanh_inside(x)[0]))


def _tanh_pdf(x: Any) -> Any:
    u, slope = _tanh_inside(x)
    return 0.5 * (1.0 - np.tanh(u) ** 2) * slope


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
    "Phi_tanh": _tanh_cdf,
    "phi_tanh": _tanh_pdf,
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
        return np.frompyfunc(lambda cell: compared(cell, what), 1, 1)(x)
    if not isinstance(x, Formula):
        return x
    if x.value is None:
        names, first = ", ".join(x.missing[:5]), x.missing[0]
        raise CnngradError(f"{what} compares numbers; give a value for {names}, as in values: {{{first}: 3}}")
    return x.value
