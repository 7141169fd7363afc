"""Pictures of windows: exactly the cells of the terms are marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from commands import layer_examples
from layers import integers

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.exercise.terms import CellTrace
from cnngrad.report.blocks import Grid
from cnngrad.report.grids import part_pictures
from cnngrad.report.marked import PLANES
from cnngrad.report.planes import Style, plane_axes

STYLE = Style()


# --- pictures: exactly the cells of the terms are marked

Index = tuple[int, ...]


SPECS: dict[str, Any] = {name: f"example:{name}" for name in layer_examples()}


SPECS |= {
    "NHWC": {"op": "conv", "input": integers((2, 3, 3, 2), 1), "kernel": integers((2, 2, 2, 2), 2), "padding": 1},
    "CHW, stride": {
        "op": "conv", "layout": "CHW", "input": integers((2, 4, 4), 1), "kernel": integers((1, 2, 3, 3), 2),
        "padding": [[1, 0], [2, 1]], "stride": 2,
    },
    "CL": {"op": "conv", "layout": "CL", "input": integers((2, 4), 1), "kernel": integers((2, 2, 2), 2), "padding": 1},
    "transposed": {
        "op": "conv", "transposed": True, "stride": 2, "padding": 1, "input": integers((2, 2), 1),
        "kernel": integers((3, 3), 2),
    },
    "transposed, channels": {
        "op": "conv", "layout": "CL", "transposed": True, "padding": 1, "input": integers((2, 3), 1),
        "kernel": integers((2, 2, 3), 2),
    },
    "average": {"op": "pool", "mode": "average", "window": 2, "padding": 1, "input": integers((3, 3), 1)},
    "average, overhang": {
        "op": "pool", "mode": "average", "window": 2, "ceil_mode": True, "input": integers((3, 3), 1)
    },
}  # fmt: skip


def cells_of(result: Result) -> list[str]:
    """The first, a middle and the last cell of every quantity."""
    names = []
    for quantity in result.derivation.traceable:
        shape = result.results[quantity].shape
        for place in {tuple(0 for _ in shape), tuple(n // 2 for n in shape), tuple(n - 1 for n in shape)}:
            names.append(f"{quantity}[{','.join(map(str, place))}]")
    return sorted(names)


def marked(grid: Grid, letters: str, rank: int) -> set[Index]:
    """The array indices of a grid's marked cells, from its title and its labels."""
    row, column = plane_axes(letters)
    inside = grid.title.partition("[")[2].rstrip("]")
    fixed = inside.split(",") if inside else [":"] * rank
    found = set()
    for (r, c), sign in grid.signs.items():
        if sign in ("part", "pad-part"):
            at = {row: grid.rows[r] if grid.rows else "", column: grid.columns[c] if grid.columns else ""}
            found.add(tuple(int(at[axis]) if axis in at else int(fixed[axis]) for axis in range(rank)))
    return found


def touched(trace: CellTrace) -> dict[str, set[Index]]:
    """The cells of the terms by quantity; padding under `pad`."""
    found: dict[str, set[Index]] = {}
    for factor in (factor for term in trace.terms for factor in term.factors):
        if factor.cell.quantity:
            found.setdefault(factor.cell.quantity, set()).add(factor.cell.index)
    return found


@pytest.mark.parametrize("name", SPECS)
def test_the_marked_cells_are_those_of_the_terms(name: str) -> None:
    given = SPECS[name]
    result = cnngrad.run(given if isinstance(given, str) else {**given, "delta": 2})
    derivation = result.derivation
    for cell in cells_of(result):
        trace = result.explain(cell).trace
        *grids, own = part_pictures(derivation, trace, STYLE)
        expected = touched(trace)
        padding = expected.pop("pad", set())
        found: dict[str, set[Index]] = {}
        planes: dict[str, int] = {}
        for grid in grids:
            rank = derivation.values[grid.symbol].ndim
            found.setdefault(grid.symbol, set()).update(marked(grid, derivation.letters(grid.symbol), rank))
            planes[grid.symbol] = planes.get(grid.symbol, 0) + 1
        assert max(planes.values(), default=0) <= PLANES
        drawn = set().union(*found.values()) if found else set()
        assert padding <= drawn
        for quantity, cells in expected.items():
            if planes[quantity] < PLANES:
                assert cells <= found[quantity] <= cells | padding
        assert own.symbol == trace.cell.quantity
        assert marked(own, derivation.letters(own.symbol), len(trace.cell.index)) == {trace.cell.index}


