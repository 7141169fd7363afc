"""The command group: commands are imported when they are called; what fails is lines on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any, TextIO, cast

import click

from cnngrad import __version__
from cnngrad.cli.devices import ClosedPipeError
from cnngrad.cli.output import StandardOutput, errors_are_seen, say, tell
from cnngrad.errors import (
    MAX_REPORTED,
    MOST_COUNTED,
    CnngradError,
    Exit,
    Problem,
    did_you_mean,
    escape,
    excerpt,
    options_spelled,
)

COMPLETE = "_CNNGRAD_COMPLETE"
_SHORT = {"output": "-o"}
_LONGEST = 1000
"""Characters of a message that repeats what was typed."""
REPORT = "please report it with the spec and the output of --debug at https://github.com/cnngrad/cnngrad/issues"
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
    "batch": ("batch", "Many specs, in parallel: one JSON line each."),
    "grade": ("grade", "Many submissions: a sheet, feedback for each student, the class at a glance."),
    "mistakes": ("resources", "The known mistakes: what is done, what shows them."),
    "examples": ("resources", "The built-in specs: list, show, copy."),
    "schema": ("resources", "The JSON Schema of a spec, for editors."),
    "completion": ("resources", "The completion script of a shell."),
}
"""Where each command lives, and what --help says of it without importing it."""


class Commands(click.Group):
    """A group that imports a command only when it runs, so that --help stays fast; a misspelt one gets a suggestion."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cnngrad.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS:
            hint = did_you_mean(args[0], COMMANDS) or f"; the commands are {', '.join(COMMANDS)}"
            raise CnngradError(f"{excerpt(args[0])} is no command of cnngrad{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
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
        if os.environ.get(COMPLETE):
            from cnngrad.cli.completion import register

            register()
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


def with_dashes(name: str, value: str) -> str:
    """An option as it is typed: `--trace full`."""
    return " ".join(filter(None, (_SHORT.get(name, f"--{name.replace('_', '-')}"), value)))


def report_failure(failure: BaseException, *, debug: bool) -> int:
    """Print what went wrong; the exit code."""
    if debug and not isinstance(failure, click.exceptions.Exit):
        import traceback

        tell("".join(traceback.format_exception(failure)).rstrip("\n"))
    match failure:
        case click.exceptions.Exit():
            return failure.exit_code
        case KeyboardInterrupt() | click.Abort():
            say("interrupted")
            return Exit.INTERRUPTED
        case CnngradError():
            return _report_problems(failure.problems)
        case click.UsageError():
            say(f"error: {_usage(failure)}")
            return Exit.UNUSABLE
        case OSError():
            name = f"{excerpt(str(failure.filename), 80)[1:-1]}: " if failure.filename else ""
            say(f"error: {name}{failure.strerror or failure}; nothing was written")
            return Exit.UNUSABLE
        case MemoryError():
            say("error: not enough memory for these arrays; make them smaller")
            return Exit.UNUSABLE
        case _:
            say(f"bug in cnngrad: {type(failure).__name__}: {escape(str(failure))}; {REPORT}")
            return Exit.BUG


def _report_problems(problems: tuple[Problem, ...]) -> int:
    for problem in problems[:MAX_REPORTED]:
        say(f"error: {problem}")
        for line in _caret(problem):
            tell(line)
    if len(problems) > MAX_REPORTED:
        least = "at least " if len(problems) >= MOST_COUNTED else ""
        say(f"error: {least}{len(problems) - MAX_REPORTED} more problems are not shown")
    return Exit.UNUSABLE


def _caret(problem: Problem) -> list[str]:
    """On a terminal: the line of the source and a caret under the place."""
    mark = problem.mark
    if not errors_are_seen() or mark is None or not mark.line or mark.source.startswith(("<", "example:")):
        return []
    try:
        with open(mark.source, encoding="utf-8-sig") as source:
            line = next((text for number, text in enumerate(source, start=1) if number == mark.line), "")
    except (OSError, UnicodeError):
        return []
    start = max(0, mark.column - 60)
    shown, before = escape(line.rstrip("\n")[start : start + 76]), escape(line[start : mark.column - 1])
    return [f"    {shown}", f"    {' ' * len(before)}^"]


def _usage(failure: click.UsageError) -> str:
    """click's message as one line, with a suggestion and where to look."""
    message = " ".join(escape(failure.format_message()).split())
    if isinstance(failure, click.NoSuchOption):
        known = [name for parameter in (failure.ctx.command.params if failure.ctx else []) for name in parameter.opts]
        message = f"{excerpt(failure.option_name)[1:-1]} is no option{did_you_mean(failure.option_name, known)}"
    elif message:
        message = message[0].lower() + message[1:].rstrip(".")
    message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}..."
    return f"{message}; see '{failure.ctx.command_path if failure.ctx else 'cnngrad'} --help'"
