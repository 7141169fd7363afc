"""cnngrad completion."""

from __future__ import annotations

import click

from cnngrad.cli.output import write
from cnngrad.errors import Exit


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
