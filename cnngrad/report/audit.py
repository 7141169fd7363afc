"""An audit for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngrad.errors import escape
from cnngrad.exercise.mistake import Mistake
from cnngrad.homework.audit import Audit, ComparisonAudit
from cnngrad.homework.choices import CRITERIA
from cnngrad.report.blocks import Block, Heading, Listing, Page, words
from cnngrad.report.record import FORMAT
from cnngrad.wording import counted


def audit_page(audit: Audit) -> Page:
    """The score, then each quantity: what stays invisible and why, what cannot be told apart; what cannot be
    made on this exercise."""
    title = f"Audit: {escape(audit.solution.title)}" if audit.solution.title else "Audit"
    blocks: list[Block] = [Heading(title), words(_score(audit))]
    if audit.criterion != "cells":
        blocks.append(words(f"the grader compares {CRITERIA[audit.criterion]}"))
    for each in audit.comparisons:
        blocks += _compared(each)
    if elsewhere := _elsewhere(audit):
        blocks += [words(""), words(f"cannot be made here: {_with_layers(elsewhere)}", hang=2)]
    blocks += [words(""), words(f"repair: {repair_text(audit)}", hang=2)]
    return tuple(blocks)


def _score(audit: Audit) -> str:
    shown = audit.applicable - audit.invisible
    says = f"{shown} of the {counted(audit.applicable, 'mistake')} that can be made here show in the numbers"
    right = f", {counted(audit.invisible, 'gives', 'give')} exactly the right ones" if audit.invisible else ""
    return f"score {audit.score:.2f}: {says}{right}"


def _elsewhere(audit: Audit) -> tuple[Mistake, ...]:
    """The known mistakes that can be made about none of the quantities."""
    made = {mistake.name for each in audit.comparisons for mistake in each.made}
    others = {mistake.name: mistake for each in audit.comparisons for mistake in each.inapplicable}
    return tuple(mistake for name, mistake in others.items() if name not in made)


def _compared(found: ComparisonAudit) -> Iterator[Block]:
    apply = "1 mistake applies" if found.applicable == 1 else f"{found.applicable} mistakes apply"
    yield Heading(f"{found.name}: {apply}, {len(found.invisible)} invisible")
    if found.invisible:
        yield Listing(("invisible", "would show with"), tuple((each.name, each.needs) for each in found.invisible))
    for group in found.groups:
        yield words(f"cannot be told apart: {_with_layers(group)}", indent=2, hang=2)


def _with_layers(mistakes: tuple[Mistake, ...]) -> str:
    """Each id once, with the layers of a network that it is about: `sign-flipped@conv1, @dense1`."""
    layers: dict[str, dict[str, None]] = {}
    for mistake in mistakes:
        layers.setdefault(mistake.id + "@" * bool(mistake.layer), {})[mistake.layer] = None
    return ", ".join(id_ + ", @".join(of) for id_, of in layers.items())


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
        "invisible": {each.name: _ids(each.invisible) for each in audit.comparisons},
        "indistinguishable": {each.name: [_ids(group) for group in each.groups] for each in audit.comparisons},
        "applicable": {each.name: each.applicable for each in audit.comparisons},
        "inapplicable": {
            each.name: [{"id": mistake.name, "needs": mistake.needs} for mistake in each.inapplicable]
            for each in audit.comparisons
        },
        "score": round(audit.score, 4),
        "repair": repair_text(audit),
    }


def _ids(mistakes: tuple[Mistake, ...]) -> list[str]:
    return [mistake.name for mistake in mistakes]
