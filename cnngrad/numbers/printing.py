"""How numbers are printed for people, and rounded: integers whole, decimals to eight digits unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.numbers.exact import digits, ratio
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array

DIGITS = 8
"""Significant digits by default, as numpy prints; other formats than tables give all."""
_WHOLE = 1e15
_NO_DECIMALS = 2.0**53
"""Floats above have no decimals to round."""
_MOST_DIGITS = 20
"""Digits before the point, at most."""


def show(value: Any, precision: int | None = None) -> str:
    """`value` as text; `precision` is the number of decimals."""
    if isinstance(value, Fraction):
        return ratio(value) if precision is None else _decimals(value, precision)
    if isinstance(value, Formula):
        return str(value)
    number = float(value)
    if number - number != 0.0:
        return str(number)
    if precision is not None:
        return _fixed(number, precision)
    if number == int(number) and abs(number) < _WHOLE:
        return str(int(number))
    return f"{number:.{DIGITS}g}"


def shown(array: Array, precision: int | None = None) -> list[str]:
    """Every cell as `show` writes it, row-major; of floats many at once."""
    if array.dtype == object:
        return [show(cell, precision) for cell in array.flat]
    if precision is None and (whole := whole_numbers(array)) is not None:
        return [*map(str, whole.tolist())]
    numbers = array.ravel() + 0.0  # a zero has no sign
    # `%` takes two thirds of the time of a formatted string here, and writes the same; but where it cuts all digits of
    # a number off, or those of a whole one, `show` says what is written.
    size, form = np.abs(numbers), f"%.{DIGITS}g" if precision is None else f"%.{precision}f"
    texts = [*map(form.__mod__, numbers.tolist())]
    others = size >= 10.0**DIGITS if precision is None else (size < 10.0**-precision) & (size > 0)
    for place in np.flatnonzero(others).tolist():
        texts[place] = show(numbers[place], precision)
    return texts


def whole_numbers(array: Array) -> NDArray[np.int64] | None:
    """The cells as integers, row-major, where all of them are whole and written without an exponent; otherwise None."""
    return array.ravel().astype(np.int64) if array.dtype != object and _whole(array).all() else None


def _whole(array: Array) -> NDArray[np.bool_]:
    return (np.rint(array) == array) & (np.abs(array) < _WHOLE)  # type: ignore[no-any-return]


def as_factor(text: str, *, first: bool = True) -> str:
    """A number or a formula as it is written in a product: a sum, a fraction, and a negative one that is not the
    first, in parentheses."""
    if (" " in text or "/" in text) and any(mark in _outside(text) for mark in " /"):
        return f"({text})"
    return f"({text})" if text.startswith("-") and not first else text


def _outside(text: str) -> str:
    """The part of a text that is in no parentheses."""
    depth, kept = 0, []
    for character in text:
        depth -= character == ")"
        kept += [character] if not depth else []
        depth += character == "("
    return "".join(kept)


def aligned(texts: Sequence[str]) -> list[str]:
    """Texts of one width, the decimal points below each other."""
    wholes = [text.partition(".")[0] for text in texts]
    tails = [text[len(whole) :] for text, whole in zip(texts, wholes, strict=True)]
    left, right = max(map(len, wholes), default=0), max(map(len, tails), default=0)
    return [f"{whole:>{left}}{tail:<{right}}" for whole, tail in zip(wholes, tails, strict=True)]


def _decimals(value: Fraction, precision: int) -> str:
    """A fraction as decimals, rounded half to even in integers: it may be larger than any float."""
    scaled = round(value * 10**precision)
    if not scaled and value:
        return _fixed(float(value), precision)
    decimals = digits(abs(scaled)).rjust(precision + 1, "0")
    whole, decimals = decimals[: len(decimals) - precision], decimals[len(decimals) - precision :]
    return f"{'-' if scaled < 0 else ''}{whole}{'.' if precision else ''}{decimals}"


def _fixed(number: float, precision: int) -> str:
    text = f"{number:.{precision}f}"
    if number and not text.strip("-0."):
        return f"{number:.{precision}e}"
    return text if text.strip("-0.") else text.lstrip("-")


def rounded(value: Any, decimals: int) -> Any:
    """`value` with so many decimals, half away from zero, as people round; formulas stay."""
    if isinstance(value, Formula):
        return value
    if isinstance(value, Fraction):
        scaled = value * 10**decimals
        whole = int(abs(scaled) + Fraction(1, 2))
        return Fraction(whole if scaled >= 0 else -whole, 10**decimals)
    number = float(value)
    if not abs(number) <= _NO_DECIMALS:
        return number
    digits = Context(prec=decimals + _MOST_DIGITS)
    return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, digits))


def rounded_array(array: Array, decimals: int) -> Array:
    """Every cell rounded."""
    return np.array([rounded(value, decimals) for value in array.flat], dtype=array.dtype).reshape(array.shape)
