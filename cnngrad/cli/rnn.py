"""cnngrad rnn."""

from __future__ import annotations

from typing import Any

import click

from cnngrad.cli.options import only_option, output_options, override_options, request, result_options
from cnngrad.cli.show import solve_and_show


@click.command()
@click.argument("spec", required=False)
@override_options()
@only_option
@result_options
@output_options
def rnn(spec: str | None, **given: Any) -> int:
    """h_t, and every weight's gradient as one term per time step.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. Without it a built-in example runs.
    """
    asked = request(**given)
    return solve_and_show(asked, asked.document(spec, "rnn"), "rnn")
