"""The rows of a run as a table: what an item is, what is wrong with it, and a column for each of its results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from cnngrad.batch.rows import Row, place_of, with_error

HEAD = ("source", "op", "title", "error")


def table_of(rows: Callable[[], Iterator[Row]]) -> Iterator[list[object]]:
    """The names of the columns, and then each row; the rows are gone through twice.

    An array or a mapping is compact JSON; the columns come in the order in which results are first met.
    """
    names = list(dict.fromkeys(name for row in rows() for name in row.get("results", ())))
    yield [*HEAD, *names]
    for row in rows():
        results = row.get("results", {})
        yield [
            row["source"],
            row.get("op"),
            row.get("title"),
            _error(row),
            *(_cell(results.get(name)) for name in names),
        ]


def _error(row: Row) -> str | None:
    """What is wrong, behind its place: `3:9: kernel: ...`."""
    if (error := with_error(row).get("error")) is None:
        return None
    return ": ".join(filter(None, (place_of(error), error["key"], error["message"])))


def _cell(value: Any) -> object:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict | list) else value
