"""Arrays that come as arguments of Python functions: what numpy and torch hold, as numbers of one kind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError, excerpt
from cnngrad.numbers import grammar
from cnngrad.numbers.exact import exact
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array
from cnngrad.wording import shaped

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def arrays_of(**given: Any) -> list[Array]:
    """The arguments as arrays of one kind: float32 and float64 stay, integers become float64.

    A single number, such as a delta that stands for every cell, takes the kind of the arrays. CnngradError names the
    argument, and the first cell that is no finite number.
    """
    arrays = [array_of(name, value) for name, value in given.items()]
    dtype = np.result_type(*([array for array in arrays if array.ndim] or arrays))
    return [like(array, dtype) for array in arrays]


def like(array: Array, dtype: Any) -> Array:
    """The array as numbers of this dtype; floats beside fractions become fractions, which lose nothing."""
    if np.dtype(dtype).kind == "O" and array.dtype.kind != "O":
        return _each(array, exact)
    return array.astype(dtype, copy=False)


def array_of(name: str, value: Any) -> Array:
    """One argument as float32, float64, fractions or formulas; all of its cells are finite."""
    array = _plain(name, value)
    if not array.size:
        raise CnngradError(f"{name}: {shaped(array.shape)}, without a single cell; give at least one number")
    if array.dtype == object:
        return _of_objects(name, array)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.kind != "f" or array.dtype.itemsize not in (4, 8):
        raise CnngradError(f"{name}: has dtype {array.dtype}; give float64, float32, integers or fractions")
    array = array.astype(_SINGLE if array.dtype.itemsize == 4 else _DOUBLE, copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        index = tuple(map(int, np.argwhere(~finite)[0]))
        raise CnngradError(f"{_cell(name, index)}: {grammar.why_not(str(float(array[index])))}")
    return array


def _plain(name: str, value: Any) -> Array:
    """The argument as numpy sees it; a tensor that needs a gradient gives its numbers when it is detached."""
    if isinstance(value, np.ma.MaskedArray):
        raise CnngradError(f"{name}: is a masked array; fill its cells and give a plain one")
    if callable(getattr(value, "detach", None)):
        value = value.detach()
        value = value.cpu() if callable(getattr(value, "cpu", None)) else value
    try:
        return np.asarray(value)
    except ValueError:
        raise CnngradError(f"{name}: is ragged; give every row the same length") from None
    except (TypeError, RuntimeError, OverflowError) as error:
        says = f"type {excerpt(type(value).__name__)} gives no array ({excerpt(str(error))})"
        raise CnngradError(f"{name}: {says}; give numbers, lists or numpy arrays") from None


def _of_objects(name: str, array: Array) -> Array:
    """Fractions and formulas stay; whole numbers and floats alone become float64."""
    for index, cell in np.ndenumerate(array):
        if message := _why_no_number(cell):
            raise CnngradError(f"{_cell(name, index)}: {message}")
    if any(isinstance(cell, Formula) for cell in array.flat):
        return _each(array, lambda cell: cell if isinstance(cell, Formula) else Formula.constant(cell))
    if any(isinstance(cell, Fraction | Decimal) for cell in array.flat):
        return _each(array, exact)
    return _each(array, float).astype(np.float64)


def _why_no_number(cell: Any) -> str | None:
    """What is wrong with a cell of an array of objects; nothing for a finite number."""
    if isinstance(cell, Fraction | Formula):
        return None
    if cell is None or isinstance(cell, str | bool | np.bool_):
        return grammar.why_not("null" if cell is None else str(cell))
    if not isinstance(cell, int | float | Decimal | np.integer | np.floating):
        return f"is of type {excerpt(type(cell).__name__)}; give numbers"
    try:
        return None if np.isfinite(float(cell)) else grammar.why_not(str(float(cell)))
    except (OverflowError, ValueError):
        return "is beyond float64, which holds 5e-324 to 1.8e308; scale the numbers"


def _each(array: Array, number: Callable[[Any], Any]) -> Array:
    flat = np.empty(array.size, dtype=object)
    flat[:] = [number(cell.item() if isinstance(cell, np.generic) else cell) for cell in array.flat]
    return flat.reshape(array.shape)


def _cell(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name
