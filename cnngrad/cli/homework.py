"""cnngrad check and cnngrad audit: the answers of a student, and which mistakes an exercise would catch."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from cnngrad.cli.options import INDEX_BASE, OVERRIDES, SPEC, Decimal, choice, output_params, override_params, request
from cnngrad.cli.output import say
from cnngrad.cli.show import show_as
from cnngrad.errors import CnngradError, Exit
from cnngrad.homework.choices import CRITERIA, HINTS

CHECK = (
    SPEC,
    click.Argument(["answers"], required=False),
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
    *override_params(*OVERRIDES),
    *output_params("page", "record"),
)


@click.command(params=list(CHECK))
def check(spec: str, answers: str | None, hint: str, show_answers: bool, **given: Any) -> int:
    """Homework: right, wrong, and which mistake it is.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. ANSWERS is a file with one number or
    array per quantity (dW: [[1, 2], [3, 4]]); without it the spec's own answers are judged. Exit code 0 when
    every answer is right, else 1.
    """
    from cnngrad.api.homework import judge
    from cnngrad.api.solve import open_spec
    from cnngrad.report.verdict import printed_in_verdict, sheet
    from cnngrad.report.view import allow_printed

    if spec == answers == "-":
        raise CnngradError("'-' stands for the spec and the answers; standard input can be one of them")
    asked = request(**given)
    document = asked.document(spec, "")
    submitted = open_spec(answers, asked.limits) if answers is not None else None
    verdict = judge(document, submitted, asked.limits, int(asked.index_base))
    told = "full" if show_answers else hint

    def record() -> dict[str, Any]:
        numbers = printed_in_verdict(verdict, answers=told == "full")
        allow_printed(asked.limits, numbers, "take --hint quantity, or ")
        return verdict.to_dict(told)

    page = partial(verdict.page, told)
    show_as(asked, {"page": page, "record": record, "sheet": partial(sheet, verdict, told)})
    return Exit.DONE if verdict.passed else Exit.FAILED


@click.command(params=list(AUDIT))
def audit(spec: str, criterion: str, fail_under: float | None, **given: Any) -> int:
    """Which known mistakes an exercise would not catch.

    Every known mistake is computed on the exercise: those that give the right numbers are invisible, those that
    give the same numbers cannot be told apart. The score is the share of the applicable ones that show.
    """
    from cnngrad.api.homework import examine

    asked = request(**given)
    found = examine(asked.document(spec, ""), criterion, asked.limits)
    show_as(asked, {"page": found.page, "record": found.to_dict})
    if fail_under is not None and found.score < fail_under:
        say(f"score {found.score:.2f} is below {fail_under:g}")
        return Exit.FAILED
    return Exit.DONE
