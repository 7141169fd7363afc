"""What is written of each item: one JSON object on a line; and what a line that failed says in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from cnngrad.errors import Problem, escape
from cnngrad.report.record import FORMAT

_ENCODER = json.JSONEncoder(allow_nan=False)
Row = dict[str, Any]
"""A line of the output, read: a JSON object."""


class Line(NamedTuple):
    """What is written of an item, with its line break, and whether the item failed."""

    text: str
    failed: bool = False


def line_of(row: Mapping[str, Any]) -> Line:
    """A row as it is written: ASCII without a line break inside, numbers in full."""
    return Line(_ENCODER.encode(row) + "\n", failed(row))


def failed(row: Mapping[str, Any]) -> bool:
    """Whether a row has an error, or a check that was asked for does not hold."""
    return "error" in row or row.get("gradcheck", {}).get("passed") is False


def error_row(source: str, problem: Problem, path: str = "", line: int = 0) -> Row:
    """The row of an item that failed: the file `path`, or its line `line` in one.

    A place that is in another file, such as one that the spec names, is part of the message.
    """
    return {"format": FORMAT, "source": source, "error": error_of(problem, (source, path), line)}


def error_of(problem: Problem, names: tuple[str, ...], line: int = 0) -> Row:
    """A problem as plain values; `names` are those of the place that its line and column count in."""
    mark, message = problem.mark, problem.message
    if mark is not None and mark.source not in names:
        mark, message = None, f"{mark}: {message}"
    return {
        "message": escape(message),
        "line": (mark.line if mark else 0) or line or None,
        "column": (mark.column if mark else 0) or None,
        "key": escape(problem.key) or None,
    }


def with_error(row: Row) -> Row:
    """The row; where it failed by a check, that is an error of it."""
    if "error" in row or not failed(row):
        return row
    worst = row["gradcheck"]["largest_relative_error"]
    message = f"gradient check failed: largest relative error {worst:.2g}"
    return row | {"error": {"message": message, "line": None, "column": None, "key": None}}


def said(row: Row) -> str:
    """Why a row failed, in one line as other commands say it: `a.yaml:3:9: kernel: ...`."""
    source, error = escape(str(row.get("source"))), with_error(row)["error"]
    where = place_of(error)
    if error.get("line") and source.endswith(f":{error['line']}"):
        where = where.removeprefix(str(error["line"])).removeprefix(":")
    return ": ".join(filter(None, (":".join(filter(None, (source, where))), error.get("key"), error["message"])))


def place_of(error: Mapping[str, Any]) -> str:
    """Line and column of an error, `3:9`; nothing where it is about the whole."""
    return ":".join(str(error[part]) for part in ("line", "column") if error.get(part))
