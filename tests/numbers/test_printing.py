"""Numbers for people."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cnngrad.numbers.printing import aligned, show


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (2.0, None, "2"),
        (-0.0, None, "0"),
        (0.1 + 0.2, None, "0.3"),
        (1 / 3, None, "0.33333333"),
        (123456789012.0, None, "123456789012"),
        (1.5e-9, None, "1.5e-09"),
        (-np.inf, None, "-inf"),
        (Fraction(-3, 7), None, "-3/7"),
        (2.0, 3, "2.000"),
        (0.0004, 2, "4.00e-04"),
        (-0.0, 2, "0.00"),
        (Fraction(1, 3), 2, "0.33"),
        (Fraction(-5, 2), 0, "-2"),
        (Fraction(1, 8), 2, "0.12"),
        (Fraction(1, 3000), 2, "3.33e-04"),
        (Fraction(10) ** 400, 1, "1" + "0" * 400 + ".0"),
    ],
)
def test_numbers_for_people(value: Any, precision: int | None, text: str) -> None:
    assert show(value, precision) == text


def test_decimal_points_stand_below_each_other() -> None:
    assert aligned(["1.25", "-10", "0.5"]) == ["  1.25", "-10   ", "  0.5 "]
