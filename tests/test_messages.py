"""Every message about a spec, with its place and its full text.

`cases/messages.txt` holds specs, and behind `>>>` what the program says about each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from commands import ROOT, cnngrad

from cnngrad import CnngradError, conv_forward, run

CASES = (ROOT / "tests" / "cases" / "messages.txt").read_text().split("---\n")


@pytest.mark.parametrize("case", CASES, ids=[case.partition(">>> ")[2].partition(";")[0] for case in CASES])
def test_a_bad_spec_gets_its_lines_and_nothing_else(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, *messages = case.split(">>> ")
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(spec)
    outcome = cnngrad("run", "s.yaml")
    expected = "".join(f"error: s.yaml:{message}" for message in messages)
    assert messages
    assert (outcome.code, outcome.out, outcome.err) == (2, "", expected)


@pytest.mark.parametrize("case", [case for case in CASES if "layout: CHW" in case and case.count(">>> ") == 1])
def test_a_spec_of_python_values_has_no_place_in_a_file(case: str) -> None:
    spec, _, message = case.partition(">>> ")
    with pytest.raises(CnngradError) as caught:
        run(yaml.safe_load(spec))
    assert str(caught.value) == f"<spec>: {message.partition(' ')[2].rstrip()}"


def test_work_is_bounded_before_it_begins() -> None:
    with pytest.raises(CnngradError) as caught:
        conv_forward(np.zeros((3000, 3000)), np.zeros((1400, 1400)))
    # (3000 - 1400 + 1)^2 windows of 1400^2 taps: 2,563,201 * 1,960,000
    assert str(caught.value) == (
        "kernel: needs 5,023,873,960,000 multiply-adds, over the limit of 10,000,000,000; raise it with "
        "limit='multiply_adds=5023873960000'"
    )
