"""The rows of a run as a table."""

from __future__ import annotations

from typing import Any

from cnngrad.batch.rows import error_row
from cnngrad.batch.sheet import table_of
from cnngrad.errors import Mark, Problem

ROWS: list[dict[str, Any]] = [
    {"source": "a", "op": "conv", "title": "t", "results": {"Z": [[1.0, 2.5]], "db": 3.0}},
    error_row("b", Problem("is odd", "kernel", Mark("b", 3, 9)), "b"),
    {"source": "c", "op": "graph", "title": None, "results": {"value": -12.0, "gradients": {"x": -4.0}, "Z": "x11"}},
    {"source": "d", "op": "conv", "results": {}, "gradcheck": {"passed": False, "largest_relative_error": 1}},
]


def test_a_column_for_every_result_in_the_order_in_which_they_come() -> None:
    assert list(table_of(lambda: iter(ROWS))) == [
        ["source", "op", "title", "error", "Z", "db", "value", "gradients"],
        ["a", "conv", "t", None, "[[1.0,2.5]]", 3.0, None, None],
        ["b", None, None, "3:9: kernel: is odd", None, None, None, None],
        ["c", "graph", None, None, "x11", None, -12.0, '{"x":-4.0}'],
        ["d", "conv", None, "gradient check failed: largest relative error 1", None, None, None, None],
    ]
