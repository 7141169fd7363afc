"""The command: one cheap row to its end, raw figures, the list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import pytorch
from benchmarks.__main__ import options
from benchmarks.readme import BEGIN, END
from benchmarks.run import all_rows, run


def test_a_row_runs_to_its_end_without_pytorch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pytorch, "INSTALLED", False)
    readme, kept = tmp_path / "README.md", tmp_path / "raw.json"
    readme.write_text(f"{BEGIN}\n{END}\n")
    only = ["--only", "conv float64: (1,1,128", "--json", str(kept)]
    assert run(options(["--quick", "--rounds", "1", "--readme", *only]), readme) == 0
    made = capsys.readouterr().out
    assert "| (1,1,128,k3,1) | " in made
    assert "| no PyTorch | " in made
    assert made.strip() in readme.read_text()
    (row,) = json.loads(kept.read_text())["rows"]
    assert list(row["seconds"]) == ["cnngrad", "loop", "product"]
    assert run(options(["--show", "--json", str(kept)]), readme) == 0
    assert capsys.readouterr().out == made  # of what is kept, without measuring


def test_rows_are_listed_and_chosen_by_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options(["--list", "--only", "trace json", "--only", "growth: pool"]), Path()) == 0
    assert capsys.readouterr().out == "trace: full trace, json\ngrowth: pool\n"


def test_no_two_rows_have_one_name() -> None:
    keys = [row.key for row in all_rows()]
    assert len(keys) == len(set(keys))
