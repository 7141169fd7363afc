"""Audit a spec, make new ones, list the known mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnngrad.api.checking import solved
from cnngrad.api.solve import Limited, Printing, Spec, check_choice, check_whole, document, limits_of
from cnngrad.errors import CnngradError, Problem, did_you_mean, excerpt, indices_from, option
from cnngrad.exercise.factors import known_rows
from cnngrad.exercise.mistake import Mistake
from cnngrad.homework.audit import Audit
from cnngrad.homework.audit import audit as audit_of
from cnngrad.homework.choices import CRITERIA, EXERCISES, SEPARATE, SETTINGS, SIDES
from cnngrad.homework.generate import SpecAndKey, Wanted, titled
from cnngrad.homework.generate.settings import Settings
from cnngrad.homework.generate.templates import TEMPLATES
from cnngrad.homework.slips import KNOWN as SLIPS
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.exact import within
from cnngrad.ops import OPS
from cnngrad.records import dataclass
from cnngrad.report.audit import audit_page, audit_record
from cnngrad.report.blocks import Page
from cnngrad.report.mistakes import explained_page, mistakes_page, mistakes_record
from cnngrad.wording import listed

NUMBERS = range(10**18)
"""What a seed may be, and the number of an exercise."""


@dataclass(frozen=True)
class Audited(Printing, Audit):
    """What an exercise would not catch."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, as plain Python."""
        return audit_record(self)

    def page(self) -> Page:
        return audit_page(self)


@dataclass(frozen=True)
class Mistakes(Printing):
    """Known mistakes and slips: all of them, or those that were `asked` for, which are explained."""

    known: tuple[Mistake, ...]
    slips: Mapping[str, str]
    asked: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, as plain Python."""
        return mistakes_record(self.known, self.slips)

    def page(self) -> Page:
        return (explained_page if self.asked else mistakes_page)(self.known, self.slips, OPS)


def mistakes(*ids: str) -> Mistakes:
    """The known mistakes and slips, or those with these ids: what is done, what an exercise needs to show it, and the
    question that leads there. CnngradError for an id that is none."""
    rows = [row for op in OPS.values() for row in known_rows(op)]
    known = [*dict.fromkeys(row.id for row in rows), *SLIPS]
    for id_ in ids:
        if id_ not in known:
            hint = did_you_mean(id_, known) or "; without an id all are listed"
            raise CnngradError(f"{excerpt(id_)} is no known mistake{hint}")
    slips = {id_: says for id_, says in SLIPS.items() if not ids or id_ in ids}
    return Mistakes(tuple(row for row in rows if not ids or row.id in ids), slips, ids)


def audit(spec: Spec, criterion: str = "cells", *, index_base: int = 0, limit: Limited = ()) -> Audited:
    """Which known mistakes an exercise would not catch; `criterion` is what the grader compares: cells, mean, sum or
    shape; `index_base` and `limit` are those of `run`."""
    check_choice("criterion", criterion, tuple(CRITERIA))
    check_choice("index_base", index_base, (0, 1))
    limits = limits_of(limit)
    with indices_from(index_base), within(limits):
        _, solution = solved(document(spec, limits), limits, index_base)
        return Audited(**vars(audit_of(solution, criterion)))


def generate(
    kind: str,
    *,
    seed: int = 0,
    number: int = 1,
    separate: str = "all",
    multiple_choice: bool = False,
    limit: Limited = (),
    **settings: Any,
) -> SpecAndKey:
    """A new exercise and its key, as the texts `spec` and `key`; the same seed and number give the same exercise.

    `kind` is conv-backward, pool, network, graph or rnn; `separate` all, truth or none; `settings` are size (a number,
    or height and width), layout, window, stride, padding, dilation, channels, filters, batch, mode, ties, steps,
    hidden, activation and digits, as far as the kind has them; `limit` is that of `run`. Raises CnngradError where no
    numbers separate the known mistakes.
    """
    check_choice("kind", kind, EXERCISES)
    check_choice("separate", separate, SEPARATE)
    check_whole("seed", seed, NUMBERS)
    check_whole("number", number, NUMBERS)
    asked = wanted(kind, settings, separate, multiple_choice, limits_of(limit))
    return asked.made(np.random.default_rng([seed, number]), titled(kind, number, seed), "exercise")


def wanted(
    kind: str, settings: dict[str, Any], separate: str, multiple_choice: bool, limits: Limits = DEFAULT
) -> Wanted:
    """What is wanted of new exercises; CnngradError for a setting that this kind does not have."""
    template = TEMPLATES[kind]
    for name in settings:
        if name not in template.options:
            owners = [other for other, each in TEMPLATES.items() if name in each.options]
            have = f"{listed(owners)} {'has' if len(owners) == 1 else 'have'} it"
            has = f"it has {', '.join(template.options)}"
            raise CnngradError(Problem(f"is no option of {kind}; {have if owners else has}", option(name)))
        if name != "layout":  # whose values the template knows
            _check_setting(name, settings[name])
    if isinstance(settings.get("size"), int):
        settings = settings | {"size": (settings["size"],)}
    return Wanted(
        kind, Settings(**template.defaults | settings, given=tuple(settings)), OPS, separate, multiple_choice, limits
    )


def _check_setting(name: str, value: Any) -> None:
    """Refuse a value that a setting cannot have."""
    known = SETTINGS.get(name, SIDES)
    if not isinstance(known, range):
        check_choice(name, value, known)
        return
    for number in value if name == "size" and isinstance(value, tuple | list) else (value,):
        check_whole(name, number, known)
