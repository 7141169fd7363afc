"""PyTorch's operator samples through the command line: integer data with ==."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import ROOT, cnngrad

CASES = ROOT / "tests" / "cases"


def _cases(name: str) -> list[Any]:
    lines = (CASES / name).read_text().splitlines()
    return [pytest.param(case, id=case["name"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("case", _cases("exact.jsonl"))
def test_results_equal_those_of_pytorch(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case["spec"]))
    done = cnngrad("run", path, "--format", "json", "--trace", "none")
    assert (done.code, done.err) == (0, "")
    record = json.loads(done.out)
    assert all(law["holds"] for law in record["laws"])
    for name, expected in case["expect"].items():
        if case["compare"] == "equal":
            assert record["results"][name] == expected
        else:
            scale = case["rtol"] * np.abs(expected).max()
            np.testing.assert_allclose(record["results"][name], expected, rtol=0, atol=scale)


@pytest.mark.parametrize("case", _cases("errors.jsonl"))
def test_what_pytorch_refuses_is_refused_with_the_key(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case["spec"]))
    done = cnngrad("run", path)
    assert (done.code, done.out) == (case["expect_error"]["exit"], "")
    (line,) = done.err.splitlines()
    assert line.startswith(f"error: {path}:1:")
    assert f": {case['expect_error']['key']}" in line
