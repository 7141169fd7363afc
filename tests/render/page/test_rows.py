"""The rows of a run as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from classes import HOSTILE
from markup import faults, read

from cnngrad.render.page.rows import render_rows

ERROR = {"message": "spans 5 cells", "line": 7, "column": 12, "key": "kernel"}


def rows() -> Iterator[Mapping[str, Any]]:
    """One that was computed, two that failed."""
    yield {"format": 1, "op": "conv", "source": "a.yaml", "title": "A", "results": {}}
    yield {"format": 1, "source": "b.yaml", "error": ERROR}
    yield {"format": 1, "source": "c.yaml", "error": {"message": "ended", "line": None, "column": None, "key": None}}


def test_every_row_says_what_came_of_it() -> None:
    html = "".join(render_rows(rows, "results.jsonl"))
    assert faults(html) == []
    tree = read(html)
    assert tree.find("h1").text == "results.jsonl"
    assert tree.find("p", **{"class": "lead"}).text == "3 items: 1 computed, 2 failed"
    assert tree.find("table").rows() == [
        ["source", "op", "title", "result"],
        ["a.yaml", "conv", "A", "✓ computed"],
        ["b.yaml", "", "", "✗ failed: 7:12: kernel: spans 5 cells"],
        ["c.yaml", "", "", "✗ failed: ended"],
    ]


def test_rows_are_made_as_they_are_read() -> None:
    read_so_far: list[int] = []

    def many() -> Iterator[Mapping[str, Any]]:
        for number in range(3000):
            read_so_far.append(number)
            yield {"source": f"{number}.yaml"}

    parts = render_rows(many, "t")
    next(parts)
    assert len(read_so_far) < 4500  # all once, to count them; not yet all a second time
    assert "2999.yaml" in "".join(parts)


def test_any_row_is_shown_and_texts_are_never_markup() -> None:
    odd: list[Mapping[str, Any]] = [{}, {"error": None}, {"error": "text"}, {"source": 3, "title": ["a"]}]
    html = "".join(
        render_rows(lambda: iter([*odd, *({"source": name, "title": name} for name in HOSTILE)]), HOSTILE[0])
    )
    assert faults(html) == []
    assert not [*read(html).all("img")]
    assert len(read(html).find("table").rows()) == 1 + len(odd) + len(HOSTILE)
