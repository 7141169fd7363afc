"""cnngrad graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnngrad.cli.options import Request, Whole, only_option, output_options, override_options, request, result_options
from cnngrad.cli.show import solve_and_show
from cnngrad.errors import CnngradError, excerpt

if TYPE_CHECKING:
    from cnngrad.spec.tree import Document


@click.command()
@click.argument("spec", required=False, metavar="[SPEC or EXPRESSION]")
@click.option("--at", multiple=True, metavar="NAME=NUMBER", help="The value of a variable; may be repeated.")
@click.option("--delta", metavar="NUMBER", help="The upstream gradient of the output (1 when left out).")
@click.option("--round", "rounding", type=Whole(0, 15), metavar="N", help="Also with every node rounded to N decimals.")
@override_options()
@only_option
@result_options
@output_options
def graph(spec: str | None, at: tuple[str, ...], delta: str | None, rounding: int | None, **given: Any) -> int:
    """Every node of a scalar computation graph: value, local gradients, upstream, gradient.

    The argument is an expression, as in cnngrad graph "(x + y) * z" --at x=-2 --at y=5 --at z=-4, or a spec: a
    YAML or JSON file, - for standard input, or example:NAME. Without it a built-in example runs.
    """
    extra = [(f"at values.{name}", value) for name, value in map(_assignment, at)]
    if delta is not None:
        extra.append(("delta", delta))
    asked = request(**given, extra=tuple(extra), rounding=rounding)
    return solve_and_show(asked, _document(asked, spec), "graph")


def _document(asked: Request, spec: str | None) -> Document:
    """The spec, or one around the expression."""
    if spec is None or spec == "-" or spec.startswith("example:") or _is_path(spec):
        return asked.document(spec, "graph")
    from cnngrad.spec.overrides import override
    from cnngrad.spec.python_values import document_of

    limits = replace(asked.limits, scalar=max(asked.limits.scalar, len(spec)))  # the limit "expression" is the one here
    document = document_of({"op": "graph", "expression": spec}, limits, "<expression>")
    return override(document, asked.settings, asked.limits)


def _is_path(spec: str) -> bool:
    """A file that is there, or a name that only a file has."""
    try:
        return bool(spec) and (Path(spec).suffix.lower() in (".yaml", ".yml", ".json") or Path(spec).exists())
    except (OSError, ValueError):
        return False


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier() or not value.strip():
        raise CnngradError(f"--at: {excerpt(text)} is no value of a variable; write --at x=-2")
    return name.strip(), value.strip()
