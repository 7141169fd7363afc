"""Start-up is a feature: nothing is imported before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

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


READ = "aliases api.solve cli errors examples limits patterns records spec wording"
SOLVE = "calculus.laws exercise.exercise exercise.layer exercise.names exercise.op exercise.solution numbers windows"
EXPLAIN = "exercise.columns exercise.derivation exercise.sums exercise.terms report.view"
CONV = "ops.conv.derivation ops.conv.fields ops.conv.formulas ops.conv.layer"
RECORD = "render.exports render.spellings render.traced report.record report.traced"
PAGE = "exercise.remarks methods ops.conv.page render report"
"""Modules of the package, or packages whose modules are all meant."""
SPARED = {"html", "importlib.metadata", "logging", "multiprocessing", "pathlib", "random", "shutil", "subprocess"}
SPARED |= {"tempfile", "traceback", "urllib", "xml", "zipfile"}
"""Modules of Python that take a millisecond or more."""
NEEDED = "import click, numpy, yaml"
RUN = "import sys; from cnngrad.cli.main import invoke; code = invoke(sys.argv[1:]); assert not code, code"


@cache
def _loaded(program: str, *args: str) -> frozenset[str]:
    """The modules that there are at the end of a program."""
    command = [sys.executable, "-c", f"{program}; import sys; print(*sys.modules, file=sys.stderr)", *args]
    done = subprocess.run(command, capture_output=True, check=True)
    return frozenset(done.stderr.decode().splitlines()[-1].split())


@pytest.mark.parametrize(
    ("args", "allowed"),
    [
        ("conv-backward example:forum-conv --format json", [READ, SOLVE, EXPLAIN, CONV, RECORD]),
        ("conv-backward example:strided-padded-conv --format text", [READ, SOLVE, EXPLAIN, CONV, PAGE]),
        ("conv-backward example:strided-padded-conv", [READ, SOLVE, EXPLAIN, CONV, PAGE]),
        ("graph example:lecture-graph --format yaml", [READ, SOLVE, EXPLAIN, RECORD, "calculus exercise ops.graph"]),
    ],
)
def test_a_command_imports_what_its_format_needs(args: str, allowed: list[str]) -> None:
    """What is missing here is imported too early: import it in the function that needs it, or list it."""
    words = set(" ".join(allowed).split())
    found = _loaded(RUN, *args.split()) - _loaded(NEEDED)
    own = {name.removeprefix("cnngrad.") for name in found if name.startswith("cnngrad.")}
    packages = {name.rpartition(".")[0] for name in own} - {""}
    assert {name for name in own - packages if not any(f"{name}.".startswith(f"{word}.") for word in words)} == set()
    tops = {name.partition(".")[0] for name in found} - {"cnngrad", "numpy", *sys.stdlib_module_names}
    assert tops <= words
    assert not found & SPARED


def test_json_in_and_out_needs_no_parser(tmp_path: Path) -> None:
    spec = tmp_path / "hw.json"
    spec.write_text('{"op": "conv", "input": [1, 2, 3], "kernel": [1, -1], "delta": [1, 10]}')
    assert "yaml" not in _loaded(RUN, "conv-backward", str(spec), "--format", "json")


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
