"""The linters, as tests, so that one command runs them too."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from commands import ROOT


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("ruff", "check", "."), id="ruff check"),
        pytest.param(("ruff", "format", "--check", "."), id="ruff format"),
        pytest.param(("mypy",), id="mypy --strict", marks=pytest.mark.slow),  # without its cache it takes a minute
    ],
)
def test_the_code_is_clean(command: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["lint", "types"])
def test_the_scripts_of_the_pages_are_clean(tool: str) -> None:
    """eslint, and the types in their comments."""
    tools, npm = ROOT / ".ci/page", shutil.which("npm")
    if npm is None or not (tools / "node_modules").is_dir():
        pytest.skip("needs npm ci in .ci/page")
    done = subprocess.run([npm, "run", tool], cwd=tools, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
