"""Files that are no specs, answers or rosters: each is one line, whatever it is and whichever command reads it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from commands import cnngrad

LONG = "x" * 300
UNREADABLE = [
    ("bytes", b"op: conv\ntitle: \xff\n", "bytes:2:8: has the byte 0xFF, which is not UTF-8; save the file as UTF-8"),
    ("utf-16", "op: conv".encode("utf-16"), "utf-16: is UTF-16; save the file as UTF-8"),
    ("folder", None, "folder: is a folder; give a regular file"),
    ("loop", None, "loop: cannot be opened: Too many levels of symbolic links; check the name"),
    ("dangling", None, "dangling: does not exist; check the name and the folder"),
    ("pipe", None, "pipe: is a pipe; give a regular file"),
    ("/dev/zero", None, "/dev/zero: is a device; give a regular file"),
    ("/dev/random", None, "/dev/random: is a device; give a regular file"),
    ("/dev/null", None, "/dev/null: is a device; give a regular file"),
    ("/proc/self/mem", None, "/proc/self/mem: cannot be read: Input/output error"),
    (LONG, None, f"{LONG}: cannot be opened: File name too long; check the name"),
    ("", None, "'': does not exist; check the name and the folder"),
    ("a\x1b[31m", None, "a\\x1b[31m: does not exist; check the name and the folder"),
    ("a\0b", None, "a\\x00b: cannot be opened: embedded null byte; check the name"),
]
READERS = [
    ("run", "FILE"),
    ("explain", "FILE", "Z"),
    ("check", "FILE"),
    ("check", "example:ties", "FILE"),
    ("audit", "FILE"),
    ("pool", "FILE"),
    ("generate", "graph", "--separate", "none", "--per", "FILE", "-o", "out"),
]


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    Path("dangling").symlink_to("gone")
    os.mkfifo("pipe")


@pytest.mark.skipif(sys.platform != "linux", reason="the words and devices of Linux")
@pytest.mark.parametrize(("name", "data", "message"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_one_line(name: str, data: bytes | None, message: str) -> None:
    if data is not None:
        Path(name).write_bytes(data)
    for args in READERS:
        done = cnngrad(*(name if arg == "FILE" else arg for arg in args))
        assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")
    assert not os.path.exists("out")


def test_a_file_that_has_nothing_to_read_yet_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some files of /proc (kmsg) are regular, but have their next line only later."""

    class Later:
        def __enter__(self) -> Later:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def read(self, _: int) -> None:
            return None

    Path("hw").write_text("op: conv\n")
    monkeypatch.setattr("builtins.open", lambda *_, **__: Later())
    done = cnngrad("run", "hw")
    assert (done.code, done.out, done.err) == (2, "", "error: hw: gives nothing to read; give a regular file\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_line() -> None:
    Path("secret").write_text("op: conv\n")
    Path("secret").chmod(0)
    done = cnngrad("run", "secret")
    assert (done.code, done.err) == (2, "error: secret: cannot be read; check its permissions\n")


ROSTERS = [
    (b"", "roster: has no students; write one per line"),
    (b"\n \n,,\n", "roster: has no students; write one per line"),
    (b"id\n", "roster: has no students; write one per line"),
    (b"id\nann\nAnn\n", "roster:3:1: 'Ann' would have the same file as another student; tell them apart"),
    (b"id\n../..\n", "roster:2:1: '../..' makes no name of a file; give the student another"),
    (b"id\n\xe2\x80\xae\n", "roster:2:1: '\\u202e' makes no name of a file; give the student another"),
    (b"id,x\n\x1b,y\n", "roster:2:1: '\\x1b' makes no name of a file; give the student another"),
    (
        b"id\n" + b"a" * 200_000,
        "roster:2:1: is no CSV: field larger than field limit (131072); fix the line",
    ),
    (b"id\n" + b"".join(b"s%d\n" % n for n in range(10_001)), "roster: has 10,001 students; give at most 10,000"),
]


@pytest.mark.parametrize(("data", "message"), ROSTERS, ids=range(len(ROSTERS)))
def test_a_roster_without_students_is_one_line(data: bytes, message: str) -> None:
    Path("roster").write_bytes(data)
    done = cnngrad("generate", "graph", "--separate", "none", "--per", "roster", "-o", "out")
    assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")
    assert not os.path.exists("out")


def test_a_roster_of_any_names_makes_files_inside_the_folder_and_titles_that_can_be_printed() -> None:
    names = ["/etc/passwd", "=cmd", "a\x1b[31mb", "\ufeffx", "a: b # c", "{", "'", '"q"', "\u674e", "a" * 500]
    rows = "".join('"{}"\n'.format(name.replace('"', '""')) for name in names if name not in ("{", "'"))
    Path("roster").write_text(f"id\n{rows}")
    done = cnngrad("generate", "graph", "--separate", "none", "--per", "roster", "-o", "out")
    assert (done.code, done.out, done.err) == (
        0,
        "",
        "wrote 8 exercises and their keys to out, named by the column 'id'\n",
    )
    made = sorted(os.listdir("out"))
    assert len(made) == 16
    for name in made:
        if not name.endswith(".key.yaml"):
            shown = cnngrad("run", f"out/{name}", "--trace", "none")
            assert (shown.code, shown.err) == (0, "")
            assert shown.out.replace("\n", "").isprintable()
