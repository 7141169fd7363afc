"""What a page says: grids, sums, laws, ties, pictures."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.numbers.printing import aligned, show
from cnngrad.ops.pool.derivation import PoolDerivation
from cnngrad.ops.pool.page import window_grid
from cnngrad.report.blocks import Grid, Grids, Words
from cnngrad.report.grids import Style, grids_of, plane_axes
from cnngrad.report.lines import lines_of, running_lines
from cnngrad.report.page import page
from cnngrad.report.pictures import part_pictures

STYLE = Style()


def text_of(lines: list[Words]) -> list[str]:
    """The lines as one reads them."""
    return [line.text for line in lines]


def sentences(result: Result) -> list[str]:
    """Every sentence of the page."""
    return [block.text for block in page(result) if isinstance(block, Words)]


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


@pytest.mark.parametrize(
    ("letters", "axes"),
    [("HW", (0, 1)), ("NCHW", (2, 3)), ("NHWC", (1, 2)), ("HWIO", (0, 1)), ("CL", (0, 1)), ("NWC", (2, 1)),
     ("L", (None, 0)), ("NDHWC", (2, 3)), ("F", (None, 0)), ("", (None, None)), ("LIO", (1, 0))],
)  # fmt: skip
def test_the_last_two_spatial_axes_are_rows_and_columns(letters: str, axes: tuple[int | None, int | None]) -> None:
    assert plane_axes(letters) == axes


def test_a_grid_per_plane() -> None:
    array = np.arange(12.0).reshape(2, 3, 2)
    first, second = grids_of("A", array, "HWC", Style(base=1), title="A input")
    assert (first.title, second.title) == ("A[:,:,1] input  2x3x2", "A[:,:,2]")
    assert first.cells == [["0", "2", "4"], ["6", "8", "10"]]
    assert (first.rows, first.columns) == (["1", "2"], ["1", "2", "3"])


def test_a_large_array_loses_its_middle_and_says_its_shape() -> None:
    array = np.arange(50.0 * 50).reshape(50, 50)
    (grid,) = grids_of("A", array, "HW", STYLE)
    assert grid.title == "A  50x50"
    assert grid.rows == ["0", "1", "2", "3", "...", "46", "47", "48", "49"]
    assert grid.cells[0] == ["0", "1", "2", "3", "...", "46", "47", "48", "49"]
    assert grid.cells[4] == ["..."] * 9
    (whole,) = grids_of("A", array, "HW", Style(elide=False))
    assert len(whole.cells) == 50
    (small,) = grids_of("A", array[:40], "HW", STYLE)  # 2,000 cells are printed whole
    assert len(small.cells) == 40


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
        "    (2 terms with a zero factor are not shown)",
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
        "    (1 term with a zero factor is not shown)",
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


def test_laws_stand_on_one_line() -> None:
    (line,) = (text for text in sentences(cnngrad.run("example:by-hand-conv")) if "<A,dA>" in text)
    assert line == "  [ok] <A,dA> = <W,dW> = <dZ,Z-b>: 94   [ok] sum(db) = sum(dZ): 10"


def test_ties_name_the_rule_the_cells_and_the_other_rules() -> None:
    result = cnngrad.run("example:ties")
    said = sentences(result)
    assert "  window Z[0,0]: 5 is at A[0,0], A[0,1], A[1,1]" in said
    (table,) = (g for block in page(result) if isinstance(block, Grids) for g in block.grids if "tie rule" in g.title)
    assert table.columns == ["first", "last", "all", "split"]
    # delta 6 over three fives: 6 to the first, to the last, to all, 2 each
    assert [table.cells[table.rows.index(f"dA[{cell}]")] for cell in ("0,0", "0,1", "1,1")] == [
        ["6", "0", "6", "2"],
        ["0", "0", "6", "2"],
        ["0", "6", "6", "2"],
    ]


def test_no_ties_no_section() -> None:
    assert not any("is at" in text for text in sentences(cnngrad.run("example:max-pool")))


def test_every_window_is_drawn_with_its_winner() -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "stride": 1, "padding": 1, "input": [[1, 2], [4, 3]]})
    assert isinstance(result.derivation, PoolDerivation)
    grid = window_grid(result.derivation.window((0, 1)), result.derivation, STYLE)
    assert grid.cells == [["pad", "pad"], ["1", "2"]]
    assert grid.signs == {(0, 0): "padding", (0, 1): "padding", (1, 1): "winner"}


def picture(spec: dict[str, Any], cell: str) -> dict[str, Grid]:
    """The pictures of one cell by quantity."""
    found = cnngrad.run(spec).explain(cell)
    return {grid.symbol: grid for grid in part_pictures(found.result.derivation, found.trace, STYLE)}


def test_a_picture_marks_the_cells_that_took_part() -> None:
    spec = {"op": "conv", "input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "kernel": [[1, 2], [3, 4]], "delta": 1}
    grids = picture(spec, "Z[0,1]")
    assert set(grids["A"].signs) == {(0, 1), (0, 2), (1, 1), (1, 2)}
    assert set(grids["W"].signs) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert set(grids["Z"].signs) == {(0, 1)}


def test_a_picture_draws_the_padding_that_took_part() -> None:
    spec = {"op": "conv", "input": [[1, 2], [3, 4]], "kernel": [[1, 2], [3, 4]], "padding": 1, "delta": 1}
    grid = picture(spec, "Z[0,0]")["A"]
    assert (grid.rows, grid.columns) == (["-1", "0", "1"], ["-1", "0", "1"])
    assert grid.cells == [["0", "0", "0"], ["0", "1", "2"], ["0", "3", "4"]]
    marked = {place for place, sign in grid.signs.items() if sign in ("part", "pad-part")}
    assert marked == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert grid.signs[1, 1] == "part"
    assert grid.signs[0, 0] == "pad-part"


def test_the_padding_of_a_transposed_convolution_is_at_its_output() -> None:
    spec = {"op": "conv", "transposed": True, "input": [1, 2], "kernel": [1, 2, 3], "padding": 1, "delta": 1}
    grids = picture(spec, "dA[0]")
    assert grids["dZ"].columns == ["-1", "0", "1"]
    assert "A" not in grids


def test_a_picture_of_a_large_array_shows_the_neighbourhood() -> None:
    spec = {"op": "conv", "input": [[1] * 60] * 60, "kernel": [[1, 2], [3, 4]], "delta": 1}
    grid = picture(spec, "Z[30,40]")["A"]
    assert (grid.rows, grid.columns) == (["29", "30", "31", "32"], ["39", "40", "41", "42"])
    assert len(grid.signs) == 4


def test_a_brief_trace_of_a_large_exercise_lists_no_endless_sums() -> None:
    result = cnngrad.run({"op": "conv", "input": [[1] * 120] * 120, "kernel": [[1, 2], [3, 4]], "delta": 1})
    # dW and db have 119*119 = 14,161 terms a cell
    assert {found.cell.quantity for found in result.traces} == {"Z", "dA"}
