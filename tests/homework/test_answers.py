"""Numbers as they were written: how many decimals are promised."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cnngrad.homework.answers import read_written


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0.140", Fraction(1, 1000)),
        ("12", Fraction(1)),
        (".5", Fraction(1, 10)),
        ("2.", Fraction(1)),
        ("1.50e-3", Fraction(1, 100_000)),
        ("1.5e2", Fraction(10)),
        ("1e300", Fraction(1)),
        ("0e9", Fraction(1)),
        ("3/7", Fraction(0)),
    ],
)
def test_the_decimals_of_a_text_are_its_promise(text: str, unit: Fraction) -> None:
    number = read_written(text)
    assert number is not None
    assert number.unit == unit
