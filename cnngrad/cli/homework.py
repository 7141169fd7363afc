"""The commands about homework: check and audit."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from cnngrad.cli.options import (
    INDEX_BASE,
    OVERRIDES,
    SPEC,
    Decimal,
    choice,
    output_params,
    override_params,
    request,
)
from cnngrad.cli.output import say, show_as
from cnngrad.errors import CnngradError, Exit
from cnngrad.homework.choices import CRITERIA, HINTS
from cnngrad.render import FORMATS

CHECK = (
    SPEC,
    click.Argument(["answers"], required=False),
    click.Option(
        ["--require"],
        default="",
        metavar="NAMES",
        help="What is asked for, as in --require dA,dW, or the file of a key; by default what the spec asks for.",
    ),
    choice(
        "--hint",
        HINTS,
        "mistake",
        "How much is told: a law that fails, which quantity, which cells, which mistake, the right numbers.",
    ),
    click.Option(["--show-answers"], is_flag=True, help="Show the right numbers too: the same as --hint full."),
    INDEX_BASE,
    *override_params(*OVERRIDES),
    *output_params("page", "record", "sheet"),
)
AUDIT = (
    SPEC,
    choice(
        "--criterion",
        list(CRITERIA),
        "cells",
        "What the grader compares: every cell, or only the mean, the sum or the shape of the array.",
    ),
    click.Option(
        ["--fail-under"], type=Decimal(0, 1), metavar="SCORE", help="Exit code 1 where the score is below SCORE."
    ),
    INDEX_BASE,
    *override_params(*OVERRIDES),
    *output_params("page", "record"),
)


@click.command(params=list(CHECK))
def check(spec: str, answers: str | None, require: str, hint: str, show_answers: bool, **given: Any) -> int:
    """Homework: right, wrong, and which mistake it is.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. ANSWERS is a file with one number or
    array per quantity (dW: [[1, 2], [3, 4]]); without it the spec's own answers are judged. Exit code 0 when
    everything that is asked for is right, else 1; where nothing can be read 2, and json, yaml, gradescope and junit
    write a result all the same.
    """
    from cnngrad.api.checking import assignment
    from cnngrad.report.sheet import sheet
    from cnngrad.report.verdict import printed_in_verdict
    from cnngrad.report.view import allow_printed

    if spec == answers == "-":
        raise CnngradError("'-' stands for the spec and the answers; standard input can be one of them")
    asked = request(**given)
    work = assignment(asked.document(spec, ""), require, index_base=int(asked.index_base), limit=asked.limits)
    unread: CnngradError | None = None
    try:
        verdict = work.checked(answers)
    except CnngradError as error:
        if FORMATS[asked.format].takes == "page":
            raise
        unread, verdict = error, work.unread(answers, error.problems)
    told = "full" if show_answers else hint

    def record() -> dict[str, Any]:
        numbers = printed_in_verdict(verdict, answers=told == "full")
        allow_printed(asked.limits, numbers, "take --hint quantity, or ")
        return verdict.to_dict(told)

    page = partial(verdict.page, told, elide=asked.output is None)
    show_as(asked, {"page": page, "record": record, "sheet": partial(sheet, verdict, told)})
    if unread:
        raise unread
    return Exit.DONE if verdict.passed else Exit.FAILED


@click.command(params=list(AUDIT))
def audit(spec: str, criterion: str, fail_under: float | None, **given: Any) -> int:
    """Which known mistakes an exercise would not catch.

    Every known mistake is computed on the exercise: those that give the right numbers are invisible, those that
    give the same numbers cannot be told apart. The score is the share of the applicable ones that show.
    """
    from cnngrad.api.homework import audit as examined

    asked = request(**given)
    found = examined(asked.document(spec, ""), criterion, index_base=int(asked.index_base), limit=asked.limits)
    show_as(asked, {"page": found.page, "record": found.to_dict})
    if fail_under is not None and found.score < fail_under:
        say(f"score {found.score:.2f} is below {fail_under:g}")
        return Exit.FAILED
    return Exit.DONE
