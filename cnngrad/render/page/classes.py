"""The page of a class: who has what right, what is common, and who gave equal answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnngrad.homework.verdict import MARKS, VERDICTS
from cnngrad.records import dataclass
from cnngrad.render.page.frame import page_parts
from cnngrad.report.class_page import TITLE, carried_text, headline, said, shown_share
from cnngrad.report.class_summary import ClassSummary, Cluster

LETTERS = dict(zip(VERDICTS, "ruocmwx", strict=True))
"""The class of a cell by its verdict: a letter, for there are many cells."""
NAMED = 12
"""Students that are named at once; a click shows the others."""


def render_class(summary: ClassSummary, title: str = TITLE) -> str:
    """One self-contained file."""
    return "".join(class_parts(summary, title))


def class_parts(summary: ClassSummary, title: str = TITLE) -> Iterator[str]:
    """The same in parts."""
    return page_parts("class.html", title=title, **_values(summary))


def _values(summary: ClassSummary) -> dict[str, Any]:
    return {
        "class_": summary,
        "headline": headline(summary),
        "named": any(student.name not in ("", student.id) for student in summary.students),
        "letters": LETTERS,
        "marks": {verdict: f"{mark}\xa0" for verdict, mark in MARKS.items()},
        "places": {(found.quantity, found.name): number for number, found in enumerate(summary.findings, 1)},
        "equal": _equal(summary),
        "stacks": {quantity: list(_stack(counts)) for quantity, counts in summary.verdicts.items()},
        "share": shown_share,
        "said": said,
        "carried_text": carried_text,
        "number_lines": number_lines,
        "NAMED": NAMED,
    }


def _equal(summary: ClassSummary) -> dict[tuple[int, str], int]:
    """In which cluster the answer of a student is, if in one; they are numbered from 1."""
    return {
        (student, cluster.quantity): number
        for number, cluster in enumerate(summary.clusters, 1)
        for student in cluster.students
    }


@dataclass(frozen=True)
class Part:
    """A part of a bar of 100: where it begins and how long it is."""

    letter: str
    start: float
    length: float


def _stack(counts: Mapping[str, int]) -> Iterator[Part]:
    """The verdicts on the answers for a quantity, from the best to the worst."""
    total, before = sum(counts.values()), 0
    for verdict, letter in LETTERS.items():
        count = counts.get(verdict, 0)
        if count:
            yield Part(letter, round(100 * before / total, 2), round(100 * count / total, 2))
        before += count


def number_lines(cluster: Cluster) -> str:
    """The numbers of a cluster, a row on each line, in columns."""
    rows = list(_rows(cluster.numbers))
    widths = [max(len(row[c]) for row in rows if c < len(row)) for c in range(max(map(len, rows), default=0))]
    return "\n".join("  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=False)) for row in rows)


def _rows(numbers: object) -> Iterator[list[str]]:
    """The innermost lists."""
    if isinstance(numbers, list) and any(isinstance(each, list) for each in numbers):
        for each in numbers:
            yield from _rows(each)
    else:
        cells = numbers if isinstance(numbers, list) else [numbers]
        yield ["?" if cell is None else str(cell) or "?" for cell in cells]
