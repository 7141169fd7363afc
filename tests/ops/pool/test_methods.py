"""The matrix of a pooling layer, by hand."""

from __future__ import annotations

from typing import Any

import cnngrad
from cnngrad.methods.matrix import Exhibit


def of(spec: dict[str, Any], method: str) -> dict[str, Exhibit]:
    """The exhibits by the letter that their titles begin with."""
    exercise = cnngrad.run(spec).exercise
    found = exercise.record.part("exhibits")(exercise, method)
    return {exhibit.title.split(" ")[0].rstrip(":"): exhibit for exhibit in found}


def test_pooling_is_a_matrix_with_a_row_per_window() -> None:
    spec = {"op": "pool", "window": 2, "stride": 1, "input": [1, 9, 5]}
    assert of(spec, "matrix")["P"].cells.tolist() == [[0, 1, 0], [0, 1, 0]]
    assert of({**spec, "mode": "average"}, "matrix")["P"].cells.tolist() == [[0.5, 0.5, 0], [0, 0.5, 0.5]]
    assert of(spec, "rotate") == {}
