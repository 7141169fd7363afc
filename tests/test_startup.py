"""Start-up is a feature: nothing is imported before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cnngrad.cli import generate, options
from cnngrad.homework import choices
from cnngrad.homework.generate.templates import TEMPLATES
from cnngrad.homework.visibility import SEEN_BY
from cnngrad.methods import METHODS
from cnngrad.ops.pool.tie_rules import TIES
from cnngrad.ops.rnn.rnn import ACTIVATIONS
from cnngrad.report.view import TRACES

HEAVY = {"jinja2", "numpy", "rich", "yaml"}


def _imported(*args: str, env: dict[str, str] | None = None) -> set[str]:
    """The top-level modules that a command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "cnngrad", *args]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **(env or {})}, check=True)
    lines = (line for line in done.stderr.decode().splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "args", [("--help",), ("--version",), ("completion", "bash"), ("pool", "--help"), ("generate", "--help"), ()]
)
def test_help_version_and_completion_import_nothing_heavy(args: tuple[str, ...]) -> None:
    assert not _imported(*args) & HEAVY


def test_completing_a_command_imports_nothing_heavy() -> None:
    env = {"_CNNGRAD_COMPLETE": "bash_complete", "COMP_WORDS": "cnngrad conv-b", "COMP_CWORD": "1"}
    assert not _imported(env=env) & HEAVY


def test_json_does_not_import_rich() -> None:
    found = _imported("run", "example:ties", "--format", "json")
    assert "rich" not in found
    assert {"numpy", "yaml"} <= found


def test_importing_the_library_is_light() -> None:
    command = [sys.executable, "-X", "importtime", "-c", "import cnngrad; cnngrad.__version__"]
    done = subprocess.run(command, capture_output=True, check=True)
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.decode().splitlines()}
    assert not names & (HEAVY | {"click"})


def test_the_choices_of_the_command_line_are_those_of_the_rooms() -> None:
    """They stand twice, because a help text imports none of the rooms."""
    assert set(options.METHODS) == set(METHODS)
    assert set(options.TRACES) == set(TRACES)
    assert set(choices.EXERCISES) == set(TEMPLATES)
    assert set(choices.CRITERIA) == set(SEEN_BY)
    of = choices.SETTINGS
    assert set(of["ties"]) == set(TIES)
    assert set(of["activation"]) == set(ACTIVATIONS)
    assert {name for each in TEMPLATES.values() for name in each.options} == {*of, "size", "layout"}
    assert {*generate.SAYS} == {*of, "size", "layout"} - {"digits"}
