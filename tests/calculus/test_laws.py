"""Laws: two sums that are one, a planted error that breaks them; formulas that are one number in several forms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from layers import conv, exact, integers

from cnngrad.calculus.laws import law, same
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, function
from cnngrad.numbers.terms import Symbol

EXERCISE = conv(integers((4, 4), 1), integers((2, 2), 2), dZ=integers((3, 3), 3))


def test_a_law_compares_two_sums() -> None:
    assert law("x", np.array([1.0, 2]), np.array([3.0])).holds
    assert not law("x", np.array([1.0, 2]), np.array([3.0 + 1e-6])).holds
    assert law("x", np.array([0.1] * 10), np.array([1.0])).holds  # 0.1 ten times is not 1.0 in float64
    tenths = exact(np.zeros(10)) + Fraction(1, 10)
    assert law("x", tenths, exact(np.array([1.0]))).holds
    assert not law("x", tenths + Fraction(1, 10**30), exact(np.array([1.0]))).holds


@pytest.mark.parametrize("name", ["dA", "dW", "db"])
def test_a_planted_error_breaks_a_law(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = type(EXERCISE.layer).backward

    def wrong(self: object, *arrays: Array) -> tuple[Array, ...]:
        found = dict(zip(("dA", "dW", "db"), right(self, *arrays), strict=True))  # type: ignore[arg-type]
        found[name] = found[name] + 1
        return tuple(found.values())

    monkeypatch.setattr(type(EXERCISE.layer), "backward", wrong)
    assert not all(law.holds for law in EXERCISE.laws(EXERCISE.solve()))


def test_a_law_is_compared_where_the_absolute_values_add_up_beyond_float64() -> None:
    left = np.array([1e308, -1e308, 1e308])
    assert law("n", left, np.array([1e308])).holds
    assert not law("n", left, np.array([5e307])).holds


def test_a_law_of_numbers_with_few_digits_left_holds() -> None:
    assert law("n", np.array([5e-324, 5e-324]), np.array([1.5e-323])).holds  # 2 and 3 of the smallest numbers


x, y = (Formula.atom(Symbol(name, (place,))) for place, name in enumerate("xy"))
one = Formula.constant(1)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (x + y, y + x, True),
        (x + y, x - y, False),
        (x / (x + y) + y / (x + y), one, True),
        (x / (x + y) + y / (x + y), one + x / 1000, False),
        (1 / (1 + x) - 1 / (1 + y), (y - x) / ((1 + x) * (1 + y)), True),
        (function("log", x - y), function("log", x - y) * 2, False),
        (function("sqrt", x - y) * function("sqrt", x - y), x - y, True),
        (function("exp", x + y), function("exp", x) * function("exp", y), True),
        ((x - y) ** y * (x - y), (x - y) ** (y + 1), True),
        (one / 3 + function("exp", x) * 0, one / 3, True),
    ],
)
def test_sameness(left: Formula, right: Formula, equal: bool) -> None:
    assert same(left, right) is equal
