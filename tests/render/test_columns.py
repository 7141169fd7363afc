"""Columns of grids: with their signs, and in blocks that fit, where the keys say what each row is."""

from __future__ import annotations

from cnngrad.render.columns import columns_of, in_blocks
from cnngrad.report.blocks import Grid


def test_marks_stand_beside_their_numbers() -> None:
    grid = Grid("A", "A", [["-1.5", "7"], ["10", "8"]], signs={(0, 0): "part", (1, 1): "winner", (1, 0): "padding"})
    assert columns_of(grid) == [["[-1.5]", " 10   "], [" 7 ", " 8*"]]


NAMED = Grid(
    "", "T", [["a", "12", "345", "6789"]], columns=("k", "l", "m", "n"), signs={(0, 3): "wrong"}, left=frozenset({0}),
    keys=frozenset({0}), note="and more",
)  # fmt: skip


def test_a_grid_that_fits_is_one_block() -> None:
    # 1 + 2 + 3 + 5 characters ("6789" has the sign beside it) and a gap of 2 behind each are 20
    assert list(in_blocks(NAMED, 20, 2)) == [NAMED]


def test_blocks_repeat_the_keys_and_the_last_has_the_note() -> None:
    first, second = in_blocks(NAMED, 15, 2)
    assert (first.title, first.columns, first.cells) == ("T, columns l to m", ["k", "l", "m"], [["a", "12", "345"]])
    assert (first.note, first.signs, first.left) == ("", {}, frozenset({0}))
    assert (second.title, second.columns, second.cells) == ("T, column n", ["k", "n"], [["a", "6789"]])
    assert (second.note, second.signs) == ("and more", {(0, 1): "wrong"})


def test_a_column_that_leaves_the_keys_no_room_is_alone() -> None:
    blocks = list(in_blocks(NAMED, 8, 2))
    assert [(block.title, block.columns) for block in blocks] == [
        ("T, column l", ["k", "l"]),
        ("T, column m", ["k", "m"]),
        ("T, column n", ["n"]),
    ]
