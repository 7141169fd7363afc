"""An audit for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngrad.errors import escape
from cnngrad.exercise.mistake import Mistake
from cnngrad.homework.audit import Audit, ViewAudit
from cnngrad.homework.choices import CRITERIA
from cnngrad.report.blocks import Block, Heading, Listing, Page, words
from cnngrad.report.record import FORMAT
from cnngrad.wording import counted


def audit_page(audit: Audit) -> Page:
    """The score, then each quantity: what stays invisible and why, what cannot be told apart, what does not apply."""
    title = f"Audit: {escape(audit.solution.title)}" if audit.solution.title else "Audit"
    blocks: list[Block] = [Heading(title), words(_score(audit))]
    if audit.criterion != "cells":
        blocks.append(words(f"the grader compares {CRITERIA[audit.criterion]}"))
    for view in audit.views:
        blocks += _view(view)
    blocks += [words(""), words(f"repair: {repair_text(audit)}", hang=2)]
    return tuple(blocks)


def _score(audit: Audit) -> str:
    shown = audit.applicable - audit.invisible
    known = audit.applicable + sum(len(view.inapplicable) for view in audit.views)
    return (
        f"score {audit.score:.2f}: {shown} of the {counted(audit.applicable, 'mistake')} that can be made here show in "
        f"the numbers; {known - shown} of {known} known ones give exactly the right numbers"
    )


def _view(view: ViewAudit) -> Iterator[Block]:
    apply = "1 mistake applies" if view.applicable == 1 else f"{view.applicable} mistakes apply"
    yield Heading(f"{view.name}: {apply}, {len(view.invisible)} invisible")
    if view.invisible:
        yield Listing(("invisible", "would show with"), tuple((each.id, each.needs) for each in view.invisible))
    for group in view.groups:
        yield words(f"cannot be told apart: {', '.join(dict.fromkeys(map(_name, group)))}", indent=2, hang=2)
    if view.inapplicable:
        names = ", ".join(dict.fromkeys(each.id for each in view.inapplicable))
        yield words(f"do not apply: {names}", indent=2, hang=2)


def _name(mistake: Mistake) -> str:
    """The id, and for a mistake that travels the layer that it was made in."""
    place = mistake.says.removeprefix("in ").partition(",")[0] if mistake.says.startswith("in ") else ""
    return f"{mistake.id} in {place}" if place else mistake.id


def repair_text(audit: Audit) -> str:
    """The cheapest change that exposes most, or why there is none."""
    if not audit.invisible:
        return "nothing is invisible"
    return str(audit.repair) if audit.repair else "no single number exposes more"


def audit_record(audit: Audit) -> dict[str, Any]:
    """The JSON object of an audit."""
    return {
        "format": FORMAT,
        "op": audit.solution.exercise.op,
        "source": audit.solution.source or None,
        "title": audit.solution.title,
        "criterion": audit.criterion,
        "invisible": {view.name: _ids(view.invisible) for view in audit.views},
        "indistinguishable": {view.name: [_ids(group) for group in view.groups] for view in audit.views},
        "applicable": {view.name: view.applicable for view in audit.views},
        "inapplicable": {
            view.name: [{"id": each.id, "needs": each.needs} for each in view.inapplicable] for view in audit.views
        },
        "score": round(audit.score, 4),
        "repair": repair_text(audit),
    }


def _ids(mistakes: tuple[Mistake, ...]) -> list[str]:
    return [mistake.id for mistake in mistakes]
