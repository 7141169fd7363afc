"""What comes with cnngrad: built-in specs, the known mistakes, the JSON Schema for editors, completion for shells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cnngrad.cli.options import Request, check_output, lazily, output_params
from cnngrad.cli.output import say, show_as, write
from cnngrad.errors import CnngradError, Exit, escape


@click.group(invoke_without_command=True, params=output_params("page", "record", "diagram"))
@click.pass_context
def examples(ctx: click.Context, /, **given: Any) -> int:
    """The built-in specs. Use one anywhere as example:NAME; without a command they are listed."""
    if ctx.invoked_subcommand is None:
        return int(ctx.invoke(list_, **given))
    for parameter in ctx.command.params:
        if ctx.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE:
            raise CnngradError(
                f"{parameter.opts[-1]}: belongs behind 'examples {ctx.invoked_subcommand}', not before it"
            )
    return Exit.DONE


@examples.command("list", params=output_params("page", "record", "diagram"))
def list_(**given: Any) -> int:
    """Every built-in spec, with a line on what to look at."""
    from cnngrad.examples import examples as built_in
    from cnngrad.report.page import catalogue_page

    found = list(built_in())
    record = {"examples": [{"name": e.name, "op": e.op, "title": e.title, "says": e.says} for e in found]}
    del given["debug"]
    show_as(Request(settings=(), **given), {"page": lambda: catalogue_page(found), "record": lambda: record})
    return Exit.DONE


@examples.command()
@click.argument("name", shell_complete=lazily("example"))
def show(name: str) -> int:
    """Print one built-in spec."""
    from cnngrad.examples import example_path

    write(example_path(name.removeprefix("example:")).read_text(encoding="utf-8"), None)
    return Exit.DONE


@examples.command()
@click.argument("name", shell_complete=lazily("example"))
@click.argument("target", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def copy(name: str, target: Path | None, force: bool) -> int:
    """Write one built-in spec to TARGET, a file or a folder (default: NAME.yaml here)."""
    from cnngrad.examples import example_path

    source = example_path(name.removeprefix("example:"))
    path = target or Path(source.name)
    path = path / source.name if path.is_dir() else path
    if path.exists() and not force:
        raise CnngradError(f"{escape(str(path))} exists; name another file, or replace it with --force")
    write(source.read_text(encoding="utf-8"), str(path))
    say(f"wrote {path}")
    return Exit.DONE


@click.command(params=[click.Argument(["ids"], nargs=-1, metavar="[ID]..."), *output_params("page", "record")])
def mistakes(ids: tuple[str, ...], **given: Any) -> int:
    """The known mistakes.

    Without an ID every mistake with what is done; with one or more, also what an exercise needs to show it and the
    question that leads there.
    """
    from cnngrad.api.homework import mistakes as known

    del given["debug"]
    found = known(*ids)
    show_as(Request(settings=(), **given), {"page": found.page, "record": found.to_dict})
    return Exit.DONE


@click.command()
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of stdout.")
def schema(output: str | None) -> int:
    """The JSON Schema (draft-07) of a spec.

    Save it beside your specs as cnngrad.schema.json: editors with a YAML language server then complete
    keys and underline mistakes.
    """
    from cnngrad.ops import OPS
    from cnngrad.render.exports import as_json
    from cnngrad.spec.fields import schema as make

    check_output(output)
    write(as_json(make(OPS)), output)
    return Exit.DONE


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    bash: eval "$(cnngrad completion bash)" in ~/.bashrc; zsh: eval "$(cnngrad completion zsh)" in ~/.zshrc;
    fish: cnngrad completion fish > ~/.config/fish/completions/cnngrad.fish.
    """
    from cnngrad.cli.completion import script
    from cnngrad.cli.main import COMPLETE, cli

    write(script(cli, shell, "cnngrad", COMPLETE), None)
    return Exit.DONE
