"""The rows of a class as a table for spreadsheets and learning platforms: whose, how many points, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cnngrad.batch.grading.summary import MOST_QUANTITIES
from cnngrad.homework.verdict import POINTS

Row = Mapping[str, Any]
HEAD = ("student", "name", "source", "points", "of", "verdict", "error")
COLUMNS = ("verdict", "mistakes", "points")
"""What there is of each quantity: `dW verdict`, `dW mistakes`, `dW points`."""


def table_of(rows: Callable[[], Iterator[Row]]) -> Iterator[list[object]]:
    """The headings, and then a row for each submission; the rows are gone through twice. Quantities come as they are
    first met; names that are none are an error."""
    names = [*dict.fromkeys(name for row in rows() for name in _quantities(row))][:MOST_QUANTITIES]
    yield [*HEAD, *(f"{name} {column}" for name in names for column in COLUMNS)]
    for row in rows():
        answers = row.get("answers", {})
        yield [
            *(row.get(name) for name in HEAD[:-1]),
            _error(row),
            *(cell for name in names for cell in _cells(answers.get(name))),
        ]


def _quantities(row: Row) -> Iterator[str]:
    return (name for name, answer in row.get("answers", {}).items() if not _is_unknown(answer))


def _is_unknown(answer: Row) -> bool:
    """Whether the exercise has no quantity of this name."""
    return answer.get("asked") is False and answer.get("cells") == 0


def _error(row: Row) -> str | None:
    """Why nothing could be read, behind its place; or which names are none."""
    if error := row.get("error"):
        place = ":".join(str(error[key]) for key in ("line", "column") if error.get(key))
        return ": ".join(filter(None, (place, error.get("key"), error["message"])))
    unknown = [answer.get("message", "") for answer in row.get("answers", {}).values() if _is_unknown(answer)]
    return "; ".join(filter(None, unknown)) or None


def _cells(answer: Row | None) -> Iterator[object]:
    if answer is None:
        yield from (None,) * len(COLUMNS)
        return
    verdict = answer["verdict"]
    yield verdict
    yield ", ".join(dict.fromkeys(_explanations(answer)))
    yield None if answer.get("asked") is False else POINTS[verdict]


def _explanations(answer: Row) -> Iterator[str]:
    """`stride-ignored@conv1`, two mistakes together, slips with their cells."""
    yield from map(_named, answer.get("mistakes", ()))
    yield from (" + ".join(map(_named, pair)) for pair in answer.get("pairs", ()))
    yield from (f"{slip['id']} {slip['cell']}" for slip in answer.get("slips", ()))


def _named(mistake: Row) -> str:
    layer, where = mistake.get("layer"), mistake.get("where")
    return f"{mistake['id']}{f'@{layer}' if layer else ''}{f' in {where}' if where else ''}"
