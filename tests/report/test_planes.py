"""Planes: which axes are rows and columns, which planes are shown and what is said of the others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import cnngrad

import cnngrad as library
from cnngrad.examples import examples
from cnngrad.report.grids import grids_of
from cnngrad.report.planes import Style, plane_axes

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
    assert (first.title, second.title) == ("A[:,:,1] input  2x3 of 2x3x2", "A[:,:,2]  2x3")
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


def test_of_many_planes_the_first_is_shown_and_how_to_get_the_others() -> None:
    array = np.arange(3.0 * 6 * 6).reshape(3, 6, 6)
    (grid,) = grids_of("A", array, "CHW", STYLE, only="conv1.A")
    assert (grid.title, grid.note) == ("A[0,:,:]  6x6 of 3x6x6", "and 2 more planes: only='conv1.A'")
    assert grid.cells[0] == ["0", "1", "2", "3", "4", "5"]
    (grid,) = grids_of("A", array[:2], "CHW", STYLE, title="A shifted", at=(1, 0, 0))[1:]  # 72 cells: both planes
    assert (grid.title, grid.note) == ("A[1,:,:]  6x6", "")
    (grid,) = grids_of("A", array, "CHW", STYLE, title="A given", at=(1, 2, 0))
    assert (grid.title, grid.note) == ("A[1,:,:] given  6x6 of 3x6x6", "and 2 more planes: to_dict() gives all")
    assert grid.cells[0] == ["36", "37", "38", "39", "40", "41"]
    assert len(grids_of("A", array, "CHW", Style(first=False))) == 3
    assert len(grids_of("A", array, "CHW", Style(elide=False))) == 3


def test_more_than_2000_cells_of_one_name_lose_planes_too_and_say_so() -> None:
    array = np.zeros((30, 2, 40))
    grids = grids_of("A", array, "NCL", Style(first=False), only="A")
    # images 0 to 3 and 26 to 29
    assert (len(grids), grids[0].title, grids[-1].title) == (8, "A[0,:,:]  2x40 of 30x2x40", "A[29,:,:]  2x40")
    assert [grid.note for grid in grids] == [""] * 7 + ["and 22 more planes: to_dict() gives all"]
    (grid,) = grids_of("A", array, "NCL", STYLE, only="A")
    assert grid.note == "and 29 more planes: only='A'"


def test_many_small_planes_are_the_rows_of_one_grid() -> None:
    array = np.arange(36.0).reshape(2, 2, 3, 3)
    (grid,) = grids_of(
        "W", array, "HWIO", Style(base=1), title="W kernel", sign_of=lambda i: "wrong" if i == (1, 0, 0, 1) else None
    )
    assert grid.title == "W kernel  9 planes of 2x2x3x3, each 2x2 and in a row"
    assert grid.rows[:2] == ["W[:,:,1,1]", "W[:,:,1,2]"]
    assert grid.columns == ["1,1", "1,2", "2,1", "2,2"]
    assert grid.cells[1] == ["1", "10", "19", "28"]
    assert grid.signs == {(1, 2): "wrong"}
    (grid,) = grids_of("b", np.arange(10.0).reshape(10, 1), "CL"[:0] + "OL", STYLE)
    assert (grid.rows[:2], grid.columns, grid.cells[9]) == (["b[0,:]", "b[1,:]"], ["0"], ["9"])
    assert len(grids_of("W", array, "HWIO", Style(first=False))) == 9


def spec_of(images: int, filters: int) -> dict[str, Any]:
    """A batch as in the Coursera course: 4x4x3 images, filters of 2x2, padding 2, stride 2."""
    draw = np.random.default_rng(1).normal
    shapes = {"input": (images, 4, 4, 3), "kernel": (2, 2, 3, filters), "delta": (images, 4, 4, filters)}
    return {"op": "conv", "stride": 2, "padding": 2} | {key: draw(size=size).tolist() for key, size in shapes.items()}


@pytest.mark.parametrize(("format_", "width"), [pytest.param("table", "80", marks=pytest.mark.slow), ("text", "120")])
def test_a_batch_of_ten_images_is_read_in_250_lines(format_: str, width: str, tmp_path: Path) -> None:
    spec = tmp_path / "s.json"
    spec.write_text(json.dumps(spec_of(10, 8)))
    shown = cnngrad("conv-backward", spec, "--format", format_, "--width", width).out
    assert len(shown.splitlines()) <= 250
    notes = re.findall(r"and (\d+) more planes: --only (\w+)", shown)
    assert notes == [("29", "A"), ("79", "dZ"), ("79", "Z"), ("29", "dA")]


def test_only_a_file_and_python_have_all_planes(tmp_path: Path) -> None:
    spec = spec_of(3, 1)
    result = library.run(spec, trace="none")
    assert "and 8 more planes: only='dA'" in str(result)
    assert "dA[2,:,:,2]" not in str(result)
    (tmp_path / "s.json").write_text(json.dumps(spec))
    command = ("conv-backward", tmp_path / "s.json", "--trace", "none")
    cnngrad(*command, "-o", tmp_path / "all.txt")
    for text in ((tmp_path / "all.txt").read_text(), cnngrad(*command, "--only", "dA").out):
        assert all(f"dA[{n},:,:,{c}]  4x4" in text for n in range(3) for c in range(1, 3))


def test_only_shows_what_is_given_too() -> None:
    found = json.loads(cnngrad("run", "example:channels-nhwc", "--only", "W,db", "--format", "json").out)
    assert [*found["results"]] == ["db", "W"]
    assert found["results"]["db"] == [4, 3]
    network = json.loads(cnngrad("network", "--only", "conv1.W", "--format", "json").out)["results"]
    assert network == {"layers": [{"name": "conv1", "op": "conv", "results": {"W": [[-0.13, 0.15], [-0.51, 0.62]]}}]}
    assert cnngrad("network", "--only", "conv.W").err.endswith(
        "error: --only: this exercise has no 'conv.W'; did you mean 'conv1.W'?\n"
    )


def test_check_shows_the_plane_of_the_first_wrong_cell() -> None:
    spec = spec_of(3, 1)
    answer = [[[[f"{v:.4f}" for v in c] for c in r] for r in i] for i in library.run(spec).results["dA"]]
    answer[2][1][2][1] = "99"
    page = str(library.check(spec, {"dA": answer}))
    assert "dA[2,:,:,1] given  4x4 of 3x4x4x3" in page
    assert "99✗" in page
    assert "and 8 more planes: to_dict() gives all" in page


def test_symbolic_lines_keep_to_the_first_plane() -> None:
    names = [[[f"x{c}{i}{j}" for j in range(8)] for i in range(8)] for c in range(2)]
    spec = {"op": "conv", "layout": "CHW", "numbers": "symbolic", "input": names, "delta": 1}
    spec |= {"kernel": [[["first_weight + 1"]], [["second_weight + 1"]]]}
    assert str(library.run(spec, trace="none", only=["dA"])).count("dA[1,") == 64
    page = str(library.run(spec, trace="none"))
    assert (page.count("dA[0,"), page.count("dA[1,")) == (64, 0)
    assert "\n  and 1 more plane: only='dA'\n" in page


def test_the_mean_of_all_cells_is_said_where_not_all_are_shown() -> None:
    spec = {"op": "pool", "layout": "CHW", "window": 2, "mode": "average", "delta": 4}
    spec |= {"input": np.arange(128.0).reshape(2, 8, 8).tolist()}
    page = str(library.run(spec))
    # every cell gets 4/4, from 32 windows of 2x2
    assert "\n  mean: dA 1\n" in page
    assert "mean" not in str(library.run(spec, only=["dA"], trace="none"))
    assert "mean: Z" not in page  # 32 cells


def test_the_numbers_of_the_examples_notes_are_printed() -> None:
    for example in examples():
        page = str(library.run(f"example:{example.name}"))
        printed = [float(number) for number in re.findall(r"-?\d+\.\d+", page)]
        for noted in set(re.findall(r"-?\d+\.\d{2,}", example.look)) - {"-0.0681"}:  # which is a wrong one
            decimals = len(noted.partition(".")[2])
            assert any(round(number, decimals) == float(noted) for number in printed), (example.name, noted)
