"""cnngrad explain."""

from __future__ import annotations

from typing import Any

import click

from cnngrad.cli.options import OVERRIDES, output_options, override_options, request, result_options
from cnngrad.cli.show import pages_or_records, present, verdict


@click.command()
@click.argument("spec")
@click.argument("cells", nargs=-1, required=True, metavar="CELL...")
@override_options(*OVERRIDES)
@result_options
@output_options
def explain(spec: str, cells: tuple[str, ...], **given: Any) -> int:
    """Why one number is what it is: the chain rule in symbols, with numbers, and as a picture.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. A CELL is written 'dW[0,1]';
    quote it, because shells read brackets.
    """
    from cnngrad.report.explanation import explanation_page, explanation_record
    from cnngrad.report.printed import allow_printed, of_traces
    from cnngrad.session import solve

    asked = request(**given)
    result = solve(asked.document(spec, ""), None, asked.options)
    allow_printed(asked.limits, of_traces(map(result.trace, cells)), "ask for fewer cells, or ")
    code = verdict(result)
    present(
        pages_or_records(asked.format),
        asked.output,
        asked.color,
        page=lambda: explanation_page(result, cells),
        record=lambda: explanation_record(result, cells),
    )
    return code
