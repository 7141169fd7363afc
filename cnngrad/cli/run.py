"""cnngrad run."""

from __future__ import annotations

from typing import Any

import click

from cnngrad.cli.options import (
    OVERRIDES,
    only_option,
    output_options,
    override_options,
    request,
    result_options,
    shift_option,
)
from cnngrad.cli.show import solve_and_show


@click.command()
@click.argument("spec")
@override_options(*OVERRIDES)
@shift_option
@only_option
@result_options
@output_options
def run(spec: str, **given: Any) -> int:
    """Whichever exercise the spec's op says.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME.
    """
    asked = request(**given)
    return solve_and_show(asked, asked.document(spec, ""), None)
