"""cnngrad schema."""

from __future__ import annotations

import click

from cnngrad.cli.options import check_output
from cnngrad.cli.output import write
from cnngrad.errors import Exit


@click.command()
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of stdout.")
def schema(output: str | None) -> int:
    """The JSON Schema (draft-07) of a spec.

    Save it beside your specs as cnngrad.schema.json: editors with a YAML language server then complete
    keys and underline mistakes.
    """
    from cnngrad.ops import OPS
    from cnngrad.render.as_json import render
    from cnngrad.spec.schema import schema as make

    check_output(output)
    write(render(make(OPS)), output)
    return Exit.DONE
