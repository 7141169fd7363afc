"""The rows of a run of many specs as a page: which were computed and which failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cnngrad.records import dataclass
from cnngrad.render.page.frame import page_parts
from cnngrad.wording import counted

Rows = Callable[[], Iterator[Mapping[str, Any]]]
"""The rows from the beginning, each time it is called."""


@dataclass(frozen=True)
class Line:
    """One row: where the spec is, what it is, and why it failed, if it did."""

    source: str
    op: str
    title: str
    error: str


def render_rows(rows: Rows, title: str) -> Iterator[str]:
    """One self-contained file in parts; the rows are gone through twice and never all held."""
    total = failed = 0
    for row in rows():
        total, failed = total + 1, failed + ("error" in row)
    said = f"{counted(total, 'item')}: {total - failed:,} computed, {failed:,} failed"
    yield from page_parts("rows.html", title=title, headline=said, lines=map(_line, rows()))


def _line(row: Mapping[str, Any]) -> Line:
    error = row.get("error")
    found = error if isinstance(error, Mapping) else {"message": error or ""}
    place = [str(found[key]) for key in ("line", "column") if found.get(key)]
    key = [str(found["key"])] if found.get("key") else []
    says = ": ".join([*([":".join(place)] if place else []), *key, str(found.get("message") or "no message")])
    source, op, title = (str(row.get(name) or "") for name in ("source", "op", "title"))
    return Line(source, op, title, says if "error" in row else "")
