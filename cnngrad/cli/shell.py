"""For editors and shells: cnngrad schema and cnngrad completion."""

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
    from cnngrad.render.records import as_json
    from cnngrad.spec.schema import schema as make

    check_output(output)
    write(as_json(make(OPS)), output)
    return Exit.DONE


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    bash: eval "$(cnngrad completion bash)" in ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    from cnngrad.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    write(found(cli, {}, "cnngrad", "_CNNGRAD_COMPLETE").source() + "\n", None)
    return Exit.DONE
