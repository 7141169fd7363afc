"""The number grammar: what is a number, what is not and why."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnngrad.numbers import grammar

NUMBERS = [
    ("1", Fraction(1)),
    ("-2.5", Fraction(-5, 2)),
    (".5", Fraction(1, 2)),
    ("-.5", Fraction(-1, 2)),
    ("5.", Fraction(5)),
    ("+3", Fraction(3)),
    ("0", Fraction(0)),
    ("-0", Fraction(0)),
    ("0.1", Fraction(1, 10)),
    ("1e-3", Fraction(1, 1000)),
    ("1.5E3", Fraction(1500)),
    ("1e05", Fraction(100000)),
    ("3/7", Fraction(3, 7)),
    ("-4/2", Fraction(-2)),
]

RANGE = "is beyond float64, which holds 5e-324 to 1.8e308; scale the numbers"
REASONS = [
    ("010", "'010' has a leading zero; write it without"),
    ("-01.5", "'-01.5' has a leading zero; write it without"),
    ("0x1F", "'0x1F' is not decimal; write it in base ten"),
    ("0b11", "'0b11' is not decimal; write it in base ten"),
    ("1_000", "'1_000' has underscores; write the digits together"),
    ("1:30", "'1:30' has a colon; write a plain number"),
    ("3/0", "'3/0' divides by zero"),
    ("1,5", "'1,5' has a comma inside; write a decimal point"),
    ("1 2", "'1 2' has a blank inside; put a comma between two numbers"),
    ("\u22122", "'\u22122' has a printed minus sign; write the one on the keyboard"),
    ("yes", "'yes' is a truth value, not a number; write 1 or 0"),
    ("True", "'True' is a truth value, not a number; write 1 or 0"),
    ("null", "'null' is empty, not a number; write 0 if you mean zero"),
    ("~", "'~' is empty, not a number; write 0 if you mean zero"),
    ("", "'' is empty, not a number; write 0 if you mean zero"),
    (".nan", "'.nan' is not a number; gradients need finite values"),
    ("-.inf", "'-.inf' is infinite; gradients need finite values"),
    ("Infinity", "'Infinity' is infinite; gradients need finite values"),
    ("x1", "'x1' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("--1", "'--1' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("1/2/3", "'1/2/3' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("\u0661", "'\u0661' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("1\x1b[31m", "'1\\x1b[31m' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("1e400", f"'1e400' {RANGE}"),
    ("-1e400", f"'-1e400' {RANGE}"),
    ("1e-400", f"'1e-400' {RANGE}"),
    ("1e999999999", f"'1e999999999' {RANGE}"),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers(text: str, value: Fraction) -> None:
    assert grammar.is_number(text)
    assert grammar.to_fraction(text) == value
    assert grammar.to_float(text) == float(value)


@pytest.mark.parametrize(("text", "message"), REASONS)
@pytest.mark.parametrize("read", [grammar.to_float, grammar.to_fraction])
def test_reasons(read: object, text: str, message: str) -> None:
    assert callable(read)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the whole text is compared
        read(text)
    assert str(caught.value) == message


def test_exact_numbers_have_a_limit_of_digits() -> None:
    assert grammar.to_fraction("0." + "1" * 9_999) == Fraction(10**9_999 // 9, 10**9_999)
    assert grammar.to_fraction("-0.5" + "0" * 4_998 + "e2") == -50
    assert grammar.to_fraction(f"{'7' * 6_000}/{'7' * 6_000}") == 1
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        grammar.to_fraction("0." + "1" * 10_000)
    shown = "0." + "1" * 38
    assert str(caught.value) == (
        f"'{shown}...' has 10,001 digits, over the limit of 10,000; raise it with limit='digits=10001'"
    )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back(value: float) -> None:
    assert grammar.to_float(repr(value)) == value
    assert grammar.to_fraction(repr(value)) == Fraction(repr(value))


@given(st.text(alphabet="0123456789.eE+-_:/ xinfa,", max_size=12))
def test_whatever_is_no_number_has_a_reason(text: str) -> None:
    if grammar.is_number(text):
        assert outcome(grammar.to_float, text) == outcome(grammar.to_fraction, text)
    else:
        assert outcome(grammar.to_float, text) == outcome(grammar.to_fraction, text) == grammar.why_not(text)


def outcome(read: Callable[[str], float | Fraction], text: str) -> float | str:
    try:
        return float(read(text))
    except ValueError as error:
        return str(error)
