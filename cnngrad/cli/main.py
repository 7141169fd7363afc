"""The command group: commands are imported when they are called, errors become one line each."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any, TextIO, cast

import click

from cnngrad import __version__
from cnngrad.cli.failures import report_failure, with_dashes
from cnngrad.cli.output import ClosedPipeError, StandardOutput, say
from cnngrad.errors import CnngradError, Exit, did_you_mean, excerpt, options_spelled

COMPLETE = "_CNNGRAD_COMPLETE"
COMMANDS = {
    "conv-forward": ("commands", "Z of a convolution."),
    "conv-backward": ("commands", "Z, dA, dW and db of a convolution."),
    "pool": ("commands", "Z, mask and argmax of a pooling layer; with a delta dA."),
    "network": ("commands", "Every layer forward and backward, the loss, one SGD step."),
    "graph": ("commands", "A scalar computation graph, gate by gate."),
    "rnn": ("commands", "A recurrent network through time, one term per step."),
    "run": ("commands", "Whichever exercise the spec says."),
    "explain": ("commands", "Why one number is what it is."),
    "check": ("homework", "Homework: right, wrong, and which mistake it is."),
    "audit": ("homework", "Which known mistakes an exercise would not catch."),
    "generate": ("generate", "New exercises that separate the known mistakes."),
    "examples": ("examples", "The built-in specs: list, show, copy."),
    "schema": ("shell", "The JSON Schema of a spec, for editors."),
    "completion": ("shell", "The completion script of a shell."),
}
"""Where each command lives, and what --help says of it without importing it."""


class Commands(click.Group):
    """A group that imports a command only when it runs, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cnngrad.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; a misspelt one gets a suggestion."""
        if args[0] not in COMMANDS:
            hint = did_you_mean(args[0], COMMANDS) or f"; the commands are {', '.join(COMMANDS)}"
            raise CnngradError(f"{excerpt(args[0])} is no command of cnngrad{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: cnngrad conv-backward",
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="cnngrad")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Gradients of convolutional networks: every number right, every number explained."""
    ctx.ensure_object(dict)["debug"] = debug
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def invoke(args: list[str]) -> int:
    """Run the command line; the exit code. Nothing escapes as a traceback unless --debug asks."""
    try:
        with options_spelled(with_dashes), redirect_stdout(cast("TextIO", StandardOutput(sys.stdout))):
            code: Any = cli.main(args, prog_name="cnngrad", standalone_mode=False)
        return code if isinstance(code, int) else Exit.DONE
    except ClosedPipeError:
        return Exit.DONE
    except SystemExit as ended:  # click ends so where a shell asks for completions
        return _completed(ended.code)
    except (Exception, KeyboardInterrupt) as failure:
        if os.environ.get(COMPLETE) and not isinstance(failure, CnngradError | KeyboardInterrupt):
            return _completed(Exit.UNUSABLE)
        return report_failure(failure, debug="--debug" in args)


def _completed(code: object) -> int:
    if not code:
        return Exit.DONE
    asked = excerpt(os.environ.get(COMPLETE, ""))
    say(f"error: {COMPLETE}: {asked} asks for no completion; unset it, or see 'cnngrad completion --help'")
    return Exit.UNUSABLE
