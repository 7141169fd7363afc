"""Sums on a page: every line, every running total and every count can be computed again from the page."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from commands import some
from pages import ARITHMETIC, SPECS, close, run, value

import cnngrad
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.report.blocks import Words
from cnngrad.report.chosen import SHOWN
from cnngrad.report.lines import lines_of, running_lines
from cnngrad.report.planes import Style


@pytest.mark.parametrize("brief", [True, False], ids=["brief", "full"])
@pytest.mark.parametrize("name", SPECS)
def test_every_line_of_a_sum_comes_to_the_value(name: str, brief: bool) -> None:
    lines = 0
    for trace in run(name, trace="full").traces:
        for line in lines_of(trace, Style(), brief=brief):
            right = line.text.partition("= ")[2].partition(" (")[0] if "more terms" in line.text else line.text
            right = right.rpartition("= ")[2]
            if ARITHMETIC.fullmatch(right):
                lines += 1
                assert close(value(right), trace.value), line.text
    assert lines


@pytest.mark.parametrize("name", some(SPECS))
def test_every_running_total_follows_from_the_last(name: str) -> None:
    for trace in run(name, trace="full").traces:
        total = Fraction(0)
        for line in running_lines(trace, Style(), brief=False)[1:]:
            text, _, after = line.text.strip().removeprefix("+= ").partition(" -> ")
            sides = [side for side in text.split(" = ") if ARITHMETIC.fullmatch(side)]
            assert sides
            for side in sides:
                assert close(value(side), value(sides[-1]))
            total += value(sides[-1])
            assert close(value(after), total)
        assert close(total, trace.value)


COUNTED = re.compile(r"\((?:and )?(\d+) (?:more terms?|terms? that)")


@pytest.mark.parametrize("name", ["averages", "strided-padded-conv", "ties", "channels-nhwc", "long"])
def test_every_term_of_a_sum_is_shown_or_counted(name: str) -> None:
    for trace in run(name, trace="full").traces:
        lines = [line.text for line in lines_of(trace, Style())]
        counted = [int(count) for text in {lines[0], lines[-1]} for count in COUNTED.findall(text)]
        names = re.findall(r"(?:= | [-+] )(?=[A-Za-z])", lines[0])  # one before each term by name
        shares = re.findall(r"(?:= | [-+] )1(?=[/ ]|$)", lines[0]) if trace.cell.quantity == "mask" else []
        shown = len(names) + len(shares)
        assert shown + sum(counted) == len(trace.terms), lines
        assert shown <= SHOWN


@pytest.mark.parametrize("name", ["averages", "strided-padded-conv", "ties", "channels-nhwc", "long"])
def test_every_term_of_a_running_total_is_shown_or_counted(name: str) -> None:
    for trace in run(name, trace="full").traces:
        lines = [line.text for line in running_lines(trace, Style())]
        shown = sum(text.startswith("    += ") for text in lines)
        assert shown + sum(int(count) for text in lines for count in COUNTED.findall(text)) == len(trace.terms)
        assert shown <= SHOWN


STYLE = Style()


def text_of(lines: list[Words]) -> list[str]:
    """The lines as one reads them."""
    return [line.text for line in lines]


def trace(*products: tuple[float, float]) -> CellTrace:
    """dW[0] as a sum of dZ[i]*A[i]."""
    terms = tuple(Term((Factor(Cell("dZ", (i,)), a), Factor(Cell("A", (i,)), b))) for i, (a, b) in enumerate(products))
    return CellTrace(Cell("dW", (0,)), "", terms, sum(a * b for a, b in products))


def test_a_sum_is_shown_by_name_with_numbers_and_as_products() -> None:
    assert text_of(lines_of(trace((2, -3), (-4, 5)), STYLE)) == [
        "  dW[0] = dZ[0]*A[0] + dZ[1]*A[1]",
        "        = 2*(-3) - 4*5",
        "        = -6 - 20",
        "        = -26",
    ]


def test_zero_terms_are_left_out_of_a_brief_sum_and_counted() -> None:
    products = trace((2, 3), (0, 5), (1, 0))
    assert text_of(lines_of(products, STYLE)) == [
        "  dW[0] = dZ[0]*A[0]",
        "        = 2*3",
        "        = 6",
        "    (and 2 terms that are 0: all with a zero factor)",
    ]
    assert text_of(lines_of(products, STYLE, brief=False))[2] == "        = 6 + 0 + 0"


def test_the_tail_of_a_long_sum_is_counted_in() -> None:
    lines = text_of(lines_of(trace(*[(1, 1)] * 15), STYLE))
    assert lines[0].endswith("+ dZ[11]*A[11] + 3 (3 more terms)")
    assert lines[-1] == "        = 15"


def test_a_sum_of_zeros_shows_its_terms() -> None:
    assert text_of(lines_of(trace((0, 3)), STYLE))[:2] == ["  dW[0] = dZ[0]*A[0]", "        = 0*3"]


def test_fractions_stand_in_parentheses() -> None:
    half = CellTrace(
        Cell("Z"), "", (Term((Factor(Cell("A"), Fraction(1, 2)), Factor(Cell("W"), Fraction(3)))),), Fraction(3, 2)
    )
    assert text_of(lines_of(half, STYLE))[1] == "    = (1/2)*3"


def test_scatter_keeps_a_running_total() -> None:
    assert text_of(running_lines(trace((2, 3), (0, 1), (4, 5)), STYLE)) == [
        "  dW[0] = 0",
        "    += dZ[0]*A[0] = 2*3 = 6 -> 6",
        "    += dZ[2]*A[2] = 4*5 = 20 -> 26",
        "    (and 1 term that is 0: with a zero factor)",
    ]


@pytest.mark.parametrize("name", ["forum-conv", "strided-padded-conv", "sensor-average", "channels-nhwc", "max-pool"])
def test_every_line_of_arithmetic_is_true(name: str) -> None:
    result = cnngrad.run(f"example:{name}", trace="full")
    for found in result.traces:
        for line in text_of(lines_of(found, STYLE, brief=False)):
            right = line.partition("=")[2].strip()
            if re.fullmatch(r"[-+*/(). 0-9e]+", right):
                exact = eval(re.sub(r"([0-9.]+(?:e-?[0-9]+)?)", r"Fraction('\1')", right), {"Fraction": Fraction})
                assert float(exact) == pytest.approx(float(found.value), abs=1e-7), line
