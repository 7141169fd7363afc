"""Lines that are kept while a run goes on: whole, in order, and continued where they end."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnngrad.batch.items import Item
from cnngrad.batch.journal import Journal, Spool
from cnngrad.batch.rows import line_of
from cnngrad.errors import CnngradError

LINES = [line_of({"format": 1, "source": name}).text for name in "abcd"]
"""Four rows, `{"format": 1, "source": "a"}` and so on: 29 bytes each with the line break."""


def _items(names: str = "abcd") -> Iterator[Item]:
    return iter([Item(name) for name in names])


def _resumed(path: Path, names: str = "abcd") -> tuple[list[str], list[str]]:
    """The names that are kept and those that are left, once the journal is open for writing."""
    journal, items = Journal(str(path), resume=True), _items(names)
    kept = [row["source"] for row in journal.resumed(items)]
    journal.open()
    journal.close()
    return kept, [item.source for item in items]


def test_lines_are_in_the_file_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text("old " * 100)
    journal = Journal(str(path))
    assert list(journal.resumed(_items())) == []
    assert path.read_text() == "old " * 100
    journal.open()
    for number, line in enumerate(LINES, start=1):
        journal.write(line)
        assert path.read_text() == "".join(LINES[:number])
    assert [row["source"] for row in journal.rows()] == ["a", "b", "c", "d"]
    journal.close()


@pytest.mark.parametrize("size", [*range(0, 4 * 29 + 1, 7), 4 * 29])
def test_whatever_was_written_of_a_file_is_resumed_at_its_last_whole_line(size: int, tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text("".join(LINES)[:size])
    whole = size // 29
    assert _resumed(path) == (list("abcd")[:whole], list("abcd")[whole:])
    assert path.read_text() == "".join(LINES[:whole])


@pytest.mark.parametrize(
    "tail", [b"\0" * 50, b"{}\n", b"[1]\n", b"\xff\n", b'{"format": 1, "sou', b"\n", b"{}\n" + LINES[1].encode()]
)
def test_what_is_no_row_and_all_behind_it_is_cut_off(tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_bytes(LINES[0].encode() + tail)
    assert _resumed(path) == (["a"], ["b", "c", "d"])
    assert path.read_text() == LINES[0]


def test_without_a_file_or_with_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    assert _resumed(path) == ([], list("abcd"))
    path.write_text("".join(LINES))
    assert _resumed(path) == (list("abcd"), [])


@pytest.mark.parametrize(
    ("text", "names", "says"),
    [
        (LINES[1], "abcd", "line 1 is about 'b', but 'a' comes here; give the same items, or write another file"),
        ("".join(LINES), "abdc", "line 3 is about 'c', but 'd' comes here; give the same items, or write another file"),
        (
            "".join(LINES),
            "ab",
            "line 3 is about 'c', but no item is left; give the same items, or write another file",
        ),
        ("my notes", "ab", "line 1 is no line of a run; name another file"),
        ("my notes\n", "ab", "line 1 is no line of a run; name another file"),
        ("\n", "ab", "line 1 is no line of a run; name another file"),
    ],
)
def test_the_file_of_another_run_is_refused_and_left_alone(text: str, names: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text(text)
    with pytest.raises(CnngradError) as caught:
        _resumed(path, names)
    assert str(caught.value) == f"resume: {path}: {says}"
    assert path.read_text() == text


def test_rows_may_tell_their_items_in_another_way(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text('{"format": 1, "student": 7}\n')
    journal, items = Journal(str(path), resume=True), _items("ab")
    rows = journal.resumed(items, lambda item: {"a": "7"}[item.source], lambda row: str(row["student"]))
    assert list(rows) == [{"format": 1, "student": 7}]


def test_where_the_disk_is_full_the_file_ends_with_the_line_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "o.jsonl"
    journal = Journal(str(path))
    journal.open()
    journal.write(LINES[0])
    real, calls = os.write, []

    def half(descriptor: int, data: memoryview) -> int:
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[:10])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(CnngradError) as caught:
        journal.write(LINES[1])
    journal.close()
    assert calls == [29, 19]
    assert str(caught.value) == f"{path}: No space left on device; its lines are whole"
    assert path.read_text() == LINES[0]


def test_two_runs_do_not_write_the_same_file(tmp_path: Path) -> None:
    first, second = (Journal(str(tmp_path / "o.jsonl")) for _ in range(2))
    first.open()
    first.write(LINES[0])
    with pytest.raises(CnngradError) as caught:
        second.open()
    assert str(caught.value) == f"{tmp_path / 'o.jsonl'}: another run writes it"
    second.close()
    first.close()
    assert (tmp_path / "o.jsonl").read_text() == LINES[0]


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(CnngradError) as caught:
        Journal(str(tmp_path)).open()
    assert str(caught.value) == f"{tmp_path}: Is a directory"
    with pytest.raises(CnngradError) as caught:
        list(Journal(str(tmp_path), resume=True).resumed(_items()))
    assert str(caught.value) == f"{tmp_path}: Is a directory"


def test_what_was_written_is_on_the_disk_about_each_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, synced = [100.0], []
    monkeypatch.setattr("cnngrad.batch.journal.time.monotonic", lambda: now[0])
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(now[0]))
    journal = Journal(str(tmp_path / "o.jsonl"))
    journal.open()
    for now[0] in (100.2, 100.9, 101.1, 101.5, 102.3):
        journal.write(LINES[0])
    journal.close()
    assert synced == [101.1, 102.3, 102.3]


def test_a_spool_gives_its_rows_as_often_as_asked(tmp_path: Path) -> None:
    spool = Spool()
    for line in LINES:
        spool.write(line)
    assert [row["source"] for row in spool.rows()] == list("abcd")
    assert [row["source"] for row in spool.rows()] == list("abcd")
    spool.close()
