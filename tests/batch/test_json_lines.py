"""Lines of a file, one at a time and never more of one than a file may have."""

from __future__ import annotations

import io
import os
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from cnngrad.batch.json_lines import counted_lines, lines_of
from cnngrad.errors import CnngradError, Problem
from cnngrad.limits import DEFAULT, Limits


def _lines(path: Path | str, limits: Limits = DEFAULT) -> list[tuple[int, bytes | str]]:
    return [(n, str(line) if isinstance(line, Problem) else line) for n, line in lines_of(str(path), limits)]


def test_blank_lines_a_byte_order_mark_and_line_ends_of_windows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf{}\r\n\r\n \t\n[]\n\n1")
    assert _lines(path) == [(1, b"{}\r\n"), (4, b"[]\n"), (6, b"1")]
    assert counted_lines(str(path), DEFAULT) == 3


def test_a_line_that_is_too_long_is_left_out_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"12345\n123456\n123456789012345\r\n12345\r\nx")
    long = "has more than 5 bytes, over the limit of 5; raise it with limit='file=BYTES'"
    assert _lines(path, Limits(file=5)) == [
        (1, b"12345\n"),
        (2, f"{path}:2:0: {long}"),
        (3, f"{path}:3:0: {long}"),
        (4, b"12345\r\n"),
        (5, b"x"),
    ]


def test_a_long_line_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)  # one line of 50 MiB that takes no room on the disk
    tracemalloc.start()
    try:
        assert [number for number, _ in lines_of(str(path), Limits(file=2**20))] == [1]
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    for name, why in (
        (tmp_path / "none.jsonl", "does not exist; check the name and the folder"),
        (tmp_path, "is a folder; give a regular file"),
        (Path("/dev/null"), "is a device; give a regular file"),
    ):
        with pytest.raises(CnngradError) as caught:
            list(lines_of(str(name), DEFAULT))
        assert str(caught.value) == f"{name}: {why}"
        assert counted_lines(str(name), DEFAULT) in (0, None)


def test_a_pipe_and_standard_input_are_read_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"1\n2\n",))
    writer.start()
    assert _lines(path) == [(1, b"1\n"), (2, b"2\n")]
    writer.join()
    assert counted_lines(str(path), DEFAULT) is None
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"3\n")))
    assert _lines("-") == [(1, b"3\n")]
    assert counted_lines("-", DEFAULT) is None


def test_a_closed_standard_input_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CnngradError) as caught:
        list(lines_of("-", DEFAULT))
    assert str(caught.value) == "<stdin>: cannot be read; is it open?"


def test_a_file_that_breaks_off_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            if not line:
                raise OSError(5, "Input/output error")
            return line

    class Stdin:
        buffer = Broken(b"1\n")

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert _lines("-") == [(1, b"1\n"), (2, "<stdin>:2:0: cannot be read: Input/output error")]
