"""The folder in which a submission is checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exercises import SPEC


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The exercise as `hw.yaml` in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("hw.yaml").write_text(json.dumps(SPEC))
    return tmp_path
