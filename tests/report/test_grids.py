"""Grids: which axes are rows and columns, one for each plane, large ones without their middle."""

from __future__ import annotations

import numpy as np
import pytest

from cnngrad.report.grids import Style, grids_of, plane_axes

STYLE = Style()


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