@pytest.mark.parametrize("name", ["NHWC", "CHW, stride", "transposed", "average"])
def test_padding_is_drawn_where_it_stands_and_reads_zero(name: str) -> None:
    result = cnngrad.run({**SPECS[name], "delta": 2})
    array = "dZ" if name == "transposed" else "A"
    cell = "dA[0,0]" if name == "transposed" else f"Z[{','.join('0' * result.results['Z'].ndim)}]"
    trace = result.explain(cell).trace
    grid = next(grid for grid in part_pictures(result.derivation, trace, STYLE) if grid.symbol == array)
    outside = [place for place, sign in grid.signs.items() if sign in ("padding", "pad-part")]
    assert outside
    for r, c in outside:
        assert grid.cells[r][c] == "0"
        assert grid.rows[r].startswith("-") or grid.columns[c].startswith("-")
    inside = [
        (r, c) for r, row in enumerate(grid.rows) for c, column in enumerate(grid.columns) if "-" not in row + column
    ]
    assert not set(inside) & set(outside)


def test_the_textbook_counts_padding_from_zero_down() -> None:
    spec = {"op": "conv", "input": [5, 6, 7], "kernel": [1, 2, 3], "padding": 2, "delta": 1}
    result = cnngrad.run(spec, index_base=1)
    trace = result.explain("Z[1]").trace
    assert [[f.name(1) for f in term.factors] for term in trace.terms] == [
        ["pad[-1]", "W[1]"],
        ["pad[0]", "W[2]"],
        ["A[1]", "W[3]"],
        ["b"],
    ]
    grid = part_pictures(result.derivation, trace, Style(base=1))[0]
    assert (grid.columns, grid.cells) == (["-1", "0", "1", "2", "3"], [["0", "0", "5", "6", "7"]])
    assert grid.signs == {(0, 0): "pad-part", (0, 1): "pad-part", (0, 2): "part"}


def test_the_plane_of_a_picture_is_named() -> None:
    spec = {"op": "conv", "input": integers((2, 2, 3), 1), "kernel": integers((1, 1, 3, 2), 2), "delta": 1}
    result = cnngrad.run(spec)
    grids = part_pictures(result.derivation, result.explain("dW[0,0,2,1]").trace, STYLE)
    assert [grid.title for grid in grids] == ["A[:,:,2]", "dZ[:,:,1]", "dW[:,:,2,1]"]


def test_at_most_four_planes_are_drawn() -> None:
    spec = {"op": "conv", "input": integers((2, 2, 6), 1), "kernel": integers((1, 1, 6, 1), 2), "delta": 1}
    result = cnngrad.run(spec)
    grids = part_pictures(result.derivation, result.explain("Z[0,0,0]").trace, STYLE)
    assert [grid.title for grid in grids if grid.symbol == "A"] == [f"A[:,:,{c}]" for c in range(4)]


def test_a_cell_without_terms_is_drawn_alone() -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "input": [[1, 2], [3, 4]], "delta": 1})
    (own,) = part_pictures(result.derivation, result.explain("dA[0,0]").trace, STYLE)
    assert (own.symbol, own.signs, own.cells) == ("dA", {(0, 0): "part"}, [["0", "0"], ["0", "1"]])


def test_windows_of_every_plane_are_drawn() -> None:
    result = cnngrad.run(
        {"op": "pool", "layout": "HWC", "window": 2, "input": np.arange(8).reshape(2, 2, 2), "delta": 1}
    )
    grids = part_pictures(result.derivation, result.explain("Z[0,0,1]").trace, STYLE)
    # the second channel holds 1 3 / 5 7
    assert [(grid.title, grid.cells, grid.signs) for grid in grids] == [
        ("A[:,:,1]", [["1", "3"], ["5", "7"]], {(1, 1): "part"}),
        ("Z[:,:,1]", [["7"]], {(0, 0): "part"}),
    ]


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
