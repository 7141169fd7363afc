"""Why a cell of pooling gets nothing, and which one won: the full sentences."""

from __future__ import annotations

from typing import Any

import pytest
from pages import texts

import cnngrad
from cnngrad.report.page import explanation_page

A = [[1, 3, 0], [3, 2, 0], [9, 9, 9]]
"""One window of 2x2: 1 3 / 3 2; the last row and the last column are in none."""


@pytest.mark.parametrize(
    ("cell", "settings", "says"),
    [
        ("dA[0,0]", {}, "A[0,0] = 1 lost to A[0,1] = 3 in the window of Z[0,0]"),
        (
            "dA[1,0]",
            {},
            "A[1,0] = 3 tied with A[0,1] in the window of Z[0,0] and came second of 2: with ties first the first takes "
            "all",
        ),
        (
            "dA[0,1]",
            {"ties": "last"},
            "A[0,1] = 3 tied with A[1,0] in the window of Z[0,0] and came first of 2: with ties last the last takes "
            "all",
        ),
        ("dA[2,0]", {}, "no window reaches A[2,0]: row 2 is behind the last window, which ends at row 1"),
        ("dA[0,1]", {"delta": 0}, "A[0,1] wins the window of Z[0,0], but dZ[0,0] = 0"),
        ("Z[0,0]", {}, "= max(1, 3, 3, 2)"),
        ("argmax[0,0]", {}, "= row*width + column"),
        ("argmax[0,0]", {}, "= 0*3 + 1"),
    ],
)
def test_what_is_said_of_a_cell(cell: str, settings: dict[str, Any], says: str) -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "input": A, "delta": 5, **settings})
    assert any(text.endswith(says) for text in texts(explanation_page(result, (cell,))))


def test_what_is_left_out_is_said() -> None:
    note = (
        "no window reads the last row and the last column of A: Z does not depend on what is there, and the gradient "
    )
    assert f"({note}there is 0)" in str(cnngrad.run({"op": "pool", "window": 2, "input": A})).replace("\n  ", " ")
