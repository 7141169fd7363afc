"""cnngrad check."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from cnngrad.cli.options import OVERRIDES, output_options, override_options, request
from cnngrad.cli.show import present
from cnngrad.errors import CnngradError, Exit
from cnngrad.homework.choices import HINTS
from cnngrad.render import FORMATS


@click.command()
@click.argument("spec")
@click.argument("answers", required=False)
@click.option(
    "--hint",
    type=click.Choice(HINTS),
    default="mistake",
    show_default=True,
    help="How much is told: a law that fails, which quantity, which cells, which mistake, the right numbers.",
)
@click.option("--show-answers", is_flag=True, help="Show the right numbers too: the same as --hint full.")
@click.option(
    "--index-base",
    type=click.Choice(["0", "1"]),
    default="0",
    show_default=True,
    help="What the first index is called.",
)
@override_options(*OVERRIDES)
@partial(output_options, kinds=("pages", "records", "sheets"))
def check(spec: str, answers: str | None, hint: str, show_answers: bool, **given: Any) -> int:
    """Homework: right, wrong, and which mistake it is.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. ANSWERS is a file with one number or
    array per quantity (dW: [[1, 2], [3, 4]]); without it the spec's own answers are judged. Exit code 0 when
    every answer is right, else 1.
    """
    from cnngrad.grading import judge
    from cnngrad.report.printed import allow_printed, of_verdict
    from cnngrad.report.sheet import sheet
    from cnngrad.report.verdict import verdict_page, verdict_record
    from cnngrad.session import open_spec

    if spec == answers == "-":
        raise CnngradError("'-' stands for the spec and the answers; standard input can be one of them")
    asked = request(**given)
    document = asked.document(spec, "")
    submitted = open_spec(answers, asked.limits) if answers is not None else None
    verdict = judge(document, submitted, asked.limits, int(asked.index_base))
    told = "full" if show_answers else hint
    if FORMATS[asked.format].of_records:
        numbers = of_verdict(verdict, answers=told == "full")
        allow_printed(asked.limits, numbers, "take --hint quantity, or ")
    present(
        FORMATS[asked.format],
        asked.output,
        asked.color,
        page=lambda: verdict_page(verdict, told),
        record=lambda: verdict_record(verdict, told),
        sheet=lambda: sheet(verdict, told),
    )
    return Exit.DONE if verdict.passed else Exit.FAILED
