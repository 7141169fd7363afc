"""The README can be run: its commands, its outputs and its Python."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import ROOT, cnngrad

import cnngrad as library
from cnngrad.cli.main import COMMANDS
from cnngrad.ops import OPS

TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
CONSOLE = [text for language, text in BLOCKS if language == "console"]
SPECS = {text.splitlines()[0].removeprefix("# "): text for language, text in BLOCKS if language == "yaml"}


@pytest.fixture(autouse=True)
def written_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The specs that the README shows, under the names that it gives them."""
    monkeypatch.chdir(tmp_path)
    for name, text in SPECS.items():
        Path(name).write_text(text)


@pytest.mark.parametrize("block", CONSOLE)
def test_commands_print_what_the_readme_shows(block: str) -> None:
    prompt, _, expected = block.partition("\n")
    done = cnngrad(*shlex.split(prompt.removeprefix("$ cnngrad")))
    parts = re.split(r"(?:^|\n)\.\.\.(?:\n|$)", expected.strip("\n"))
    pattern = ".*".join(map(re.escape, parts))
    assert done.code == (1 if re.match(r"\$ cnngrad (check|grade)", prompt) else 0)
    assert re.search(pattern, done.out, re.DOTALL)


def test_there_are_console_blocks() -> None:
    assert len(CONSOLE) >= 3


def test_the_python_of_the_readme_runs() -> None:
    (source,) = (text for language, text in BLOCKS if language == "python")
    rng = np.random.default_rng(0)
    A, W, b = rng.standard_normal((2, 3, 8, 8)), rng.standard_normal((4, 3, 3, 3)), rng.standard_normal(4)
    names: dict[str, Any] = {"A": A, "W": W, "b": b}
    for step in source.strip().splitlines():
        if "pool_backward" in step:
            names["dZ"] = np.ones((2, 3, 4, 4))
        elif "conv_backward" in step:
            names["dZ"] = np.ones((2, 4, 4, 4))
        exec(step, names)
    assert names["dA"].shape == A.shape
    assert names["result"].results["dW"].tolist() == [[37, 47], [67, 77]]


def test_every_command_and_key_is_in_the_readme() -> None:
    assert all(f"  {name} " in TEXT for name in COMMANDS)
    for name, op in ((name, op) for name, op in OPS.items() if op.alone):
        (row,) = (line for line in TEXT.splitlines() if line.startswith(f"| `{name}`"))
        keys = set(re.findall(r"\w+", row.replace("*", ""))) - {name}
        assert keys == set(op.fields) - (
            {"op", "title", "ask", "choices", "answers", "numbers", "values"}
            - ({"values"} if name == "graph" else set())
        )


def test_every_name_of_the_library_is_in_the_readme() -> None:
    assert all(name in TEXT for name in library.__all__ if not name.startswith("__"))


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "grep -m 1 -F -- '-m pytest' README.md" in (ROOT / ".ci" / "run").read_text()
    assert len([line for line in TEXT.splitlines() if "-m pytest" in line]) == 1
