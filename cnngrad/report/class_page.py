"""The class at a glance, as blocks of a page: how many have what right, what is common, and who gave equal answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from cnngrad.errors import escape
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Listing, Note, Words, piece, pieces, words
from cnngrad.report.class_summary import Carried, ClassSummary, Cluster, Finding
from cnngrad.wording import counted, listed

TITLE = "The class at a glance"
SHOWN = 10
"""Mistakes and clusters that are shown; the rest is counted."""
MEMBERS = 8
"""Students that are named in a list; the rest is counted."""
CELLS = 24
"""Numbers of an answer that are shown."""
BAR = 10
"""Signs of a bar that is full."""


def glance(summary: ClassSummary) -> tuple[Block, ...]:
    """The blocks of a terminal: counts, the commonest mistakes, equal answers that nothing explains, carried errors,
    and what could not be read."""
    return (
        Heading(TITLE),
        words(headline(summary)),
        *_quantities(summary),
        *_findings(summary),
        *_clusters(summary),
        *_carried(summary),
        *_others(summary),
    )


def headline(summary: ClassSummary) -> str:
    """`20 submissions: 7 all right, 12 with errors, 1 not readable; points: mean 2.1 of 3, median 2.5`."""
    total, absent, unread = len(summary.students), len(summary.absent), len(summary.unread)
    errors = total - summary.right - absent - unread
    parts = [
        f"{summary.right:,} all right",
        *([f"{errors:,} with errors"] if errors else []),
        *([f"{absent:,} without an answer"] if absent else []),
        *([f"{unread:,} not readable"] if unread else []),
    ]
    return f"{total:,} {'submission' if total == 1 else 'submissions'}: {', '.join(parts)}{_points(summary)}"


def _points(summary: ClassSummary) -> str:
    points = [student.points for student in summary.students]
    of = {student.of for student in summary.students if student.of}
    if not points or not of:
        return ""
    most = f" of {of.pop():g}" if len(of) == 1 else ""
    return f"; points: mean {round(sum(points) / len(points), 2):g}{most}, median {median(points):g}"


def shown_share(share: float) -> str:
    """`67 %`; 100 % and 0 % are kept for all and none."""
    percent = round(100 * share)
    return f"{percent if share in (0.0, 1.0) else min(max(percent, 1), 99)} %"


def _quantities(summary: ClassSummary) -> Iterator[Block]:
    if not summary.quantities:
        return
    seen = [name for name in summary.seen if name != "right"]
    rows = [
        [
            escape(quantity),
            str(summary.verdicts[quantity].get("right", 0)),
            shown_share(summary.share(quantity)),
            _bar(summary.share(quantity)),
            *(str(summary.verdicts[quantity].get(name, 0) or "") for name in seen),
        ]
        for quantity in summary.quantities
    ]
    columns = ("quantity", "right", "share", "", *map(escape, seen))
    note = f"and {counted(summary.left_out, 'more quantity', 'more quantities')}" if summary.left_out else ""
    yield words("")
    yield Grids((Grid("", "Answers", rows, (), columns, left=frozenset({0, 3}), keys=frozenset({0}), note=note),))


def _bar(share: float) -> str:
    """A bar for the eye; `#` stands for what is right."""
    full = round(BAR * share)
    return "#" * full + "." * (BAR - full)


def _findings(summary: ClassSummary) -> Iterator[Block]:
    if not summary.findings:
        return
    yield Heading("The commonest mistakes")
    rows = [
        (f"{len(found.students):,}", escape(found.quantity), escape(f"{found.name}: {said(found)}"))
        for found in summary.findings[:SHOWN]
    ]
    yield Listing(("students", "quantity", "mistake, and what was done"), rows)
    if more := len(summary.findings) - SHOWN:
        yield from _more(more, "more mistake", "more mistakes")
    if summary.shared:
        yield Note(f"several mistakes give the numbers of {counted(summary.shared, 'answer')}: each of them counts")


def said(found: Finding) -> str:
    """What was done; the sentence of a slip has the numbers of one student, and says nothing of the others."""
    return "a slip in some cells" if found.kind == "slip" else found.says


def _clusters(summary: ClassSummary) -> Iterator[Block]:
    if not summary.clusters:
        return
    yield Heading("Equal answers that nothing explains")
    for cluster in summary.clusters[:SHOWN]:
        students = counted(len(cluster.students), "student")
        head = (piece(escape(cluster.quantity), cluster.quantity), *pieces(f"{students}:"))
        yield Words((*head, *pieces(numbers_text(cluster))), 2, 4)
        yield words(escape(short_list(summary.labels(cluster.students))), indent=6)
    yield from _more(len(summary.clusters) - SHOWN, "more cluster", "more clusters")


def numbers_text(cluster: Cluster, most: int = CELLS) -> str:
    """`[[0.14, 0.11], [0.03, ...]]`: the first numbers of a cluster, as they were written."""
    if cluster.numbers is None:
        return f"{cluster.cells} numbers"
    left = [most]

    def text(numbers: object) -> str:
        if not isinstance(numbers, list):
            left[0] -= 1
            return escape("?" if numbers is None else str(numbers) or "?")
        texts = []
        for each in numbers:
            if left[0] <= 0:
                texts.append("...")
                break
            texts.append(text(each))
        return f"[{', '.join(texts)}]"

    return text(cluster.numbers)


def _carried(summary: ClassSummary) -> Iterator[Block]:
    if not summary.carried:
        return
    yield Heading("Carried over from an earlier error")
    for carried in summary.carried[:SHOWN]:
        yield Words((piece(f"{escape(carried.origin)}:", carried.origin), *pieces(carried_text(carried))), 2, 4)
    yield from _more(len(summary.carried) - SHOWN, "more quantity", "more quantities")


def carried_text(carried: Carried) -> str:
    """`an error here is carried into 12 answers of 9 students (dW 9, db 3)`."""
    total = counted(sum(carried.answers.values()), "answer")
    each = ", ".join(f"{escape(name)} {count}" for name, count in carried.answers.items())
    return f"an error here is carried into {total} of {counted(len(carried.students), 'student')} ({each})"


def _others(summary: ClassSummary) -> Iterator[Block]:
    if summary.absent:
        yield Heading("Without an answer")
        yield words(escape(short_list([student.label for student in summary.absent])), indent=2)
    if not summary.unread:
        return
    yield Heading("Not readable")
    for student in summary.unread[:SHOWN]:
        place = f":{student.place}" if student.place else ""
        yield words(escape(f"{student.source or student.id}{place}: {student.error}"), indent=2, hang=2)
    yield from _more(len(summary.unread) - SHOWN, "more submission", "more submissions")


def _more(count: int, noun: str, plural: str) -> Iterator[Note]:
    if count > 0:
        yield Note(f"and {counted(count, noun, plural)}")


def short_list(names: Sequence[str], most: int = MEMBERS) -> str:
    """`ann, bob and cid`; `ann, bob, ... and 12 more` where there are many."""
    if len(names) <= most + 1:
        return listed(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
