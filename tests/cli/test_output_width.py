"""How wide a page is: --width, then the terminal, then COLUMNS; machine formats have no width."""

from __future__ import annotations

from pathlib import Path

import click
from commands import Outcome, cnngrad

from cnngrad.cli.main import COMMANDS, cli

CONV = ("run", "example:forum-conv")


def test_a_width_holds_for_what_is_piped_and_wins_over_the_environment(tmp_path: Path) -> None:
    narrow = cnngrad(*CONV, "--width", "50").out
    assert max(map(len, narrow.splitlines())) <= 50 < max(map(len, cnngrad(*CONV).out.splitlines()))
    assert "columns 0 to" in narrow
    assert cnngrad(*CONV, env={"COLUMNS": "50"}).out == narrow
    assert cnngrad(*CONV, "--width", "50", env={"COLUMNS": "120"}).out == narrow
    assert cnngrad(*CONV, "--width", "20").out == cnngrad(*CONV, env={"COLUMNS": "3"}).out
    cnngrad(*CONV, "--width", "50", "--trace", "none", "-o", tmp_path / "narrow.txt")
    assert (tmp_path / "narrow.txt").read_text() == cnngrad(*CONV, "--width", "50", "--trace", "none").out
    assert cnngrad(*CONV, "--width", "19") == Outcome(
        2,
        "",
        "error: invalid value for '--width': 19 is not in the range 20<=x<=10000; see 'cnngrad run --help'\n",
    )


def test_machine_formats_have_no_width() -> None:
    for format_ in ("json", "yaml"):
        assert cnngrad(*CONV, "--format", format_, "--width", "20").out == cnngrad(*CONV, "--format", format_).out
    check = ("check", "example:forum-conv", "--set", "answers={db: 3}", "--format", "junit")
    assert cnngrad(*check, env={"COLUMNS": "20"}).out == cnngrad(*check).out


def test_every_command_that_prints_a_page_takes_a_width() -> None:
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        for each in (command, *getattr(command, "commands", {}).values()):
            options = {option for parameter in each.params for option in parameter.opts}
            assert ("--width" in options) == ("--color" in options)
