"""Formulas: reading order, algebra, limits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnngrad import CnngradError
from cnngrad.numbers.formula import MOST_DEPTH, MOST_POWER, MOST_TERMS, Formula, Symbol
from cnngrad.numbers.functions import function


def symbol(name: str, place: int, value: object = None) -> Formula:
    return Formula.atom(Symbol(name, (place,), value))


x, y, z = (symbol(name, place) for place, name in enumerate("xyz"))

TEXTS = [
    (x + y, "x + y"),
    (y + x, "x + y"),
    (y * x, "x*y"),
    (x - y, "x - y"),
    (-x, "-x"),
    (x - x, "0"),
    (x + x, "2*x"),
    (3 * x * x, "3*x**2"),
    (x * Fraction(1, 2), "x/2"),
    (x * Fraction(3, 4) - 1, "3*x/4 - 1"),
    (1 / x, "1/x"),
    (x / y, "x/y"),
    (x / (y * z), "x/(y*z)"),
    (1 / (2 * x + 2 * y), "1/(2*(x + y))"),
    ((x + y) / (x + y), "1"),
    ((x + y) * (x - y), "x**2 - y**2"),
    ((x + y) ** 2, "x**2 + 2*x*y + y**2"),
    (x**0, "1"),
    (x ** Fraction(1, 2), "pow(x, 1/2)"),
    (x**-2, "1/x**2"),
    (function("exp", x + y), "exp(x + y)"),
    (function("exp", x) - function("exp", x), "0"),
    (x * function("exp", y), "x*exp(y)"),
]


@pytest.mark.parametrize(("formula", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_formulas_are_written_as_people_read_them(formula: Formula, text: str) -> None:
    assert str(formula) == text


polynomials = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 2)), st.integers(-3, 3), min_size=1, max_size=3
)


def polynomial(coefficients: dict[tuple[int, int], int], one: Formula, two: Formula) -> Formula:
    return sum((c * one**i * two**j for (i, j), c in coefficients.items()), start=Formula.constant(0))


@given(polynomials, polynomials, polynomials)
def test_equal_polynomials_are_equal_objects(
    a: dict[tuple[int, int], int], b: dict[tuple[int, int], int], c: dict[tuple[int, int], int]
) -> None:
    p, q, r = (polynomial(each, x, y) for each in (a, b, c))
    assert p * (q + r) == p * q + p * r
    assert p * q == q * p
    assert hash(p + q) == hash(q + p)
    assert p - p == 0


@given(polynomials, st.integers(-4, 4), st.integers(-4, 4))
def test_the_value_of_a_formula_is_that_of_its_symbols(a: dict[tuple[int, int], int], one: int, two: int) -> None:
    formula = polynomial(a, symbol("x", 0, Fraction(one)), symbol("y", 1, Fraction(two)))
    assert formula.value == sum(c * one**i * two**j for (i, j), c in a.items())


def test_a_formula_without_a_value_names_what_is_missing() -> None:
    known = symbol("k", 3, Fraction(2))
    assert (x * known + y).value is None
    assert (x * known + 1 / (y + z)).missing == ["x", "y", "z"]
    assert (known * 3).missing == []


def refused(work: object) -> str:
    with pytest.raises(CnngradError) as caught:
        work()  # type: ignore[operator]
    return str(caught.value)


def test_formulas_stay_within_bounds() -> None:
    many = sum((symbol(f"s{i}", i) for i in range(101)), start=Formula.constant(0))
    assert refused(lambda: many * many) == (
        f"a formula has 10,201 terms, over {MOST_TERMS:,}; give numbers and take numbers: float"
    )
    assert refused(lambda: (x + y) ** (MOST_POWER + 1)) == (
        "a sum to the power 61 is too long a formula; give numbers and take numbers: float"
    )
    assert refused(lambda: Formula.constant(9) ** 10**9) == ("is a number of too many digits; take smaller exponents")

    def nested() -> None:
        inner = x
        for _ in range(MOST_DEPTH + 1):
            inner = function("exp", inner)

    assert refused(nested) == "nests 21 functions in one formula, over 20; give numbers and take numbers: float"


def test_one_over_nothing_is_no_formula() -> None:
    with pytest.raises(ZeroDivisionError):
        (x - x).inverse()
