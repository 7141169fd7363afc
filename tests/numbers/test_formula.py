"""Formulas: reading order, algebra, limits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnngrad import CnngradError
from cnngrad.limits import Limits
from cnngrad.numbers.exact import exact, within
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import function
from cnngrad.numbers.terms import MOST_DEPTH, Symbol


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
    (x**0 - 1, "0"),
    ((x - x) ** 0, "1"),
    (x**1, "x"),
    ((x + y) ** 0, "1"),
    ((x + y) ** 1, "x + y"),
    ((x + y) ** -2, "1/(x + y)**2"),
    ((x / y) ** -2, "y**2/x**2"),
    ((2 * x) ** -1, "1/(2*x)"),
    ((x - x) ** 2, "0"),
    (x**y, "pow(x, y)"),
    ((x - x) ** y, "pow(0, y)"),
    ((x + y) ** Fraction(-1, 2), "pow(x + y, -1/2)"),
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
    others = sum((symbol(f"t{i}", 200 + i) for i in range(101)), start=Formula.constant(0))
    with within(Limits(symbols=10_201)):
        assert len((many * others).terms) == 10_201
    with within(Limits(symbols=5_151)):
        assert len((many * many).terms) == 5_151
    ten = "over the limit of 10,200; raise it with limit='symbols="
    with within(Limits(symbols=10_200)):
        assert refused(lambda: many * others) == f"makes a formula of 10,201 terms, {ten}10201'"
        assert refused(lambda: (x + y) ** 10_200) == f"makes a formula of 10,201 terms, {ten}10201'"
        assert refused(lambda: (x + y + 1) ** 200) == f"makes a formula of 20,301 terms, {ten}20301'"
        assert refused(lambda: sum((symbol(f"u{i}", i) for i in range(10_201)), start=x)) == (
            f"makes a formula of 10,201 terms, {ten}10201'"
        )
        inner = function("exp", sum((symbol(f"v{i}", i) for i in range(5_000)), start=x))
        assert refused(lambda: inner * x + inner * y + inner) == f"makes a formula of 15,006 terms, {ten}15006'"
    assert refused(lambda: Formula.constant(9) ** 10**9) == (
        "makes a number of 954,242,510 digits, over the limit of 10,000; raise it with limit='digits=954242510'"
    )

    def nested() -> None:
        inner = x
        for _ in range(MOST_DEPTH + 1):
            inner = function("exp", inner)

    assert refused(nested) == "nests 21 functions in one formula, over 20; give numbers and take numbers: float"


def test_a_sum_to_a_power_is_what_multiplying_gives() -> None:
    two, three = 2 * x * y - z / 3, x + 2 * y - 1
    for base in (two, three):
        assert base**5 == base * base * base * base * base
        assert base**0 == 1


@pytest.mark.slow
def test_the_work_on_formulas_and_fractions_is_bounded() -> None:
    """600,000 operations are allowed: a product of terms takes three and one on its coefficients."""
    few = Limits(multiply_adds=600_000 * 5_000)
    says = (
        "needs more than 3,000,000,000 multiply-adds (with fractions or formulas each counts as 5,000 or more), over "
        "the limit of 3,000,000,000; raise it with limit='multiply_adds=6000000000'"
    )
    many = sum((symbol(f"s{i}", i) for i in range(300)), start=Formula.constant(0))
    others = sum((symbol(f"t{i}", 300 + i) for i in range(300)), start=Formula.constant(0))
    with within(few):
        assert len((many * others).terms) == 90_000
        assert refused(lambda: many * others) == says
    third = exact(Fraction(1, 3))
    with within(Limits(multiply_adds=1)):
        assert sum([third] * 99_999, start=third) == Fraction(100_000, 3)
    with within(Limits(multiply_adds=1)):
        assert refused(lambda: sum([third] * 100_002, start=third)).startswith("needs more than 1 multiply-adds (")


def test_one_over_nothing_is_no_formula() -> None:
    with pytest.raises(ZeroDivisionError):
        (x - x).inverse()
