"""Exact numbers: fractions whose digits are bounded, by every operation."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cnngrad import CnngradError
from cnngrad.limits import Limits
from cnngrad.numbers.exact import FEW, Exact, digits, digits_of, exact, ratio, whole, within
from cnngrad.numbers.formula import Formula

SAYS = "makes a number of 5 digits, over the limit of 4; raise it with limit='digits=5'"


BEYOND: list[tuple[str, Callable[[Any, Any], Any], Fraction, Fraction]] = [
    ("add", lambda x, y: x + y, Fraction(9_999), Fraction(1)),
    ("add denominators", lambda x, y: x + y, Fraction(1, 101), Fraction(1, 103)),
    ("subtract", lambda x, y: x - y, Fraction(-9_999), Fraction(1)),
    ("multiply", lambda x, y: x * y, Fraction(100), Fraction(100)),
    ("multiply below the bar", lambda x, y: x * y, Fraction(1, 101), Fraction(1, 103)),
    ("divide", lambda x, y: x / y, Fraction(101), Fraction(1, 103)),
    ("power", lambda x, y: x**y, Fraction(10), Fraction(4)),
    ("power below the bar", lambda x, y: x**-y, Fraction(10), Fraction(4)),
    ("a plain fraction first", lambda x, y: Fraction(x) * y, Fraction(100), Fraction(100)),
    ("products of arrays", lambda x, y: np.array([x, x]) @ np.array([y, y]), Fraction(80), Fraction(65)),
]


@pytest.mark.parametrize(("work", "x", "y"), [row[1:] for row in BEYOND], ids=[row[0] for row in BEYOND])
def test_every_operation_has_the_limit(work: Callable[[Any, Any], Any], x: Fraction, y: Fraction) -> None:
    with within(Limits(digits=4)), pytest.raises(CnngradError) as caught:
        work(exact(x), exact(y))
    assert str(caught.value) == SAYS
    with within(Limits(digits=5)):
        found = work(exact(x), exact(y))
    assert type(found) is Exact
    assert found == work(x, y)


def test_a_number_at_the_limit_is_there() -> None:
    with within(Limits(digits=4)):
        assert exact(99) * 101 == 9_999
        assert exact(Fraction(1, 99)) * Fraction(1, 101) == Fraction(1, 9_999)
        assert exact(9_999) / 9_999 * 2 == 2
        assert -exact(9_999) + 1 == -9_998
        assert exact(-1) ** 10**30 == 1
        assert exact(0) ** 10**30 == 0


def test_powers_are_not_worked_out_to_be_refused() -> None:
    for exponent, says in (
        (10**15, "makes a number of 301,029,995,663,982 digits, over the limit of 10,000; raise it with "
        "limit='digits=301029995663982'"),
        (10**19, "makes a number of more than 10^17 digits; take smaller exponents"),
    ):  # fmt: skip
        with pytest.raises(CnngradError) as caught:
            exact(2) ** exponent
        assert str(caught.value) == says
    assert digits_of((exact(2) ** 33_219).numerator) == 10_000
    with pytest.raises(CnngradError) as caught:
        exact(2) ** 33_220
    assert (
        str(caught.value)
        == "makes a number of 10,001 digits, over the limit of 10,000; raise it with limit='digits=10001'"
    )


@pytest.mark.parametrize("digits", [1, 2, 9, 10, 100, 4_000])
def test_digits_are_counted(digits: int) -> None:
    assert digits_of(10**digits - 1) == digits
    assert digits_of(10**digits) == digits + 1


def test_an_exact_number_looks_like_a_fraction() -> None:
    third = exact(Fraction(1, 3))
    assert (repr(third), str(third), hash(third)) == ("Fraction(1, 3)", "1/3", hash(Fraction(1, 3)))
    assert (third * 0.5, third**0.5) == (1 / 6, (1 / 3) ** 0.5)
    assert (abs(-third), +third, third % 2, round(third, 1)) == (third, third, third, Fraction(3, 10))


@pytest.mark.parametrize("length", [1, 600, 601, 640, 4300, 4301, 10_000])
def test_whole_numbers_of_any_length_as_text_and_back(length: int) -> None:
    text = ("1234567890" * 1000)[:length]
    number = 0
    for digit in text:
        number = 10 * number + "0123456789".index(digit)
    assert (digits(number), digits(-number)) == (text, f"-{text}")
    assert (whole(text), whole(f"-{text}"), whole(f"+{text}")) == (number, -number, number)


def test_a_ratio_is_printed_in_lowest_terms() -> None:
    from fractions import Fraction

    assert [ratio(Fraction(*pair)) for pair in ((6, 4), (-6, 2), (0, 5), (1, 10**5000))] == [
        "3/2",
        "-3",
        "0",
        "1/1" + "0" * 5000,
    ]


@pytest.mark.parametrize("cell", [Exact(1, 3), Formula.constant(exact(1))], ids=["fractions", "formulas"])
def test_a_limit_that_is_passed_in_one_of_several_products_of_matrices_is_named(cell: Any) -> None:
    """100,000 operations are always allowed; the first of three products of 2x2 matrices alone has 8 and more."""
    matrices = np.full((3, 2, 2), cell, dtype=object)
    with within(Limits(multiply_adds=1)) as opened:
        opened.spend(FEW - 4)
        with pytest.raises(CnngradError, match=r"^needs more than 1 multiply-adds"):
            _ = matrices @ matrices
