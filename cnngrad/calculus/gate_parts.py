"""What the rows of the gate table are made of: the row itself, comparisons that know formulas, powers, and domains."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import compared, function
from cnngrad.records import dataclass

_LONGEST_BITS = 200
"""Bits of a fraction that a message still writes out."""
Partials = tuple[Any, ...]


@dataclass(frozen=True)
class Gate:
    """One row of the gate table: `forward(*inputs)`, `partials(output, *inputs)` with one local gradient per input.

    A local gradient that does not exist (the exponent of a negative base) is None. `refuses` says what
    is wrong with inputs outside the domain. `infix` is how the gate is written between its inputs.
    """

    name: str
    forward: Callable[..., Any]
    partials: Callable[..., Partials]
    rule: str
    local: tuple[str, ...]
    latex: str
    latex_local: tuple[str, ...]
    infix: str = ""
    refuses: Callable[..., str | None] = lambda *_: None

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> Partials:
        """upstream times local, for every input; what broadcasting spread is added up again: a fork."""
        return tuple(
            None if partial is None else _summed_to(upstream * partial, x)
            for partial, x in zip(self.partials(output, *inputs), inputs, strict=True)
        )

    def check(self, *inputs: Any) -> None:
        """Raise CnngradError where the gate has no value at these numbers."""
        if message := self.refuses(*inputs):
            raise CnngradError(message)


def _summed_to(gradient: Any, like: Any) -> Any:
    """`gradient` summed over the axes along which `like` was repeated."""
    shape = np.shape(like)
    if np.shape(gradient) == shape:
        return gradient
    spread = np.broadcast_to(gradient, np.broadcast_shapes(np.shape(gradient), shape))
    added = spread.sum(axis=tuple(range(spread.ndim - len(shape))))
    return added.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True) if shape else added


def positive(x: Any, what: str) -> Any:
    """Where x > 0; `what` is the gate that needs to know."""
    return np.asarray(compared(x, what)) > 0


def rectified(x: Any, above: Any, below: Any, what: str) -> Any:
    """`above` where x > 0, else `below`."""
    return np.where(positive(x, what), above, below)[()]


def ratio(number: Fraction, like: Any) -> Any:
    """A fraction as a number of the kind of `like`."""
    return float(number) if is_float(like) else number


def one(x: Any) -> Any:
    """1 in the kind and shape of x."""
    return x * 0 + 1


def _winner(sign: int, what: str) -> tuple[Callable[..., Any], Callable[..., Partials]]:
    """max (1) or min (-1) of several inputs, and its routes: at a tie the first input is the winner."""

    def best(*inputs: Any) -> int:
        numbers = [compared(x, what) * sign for x in inputs]
        return max(range(len(inputs)), key=lambda i: (numbers[i], -i))

    def forward(*inputs: Any) -> Any:
        return inputs[best(*inputs)]

    def partials(_: Any, *inputs: Any) -> Partials:
        winner = best(*inputs)
        return tuple(x * 0 + (1 if i == winner else 0) for i, x in enumerate(inputs))

    return forward, partials


max_forward, max_partials = _winner(1, "max")
min_forward, min_partials = _winner(-1, "min")


def power(x: Any, y: Any) -> Any:
    """x to the power y; a whole exponent stays whole, so that fractions stay exact."""
    exponent = _whole(y)
    try:
        with np.errstate(over="ignore"):
            return x**exponent if exponent is not None else x**y
    except OverflowError:
        # Python's own floats raise here alone; numpy's, and what all other gates give beyond float64, is infinity.
        return math.inf


def power_partials(z: Any, x: Any, y: Any) -> Partials:
    """y*x^(y-1), and for the exponent z*log(x) where the base is positive and the kind has logarithms."""
    base = _base_partial(z, x, y) if y != 0 else x * 0
    number = _known(x)
    if isinstance(x, Fraction) or (number is not None and not number > 0):
        return base, None
    return base, z * function("log", x)


def _base_partial(z: Any, x: Any, y: Any) -> Any:
    """y*x^(y-1). Beside zero its power may be beyond float64 where the whole is not; y*z/x is the same number."""
    found = y * power(x, y - 1)
    return found if finite(found) or x == 0 else y * z / x


def _whole(y: Any) -> int | None:
    """An exponent as a whole number, if it is one."""
    number = y.number if isinstance(y, Formula) else y
    return int(number) if number is not None and number == int(number) else None


def power_refuses(x: Any, y: Any) -> str | None:
    """Why x has no real power y, if it has none."""
    exact = isinstance(x, Fraction)
    x, y = _known(x), _known(y)
    if x is None or y is None:
        return None
    if x == 0 and y < 0:
        return f"divides by zero: 0 to the power {_text(y)}; take another base"
    if _whole(y) is None:
        if exact:
            return f"{_text(x)} to the power {_text(y)} has no exact value; take numbers: float"
        if x < 0:
            return f"a negative number ({_text(x)}) has no real power {_text(y)}; take a positive base or a whole power"
        if x == 0 and y < 1:
            return f"0 to the power {_text(y)} has no derivative; take a positive base"
    return None


def _known(x: Any) -> Any:
    """The number that decides whether x is in a domain; None for arrays, and formulas whose symbols have no values."""
    if not isinstance(x, Formula):
        return None if isinstance(x, np.ndarray) else x
    return x.value if x.number is None else x.number


def _text(x: Any) -> str:
    if not isinstance(x, Fraction):
        return f"{float(x):g}"
    bits = max(x.numerator.bit_length(), x.denominator.bit_length())
    return str(x) if bits <= _LONGEST_BITS else f"a number of about {bits * 301 // 1000:,} digits"


def zero_below(_: Any, y: Any) -> str | None:
    """Why there is no quotient, if the divisor is zero."""
    return "divides by zero; take another divisor" if _known(y) == 0 else None


def needs_positive(name: str, *, at_zero: str, below: str) -> Callable[[Any], str | None]:
    """The domain of a gate that takes positive numbers alone; the texts say what there is not at zero and below."""

    def refuses(x: Any) -> str | None:
        number = _known(x)
        if number is None or number > 0:
            return None
        return f"{name}({_text(number)}) {at_zero if number == 0 else below}; {name} takes positive numbers"

    return refuses


def is_float(x: Any) -> bool:
    """Whether x is made of floats, not of fractions or formulas."""
    return not isinstance(x, Fraction | Formula) and not (isinstance(x, np.ndarray) and x.dtype == object)


def finite(value: Any) -> bool:
    """Whether a gate's value is a real, finite number (fractions are, and formulas say themselves where they are)."""
    return not is_float(value) or (not isinstance(value, complex) and math.isfinite(value))
