"""The bar: what it says, and that nobody has to see it."""

from __future__ import annotations

import io
import re

import pytest

from cnngrad.render.progress import bar


def _shown(total: int | None, done: int, more: int) -> str:
    stream = io.StringIO()
    with bar(total, done, stream, color=False) as advance:
        advance(more)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())


def test_done_of_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "5/1200" in _shown(1200, 2, 3)
    assert "left" in _shown(1200, 2, 3)
    assert re.search(r"\b1,234\b", _shown(None, 0, 1234))


def test_a_stream_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with bar(10, 0, Full(), color=True) as advance:
        advance(10)
