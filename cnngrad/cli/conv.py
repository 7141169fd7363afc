"""cnngrad conv-forward and conv-backward."""

from __future__ import annotations

from typing import Any

import click

from cnngrad.cli.options import only_option, output_options, override_options, request, result_options, shift_option
from cnngrad.cli.show import solve_and_show


@click.command("conv-forward")
@click.argument("spec", required=False)
@override_options("stride", "padding", "dilation", "layout")
@shift_option
@only_option
@result_options
@output_options
def conv_forward(spec: str | None, **given: Any) -> int:
    """Z of a convolution.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. Without it a built-in example runs.
    """
    asked = request(**given)
    return solve_and_show(asked, asked.document(spec, "conv"), "conv", backward=False)


@click.command("conv-backward")
@click.argument("spec", required=False)
@override_options("stride", "padding", "dilation", "layout")
@shift_option
@only_option
@result_options
@output_options
def conv_backward(spec: str | None, **given: Any) -> int:
    """Z, dA, dW and db of a convolution, with the derivation.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. Without it a built-in example runs.
    """
    asked = request(**given)
    return solve_and_show(asked, asked.document(spec, "conv"), "conv", backward=True)
