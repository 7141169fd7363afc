"""cnngrad network."""

from __future__ import annotations

from typing import Any

import click

from cnngrad.cli.options import only_option, output_options, override_options, request, result_options
from cnngrad.cli.show import solve_and_show


@click.command()
@click.argument("spec", required=False)
@click.option("--learning-rate", metavar="NUMBER", help="Take one SGD step of this size.")
@override_options("layout")
@only_option
@result_options
@output_options
def network(spec: str | None, learning_rate: str | None, **given: Any) -> int:
    """Every layer forward and backward, the loss, and one step of gradient descent.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. Without it a built-in example runs.
    """
    extra = () if learning_rate is None else (("learning-rate learning_rate", learning_rate),)
    asked = request(**given, extra=extra)
    return solve_and_show(asked, asked.document(spec, "network"), "network")
