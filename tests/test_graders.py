"""The files of examples/graders, run as far as they run without Gradescope, GitHub and GitLab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from commands import HANG, ROOT

GRADERS = ROOT / "examples" / "graders"
EXERCISE = "op: conv\ninput: [[1, 2], [3, 4]]\nkernel: [[1, 1], [1, 1]]\nask: [Z]\n"


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `cnngrad` is this one; the venv is where setup.sh makes it."""
    program = tmp_path / "venv" / "bin" / "cnngrad"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m cnngrad \"$@\"\n")
    program.chmod(0o755)
    return {**os.environ, "AUTOGRADER": str(tmp_path), "PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "score"), [("Z: [[10]]", 1.0), ("Z: [[11]]", 0.0), ("\0", 0.0), (None, 0.0)]
)  # 1 + 2 + 3 + 4
def test_gradescope_gets_results_for_whatever_is_handed_in(
    answers: str | None, score: float, shell: dict[str, str], tmp_path: Path
) -> None:
    for folder in ("source", "submission", "results"):
        (tmp_path / folder).mkdir()
    (tmp_path / "source" / "hw3.yaml").write_text(EXERCISE)
    if answers is not None:
        (tmp_path / "submission" / "my answers.yaml").write_text(answers)
    run = subprocess.run(
        [GRADERS / "gradescope" / "run_autograder"],
        env=shell,
        cwd=tmp_path,
        capture_output=True,
        timeout=HANG,
        check=False,
    )
    results = json.loads((tmp_path / "results" / "results.json").read_text())
    assert run.returncode == 0
    assert sum(test["score"] for test in results["tests"]) == score
    assert sum(test["max_score"] for test in results["tests"]) == 1.0
    assert subprocess.run(["bash", "-n", GRADERS / "gradescope" / "setup.sh"], check=False).returncode == 0


def _lines(node: object) -> Iterator[str]:
    """Every command of cnngrad in a file for CI."""
    if isinstance(node, dict):
        for value in node.values():
            yield from _lines(value)
    elif isinstance(node, list):
        for value in node:
            yield from _lines(value)
    elif isinstance(node, str) and node.startswith("cnngrad "):
        yield node


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("classroom.yml", 2), ("gitlab-ci.yml", 1)])
@pytest.mark.parametrize(("answers", "code"), [("Z: [[10]]", 0), ("Z: [[11]]", 1)])
def test_ci_fails_where_an_answer_is_wrong_and_writes_a_report(
    name: str, count: int, answers: str, code: int, shell: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "hw3.yaml").write_text(EXERCISE)
    (tmp_path / "answers.yaml").write_text(answers)
    lines = list(_lines(yaml.safe_load((GRADERS / name).read_text())))
    codes = [
        subprocess.run(
            line, shell=True, env=shell, cwd=tmp_path, capture_output=True, timeout=HANG, check=False
        ).returncode
        for line in lines
    ]
    assert codes == [code] * count
    report = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert len(list(report.iter("failure"))) == code
