"""The matrices on the page of a convolution, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from pages import exhibits_of

import cnngrad
from cnngrad.report.blocks import Grid, Grids
from cnngrad.report.page import page

CONV: dict[str, Any] = {
    "op": "conv",
    "input": [[1, 2, 3], [4, 5, 6]],
    "kernel": [[10, 20], [30, 40]],
    "delta": [[7, 8]],
}


CHANNELS: dict[str, Any] = {
    "op": "conv", "layout": "NCL", "groups": 2, "delta": 1,
    "input": [[[1, 2, 3], [4, 5, 6]], [[0, 0, 0], [0, 0, 0]]], "kernel": [[[1, 2]], [[3, 4]]],
}  # fmt: skip


@pytest.mark.parametrize("method", ["gather", "scatter"])
def test_gather_and_scatter_need_no_matrices(method: str) -> None:
    assert exhibits_of(CONV, method) == {}


def test_the_matrices_of_a_convolution() -> None:
    shown = exhibits_of(CONV, "matrix")
    assert list(shown) == ["W", "X", "dZ", "M"]
    assert shown["W"].cells.tolist() == [[10, 20, 30, 40]]
    # the columns are the windows 1 2 / 4 5 and 2 3 / 5 6
    assert shown["X"].cells.tolist() == [[1, 2], [2, 3], [4, 5], [5, 6]]
    assert shown["dZ"].cells.tolist() == [[7, 8]]
    assert shown["M"].cells.tolist() == [[10, 20, 0, 30, 40, 0], [0, 10, 20, 0, 30, 40]]
    assert [exhibit.sparse for exhibit in shown.values()] == [False, False, False, True]
    assert shown["X"].title == "X = im2col(A): one column per window"
    assert shown["M"].title == "M: the whole layer as one matrix of tied weights, Z = M A + b"


def test_the_matrices_do_what_their_titles_say() -> None:
    shown, results = exhibits_of(CONV, "matrix"), cnngrad.run(CONV).results
    W, X, dZ = (shown[name].cells for name in ("W", "X", "dZ"))
    # 1*10 + 2*20 + 4*30 + 5*40 = 370 and 2*10 + 3*20 + 5*30 + 6*40 = 470
    assert (W @ X).tolist() == [[370, 470]] == results["Z"].tolist()
    # 7*1 + 8*2, 7*2 + 8*3, 7*4 + 8*5, 7*5 + 8*6
    assert (dZ @ X.T).tolist() == [[23, 38, 68, 83]] == [results["dW"].ravel().tolist()]
    # 7*10, 7*20 + 8*10, 8*20, 7*30, 7*40 + 8*30, 8*40
    assert (shown["M"].cells.T @ [7, 8]).tolist() == [70, 220, 160, 210, 520, 320] == results["dA"].ravel().tolist()


def test_padding_is_zero_in_the_columns() -> None:
    shown = exhibits_of({"op": "conv", "input": [1, 2], "kernel": [3, 4], "padding": 1, "delta": 1}, "matrix")
    assert shown["X"].cells.tolist() == [[0, 1, 2], [1, 2, 0]]
    assert shown["M"].cells.tolist() == [[4, 0], [3, 4], [0, 3]]


def test_reflected_cells_add_up_in_the_tied_matrix() -> None:
    spec = {"op": "conv", "input": [1, 2], "kernel": [3, 4, 5], "padding": 1, "padding_mode": "reflect"}
    # the padded input is A1 A0 A1 A0: rows 3*A1 + 4*A0 + 5*A1 and 3*A0 + 4*A1 + 5*A0
    assert exhibits_of(spec, "matrix")["M"].cells.tolist() == [[4, 8], [8, 4]]


def test_only_the_first_image_and_group_are_shown() -> None:
    shown = exhibits_of(CHANNELS, "matrix")
    assert shown["W"].cells.tolist() == [[1, 2]]
    assert shown["X"].cells.tolist() == [[1, 2], [2, 3]]
    assert shown["dZ"].cells.tolist() == [[1, 1]]
    assert shown["M"].cells.tolist() == [[1, 2, 0, 0, 0, 0], [0, 1, 2, 0, 0, 0], [0, 0, 0, 3, 4, 0], [0, 0, 0, 0, 3, 4]]
    assert shown["M"].title.endswith("Z = M A + b, cells in the order CL")


def test_without_an_upstream_gradient_only_the_forward_matrices_are_shown() -> None:
    forward = {key: value for key, value in CONV.items() if key != "delta"}
    assert list(exhibits_of(forward, "matrix")) == ["W", "X", "M"]
    assert exhibits_of(forward, "rotate") == {}


def test_the_matrices_of_a_transposed_convolution() -> None:
    spec = {
        "op": "conv",
        "transposed": True,
        "stride": 2,
        "input": [5, 6],
        "kernel": [1, 2, 3],
        "delta": [1, 2, 3, 4, 5],
    }
    shown = exhibits_of(spec, "matrix")
    assert list(shown) == ["W", "X", "A", "M"]
    # the windows 1 2 3 and 3 4 5 of dZ, one per column
    assert shown["X"].cells.tolist() == [[1, 3], [2, 4], [3, 5]]
    assert shown["A"].cells.tolist() == [[5, 6]]
    assert shown["M"].cells.tolist() == [[1, 2, 3, 0, 0], [0, 0, 1, 2, 3]]
    # 5*1, 5*2, 5*3 + 6*1, 6*2, 6*3
    assert (shown["M"].cells.T @ [5, 6]).tolist() == [5, 10, 21, 12, 18]
    assert "Z = M' A + b" in shown["M"].title


def test_the_stretched_delta_and_the_turned_kernel() -> None:
    shown = exhibits_of({**CONV, "input": [[1, 2, 3, 4]] * 3, "stride": [1, 2], "delta": [[1, 2], [3, 4]]}, "rotate")
    assert shown["D"].cells.tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 0, 2, 0],
        [0, 3, 0, 4, 0],
        [0, 0, 0, 0, 0],
    ]
    assert shown["R"].cells.tolist() == [[40, 30], [20, 10]]
    assert shown["D"].title == "D: dZ with zeros between (stride) and around"
    assert shown["R"].title == "R: W turned by 180 degrees"


def test_the_turned_kernel_slides_over_the_stretched_delta_to_give_dA() -> None:
    shown = exhibits_of({"op": "conv", "input": [1, 2, 3], "kernel": [10, 20], "delta": [7, 8]}, "rotate")
    assert (shown["D"].cells.tolist(), shown["R"].cells.tolist()) == ([[0, 7, 8, 0]], [[20, 10]])
    # 0*20 + 7*10, 7*20 + 8*10, 8*20 + 0*10
    assert cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [10, 20], "delta": [7, 8]}).results[
        "dA"
    ].tolist() == [
        70,
        220,
        160,
    ]


def test_a_flipped_kernel_is_turned_twice() -> None:
    assert exhibits_of({**CONV, "flip_kernel": True}, "rotate")["R"].cells.tolist() == [[10, 20], [30, 40]]


def test_one_plane_of_several_is_called_the_first() -> None:
    shown = exhibits_of(CHANNELS, "rotate")
    assert shown["D"].cells.tolist() == [[0, 1, 1, 0]]
    assert shown["R"].cells.tolist() == [[2, 1]]
    assert shown["D"].title.endswith(" (the first of its planes)")


def test_the_rotation_of_a_transposed_convolution_stretches_the_input() -> None:
    shown = exhibits_of(
        {"op": "conv", "transposed": True, "stride": 2, "input": [5, 6], "kernel": [1, 2], "delta": 1}, "rotate"
    )
    assert shown["D"].cells.tolist() == [[0, 5, 0, 6, 0]]
    assert shown["D"].title == "D: A with zeros between (stride) and around"


def test_a_large_layer_is_not_written_as_one_matrix() -> None:
    # 50 windows over 50 cells make 2,500 cells, more than 2,000
    assert list(exhibits_of({"op": "conv", "input": [1] * 50, "kernel": [1]}, "matrix")) == ["W", "X"]
    # 40 x 50 = 2,000 are still written
    assert "M" in exhibits_of({"op": "conv", "input": [1] * 50, "kernel": [1] * 11}, "matrix")


def test_the_page_shows_zeros_of_a_sparse_matrix_as_dots() -> None:
    result = cnngrad.run(CONV, method="matrix")
    grids = [grid for block in page(result) if isinstance(block, Grids) for grid in block.grids]
    (tied,) = (grid for grid in grids if isinstance(grid, Grid) and grid.title.startswith("M:"))
    assert tied.cells[0] == ["10", "20", "·", "30", "40", "·"]
