"""Failures as lines on stderr and an exit code."""

from __future__ import annotations

import traceback

import click

from cnngrad.cli.output import errors_are_seen, say, tell
from cnngrad.errors import MAX_REPORTED, MOST_COUNTED, CnngradError, Exit, Problem, did_you_mean, escape, excerpt

_SHORT = {"output": "-o"}
_LONGEST = 1000
"""Characters of a message that repeats what was typed."""
REPORT = "please report it with the spec and the output of --debug at https://github.com/cnngrad/cnngrad/issues"


def with_dashes(name: str, value: str) -> str:
    """An option as it is typed: `--trace full`."""
    return " ".join(filter(None, (_SHORT.get(name, f"--{name}"), value)))


def report_failure(failure: BaseException, *, debug: bool) -> int:
    """Print what went wrong; the exit code."""
    if debug and not isinstance(failure, click.exceptions.Exit):
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
    shown = escape(line.rstrip("\n")[start : start + 76])
    before = escape(line[start : mark.column - 1])
    return [f"    {shown}", f"    {' ' * len(before)}^"]


def _usage(failure: click.UsageError) -> str:
    """click's message as one line, with a suggestion and where to look."""
    message = " ".join(escape(failure.format_message()).split())
    if isinstance(failure, click.NoSuchOption):
        known = [name for parameter in (failure.ctx.command.params if failure.ctx else []) for name in parameter.opts]
        message = f"{excerpt(failure.option_name)[1:-1]} is no option{did_you_mean(failure.option_name, known)}"
    elif message:
        message = message[0].lower() + message[1:].rstrip(".")
    if len(message) > _LONGEST:
        message = f"{message[:_LONGEST]}..."
    path = failure.ctx.command_path if failure.ctx else "cnngrad"
    return f"{message}; see '{path} --help'"
