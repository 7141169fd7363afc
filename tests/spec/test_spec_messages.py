"""Every message about a network, a graph, a recurrent network or a symbol, with its place and its full text.

`cases/messages.txt` holds specs, and behind `>>>` what the program says about each.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import ROOT, cnngrad

CASES = (ROOT / "tests" / "cases" / "messages.txt").read_text().split("---\n")


@pytest.mark.parametrize("case", CASES)
def test_a_bad_spec_gets_its_lines_and_nothing_else(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, *messages = case.split(">>> ")
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(spec)
    outcome = cnngrad("run", "s.yaml")
    expected = "".join(f"error: s.yaml:{message}" for message in messages)
    assert messages
    assert (outcome.code, outcome.out, outcome.err) == (2, "", expected)
