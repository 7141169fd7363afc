"""Formulas that are one number in several forms, and those that are not."""

from __future__ import annotations

import pytest

from cnngrad.numbers.formula import Formula
from cnngrad.numbers.functions import function
from cnngrad.numbers.sameness import same
from cnngrad.numbers.terms import Symbol

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
