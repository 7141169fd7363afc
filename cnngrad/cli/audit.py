"""cnngrad audit."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from cnngrad.cli.options import OVERRIDES, Decimal, output_options, override_options, request
from cnngrad.cli.output import say
from cnngrad.cli.show import present
from cnngrad.errors import Exit
from cnngrad.homework.choices import CRITERIA
from cnngrad.render import FORMATS


@click.command()
@click.argument("spec")
@click.option(
    "--criterion",
    type=click.Choice(list(CRITERIA)),
    default="cells",
    show_default=True,
    help="What the grader compares: every cell, or only the mean, the sum or the shape of the array.",
)
@click.option("--fail-under", type=Decimal(0, 1), metavar="SCORE", help="Exit code 1 where the score is below SCORE.")
@override_options(*OVERRIDES)
@partial(output_options, kinds=("pages", "records"))
def audit(spec: str, criterion: str, fail_under: float | None, **given: Any) -> int:
    """Which known mistakes an exercise would not catch.

    Every known mistake is computed on the exercise: those that give the right numbers are invisible, those that
    give the same numbers cannot be told apart. The score is the share of the applicable ones that show.
    """
    from cnngrad.grading import examine
    from cnngrad.report.audit import audit_page, audit_record

    asked = request(**given)
    found = examine(asked.document(spec, ""), criterion, asked.limits)
    chosen = FORMATS[asked.format]
    present(chosen, asked.output, asked.color, page=lambda: audit_page(found), record=lambda: audit_record(found))
    if fail_under is not None and found.score < fail_under:
        say(f"score {found.score:.2f} is below {fail_under:g}")
        return Exit.FAILED
    return Exit.DONE
