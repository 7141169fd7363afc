"""How a number is printed for people: integers whole, decimals to eight digits unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from cnngrad.numbers.formula import Formula
from cnngrad.numbers.wholes import digits, ratio

DIGITS = 8
"""Significant digits by default, as numpy prints; other formats than tables give all."""
_WHOLE = 1e15


def show(value: Any, precision: int | None = None) -> str:
    """`value` as text; `precision` is the number of decimals."""
    if isinstance(value, Fraction):
        return ratio(value) if precision is None else _rounded(value, precision)
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


def as_factor(text: str, *, first: bool = True) -> str:
    """A number or a formula as it stands in a product: a sum, a fraction, and a negative one that is not the
    first, in parentheses."""
    if (" " in text or "/" in text) and any(mark in _outside(text) for mark in " /"):
        return f"({text})"
    return f"({text})" if text.startswith("-") and not first else text


def _outside(text: str) -> str:
    """What stands in no parentheses."""
    depth, kept = 0, []
    for character in text:
        depth -= character == ")"
        kept += [character] if not depth else []
        depth += character == "("
    return "".join(kept)


def aligned(texts: Sequence[str]) -> list[str]:
    """Texts of one width, their decimal points below each other."""
    wholes = [text.partition(".")[0] for text in texts]
    tails = [text[len(whole) :] for text, whole in zip(texts, wholes, strict=True)]
    left, right = max(map(len, wholes), default=0), max(map(len, tails), default=0)
    return [f"{whole:>{left}}{tail:<{right}}" for whole, tail in zip(wholes, tails, strict=True)]


def _rounded(value: Fraction, precision: int) -> str:
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
