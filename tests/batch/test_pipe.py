"""Lines of a pipe: whether the next one is there can be asked without waiting for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnngrad.batch.items import items_of

if sys.platform == "win32":
    pytest.skip("pipes of POSIX", allow_module_level=True)

from cnngrad.batch.pipe import Pipe, is_pipe

MOST = 10


@pytest.fixture
def ends() -> Iterator[tuple[int, Pipe]]:
    """The end to write to, which the test closes, and the pipe."""
    reading, writing = os.pipe()
    with Pipe(reading) as pipe:
        yield writing, pipe


def test_a_line_is_awaited_until_its_end_has_come(ends: tuple[int, Pipe]) -> None:
    writing, pipe = ends
    assert pipe.awaits(MOST)
    for part, awaits in ((b"ab", True), (b"c", True), (b"\nd", False)):
        os.write(writing, part)
        assert pipe.awaits(MOST) == awaits
    assert pipe.readline(MOST) == b"abc\n"
    assert pipe.awaits(MOST)
    os.close(writing)
    assert not pipe.awaits(MOST)
    assert [pipe.readline(MOST), pipe.readline(MOST)] == [b"d", b""]


def test_blank_lines_are_no_line_to_work_on(ends: tuple[int, Pipe]) -> None:
    writing, pipe = ends
    os.write(writing, b" \r\n\n")
    assert pipe.awaits(MOST)
    os.write(writing, b"1\n")
    assert not pipe.awaits(MOST)
    assert [pipe.readline(MOST) for _ in range(3)] == [b" \r\n", b"\n", b"1\n"]
    os.close(writing)


def test_a_long_line_is_there_as_soon_as_enough_of_it_is(ends: tuple[int, Pipe]) -> None:
    writing, pipe = ends
    os.write(writing, b"123456789")
    assert pipe.awaits(MOST)
    os.write(writing, b"0ab\n")
    assert not pipe.awaits(MOST)
    assert [pipe.readline(MOST), pipe.readline(MOST)] == [b"1234567890", b"ab\n"]
    os.close(writing)


def test_a_pipe_that_does_not_wait_by_itself_is_waited_for(ends: tuple[int, Pipe]) -> None:
    writing, pipe = ends
    os.set_blocking(pipe.descriptor, False)
    os.write(writing, b"1")
    assert pipe.awaits(MOST)
    os.write(writing, b"\n")
    assert pipe.readline(MOST) == b"1\n"
    os.close(writing)


def test_what_is_a_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    terminal, screen = os.openpty()
    file = os.open(tmp_path / "file", os.O_CREAT)
    null = os.open(os.devnull, os.O_RDONLY)
    assert [is_pipe(each) for each in (reading, screen, file, null)] == [True, True, False, False]
    for each in (reading, writing, terminal, screen, file, null):
        os.close(each)


def test_items_of_a_pipe_say_what_they_wait_for(tmp_path: Path) -> None:
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    (tmp_path / "a.yaml").write_text("op: conv\n")
    writing = os.open(path, os.O_RDWR)
    os.write(writing, b"{}\n[]\n")
    items = iter(items_of([path, str(tmp_path / "a.yaml")]))
    assert items.awaited() is None  # the first is held, to know that there is one
    assert next(items).source == f"{path}:1"
    assert items.awaited() is None
    assert next(items).source == f"{path}:2"
    awaited = items.awaited()
    assert awaited is not None
    assert os.path.samestat(os.fstat(awaited), os.stat(path))
    os.close(writing)
    assert items.awaited() is None
    assert next(items).source == str(tmp_path / "a.yaml")
    assert items.awaited() is None
