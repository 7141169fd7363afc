"""cnngrad pool."""

from __future__ import annotations

from typing import Any

import click

from cnngrad.cli.options import only_option, output_options, override_options, request, result_options, shift_option
from cnngrad.cli.show import solve_and_show


@click.command()
@click.argument("spec", required=False)
@override_options("mode", "window", "stride", "padding", "dilation", "ties", "layout")
@shift_option
@only_option
@result_options
@output_options
def pool(spec: str | None, **given: Any) -> int:
    """Z, mask and argmax of a pooling layer; with a delta also dA.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. Without it a built-in example runs.
    """
    asked = request(**given)
    return solve_and_show(asked, asked.document(spec, "pool"), "pool")
