"""What a shell completes: built-in specs, their names, the values of options; and how bash splits what is typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from click.shell_completion import BashComplete, CompletionItem, ShellComplete, add_completion_class, split_arg_string

from cnngrad.examples import PREFIX, example_names
from cnngrad.homework.choices import EXERCISES

SPECS = (".yaml", ".yml", ".json")
QUANTITIES = {
    "conv-forward": ("Z",),
    "conv-backward": ("Z", "dA", "dW", "db"),
    "pool": ("Z", "mask", "argmax", "dA"),
    "rnn": ("h", "dh", "dx", "dh0", "dW_input", "dW_recurrent", "db"),
}
"""The results that a command has whatever its spec says."""
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _matching(words: Sequence[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def spec(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Built-in specs, beside the specs and folders that are here; other paths are for the shell to complete."""
    built_in = _matching([f"{PREFIX}{name}" for name in example_names()], incomplete)
    if not built_in or incomplete.startswith(PREFIX):
        return built_in or [CompletionItem(incomplete, type="file")]
    paths = sorted(path for path in Path().iterdir() if not path.name.startswith("."))
    here = [f"{path}/" if path.is_dir() else str(path) for path in paths if path.is_dir() or path.suffix in SPECS]
    return [*_matching(here, incomplete), *built_in]


def example(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of built-in specs, with example: before them where that is typed."""
    start = PREFIX if incomplete.startswith(PREFIX) else ""
    return _matching([f"{start}{name}" for name in example_names()], incomplete)


def quantities(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The next of several quantities, joined by commas; those that are named are left out."""
    *named, _last = incomplete.split(",")
    before = "".join(f"{name}," for name in named)
    rest = [f"{before}{name}" for name in QUANTITIES.get(ctx.info_name or "", ()) if name not in named]
    return _matching(rest, incomplete)


def limit(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the limits; the number is the user's."""
    from cnngrad.limits import NAMES

    return _matching([f"{name}=" for name in NAMES], incomplete)


def layout(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Every layout that begins so."""
    from cnngrad.windows.layout import ALL

    return _matching(ALL, incomplete)


def words(*known: str) -> Completer:
    """One of these words."""
    return lambda _, __, incomplete: _matching(known, incomplete)


def key_values(key: str) -> Completer | None:
    """The values of a key of a spec that are words; none where they are numbers."""
    known = {"mode": words("max", "average"), "ties": words("first", "last", "all", "split", "any"), "layout": layout}
    known["padding"] = words("same", "same_lower", "valid")
    return known.get(key)


kind = words(*EXERCISES)


class Bash(BashComplete):
    """bash splits `example:ties` at the colon and `--ties=first` at the sign, and puts what is completed behind it."""

    def get_completion_args(self) -> tuple[list[str], str]:
        typed, place = split_arg_string(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"])
        args: list[str] = []
        for word in typed[1 : place + 1]:
            if word == "=" and args and args[-1].startswith("--"):
                continue
            if args and (word.startswith(":") or args[-1].endswith(":")):
                args[-1] += word
            else:
                args.append(word)
        begun = place < len(typed) and typed[place] != "="
        return (args[:-1], args[-1]) if begun else (args, "")

    def format_completion(self, item: CompletionItem) -> str:
        _, incomplete = self.get_completion_args()
        start, colon, _ = incomplete.rpartition(":")
        return f"{item.type},{item.value.removeprefix(start + colon)}"


def register() -> None:
    """Let click complete for bash as bash splits words."""
    add_completion_class(Bash, "bash")


def script(command: click.Command, shell: str, program: str, variable: str) -> str:
    """The completion script of a shell for a command."""
    from click.shell_completion import get_completion_class

    register()
    found: type[ShellComplete] | None = get_completion_class(shell)
    assert found is not None
    return found(command, {}, program, variable).source() + "\n"
