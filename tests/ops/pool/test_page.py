"""The page of a pooling layer: its ties, its windows and its matrix."""

from __future__ import annotations

from pages import exhibits_of, grids, sentences, texts

import cnngrad
from cnngrad.ops.pool.derivation import PoolDerivation
from cnngrad.ops.pool.page import window_grid
from cnngrad.report.blocks import Grids
from cnngrad.report.page import page
from cnngrad.report.planes import Style


def test_the_textbook_counts_everything_from_one() -> None:
    spec = {"op": "pool", "window": 2, "input": [[5, 5, 1, 2], [3, 5, 2, 2]], "delta": [[6, 1]]}
    blocks = page(cnngrad.run(spec, index_base=1, gradcheck=True))
    said = texts(blocks)
    assert "  window Z[1,1]: 5 is at A[1,1], A[1,2], A[2,2]" in said
    assert "  window Z[1,2]: 2 is at A[1,4], A[2,3], A[2,4]" in said
    assert "  Z[1,2] = max(A[1,3], A[1,4], A[2,3], A[2,4])" in said
    # i = j = u = v = 1 is the first cell: 2*1 + 1 - 2 = 1
    assert "  Z[i,j] = max over u,v of A[2*i+u-2,2*j+v-2]" in said
    assert not any("[0" in text or ",0" in text for text in said)
    (argmax,) = (grid for grid in grids(blocks) if grid.symbol == "argmax")
    assert argmax.cells == [["(1,1)", "(1,4)"]]
    assert (argmax.rows, argmax.columns) == (["1"], ["1", "2"])
    (rules,) = (grid for grid in grids(blocks) if "tie rule" in grid.title)
    assert rules.rows == ["dA[1,1]", "dA[1,2]", "dA[1,4]", "dA[2,2]", "dA[2,3]", "dA[2,4]"]


def test_an_average_without_ties_says_nothing_of_them() -> None:
    blocks = page(cnngrad.run({"op": "pool", "mode": "average", "window": 2, "input": [5, 5, 5, 5], "delta": 1}))
    assert not any("tie" in text.lower() for text in texts(blocks))
    assert not any(grid.symbol == "argmax" for grid in grids(blocks))


def test_ties_that_change_nothing_are_said_to() -> None:
    blocks = page(cnngrad.run({"op": "pool", "window": 2, "input": [5, 5], "delta": 0}))
    assert "  every tie rule gives the same dA" in texts(blocks)


def test_many_ties_are_counted() -> None:
    # 12 windows of two equal cells, 10 of them listed; all 24 cells are decided by the rule, 10 of them listed
    said = texts(page(cnngrad.run({"op": "pool", "window": 2, "input": [1] * 24, "delta": 1})))
    assert sum("is at" in text for text in said) == 10
    assert "  (2 more windows have ties)" in said
    assert "  (14 more cells depend on the rule)" in said


def test_windows_beyond_the_eighth_are_counted() -> None:
    brief = page(cnngrad.run({"op": "pool", "window": 1, "input": [1] * 11}))
    assert sum(grid.title.startswith("window of") for grid in grids(brief)) == 8
    assert "  (3 more windows; trace='full' shows all)" in texts(brief)
    full = page(cnngrad.run({"op": "pool", "window": 1, "input": [1] * 11}, trace="full"))
    assert sum(grid.title.startswith("window of") for grid in grids(full)) == 11


def test_an_average_window_marks_padding_and_no_winner() -> None:
    blocks = page(cnngrad.run({"op": "pool", "mode": "average", "window": 2, "padding": 1, "input": [4, 6]}))
    first, last = (grid for grid in grids(blocks) if grid.title.startswith("window of"))
    assert (first.cells, first.signs) == ([["pad", "4"]], {(0, 0): "padding"})
    assert (last.cells, last.signs) == ([["6", "pad"]], {(0, 1): "padding"})


STYLE = Style()


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


def test_pooling_is_a_matrix_with_a_row_per_window() -> None:
    spec = {"op": "pool", "window": 2, "stride": 1, "input": [1, 9, 5]}
    assert exhibits_of(spec, "matrix")["P"].cells.tolist() == [[0, 1, 0], [0, 1, 0]]
    assert exhibits_of({**spec, "mode": "average"}, "matrix")["P"].cells.tolist() == [[0.5, 0.5, 0], [0, 0.5, 0.5]]
    assert exhibits_of(spec, "rotate") == {}
