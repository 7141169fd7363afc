"""Where results go: files replaced as a whole, pipes that close, disks that are full, terminals of any width."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from commands import HANG, cnngrad, process, some, terminal

ANSI = re.compile(r"\x1b\[[0-9;]*m")
RUN = ("run", "example:ties")


def test_a_file_is_replaced_and_stdout_stays_empty(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    done = cnngrad(*RUN, "--format", "json", "-o", target)
    assert (done.code, done.out) == (0, "")
    assert json.loads(target.read_text())["op"] == "pool"
    assert os.listdir(tmp_path) == ["out.json"]


def test_a_failing_run_leaves_the_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    assert cnngrad(*RUN, "--stride", "0", "-o", target).code == 2
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_a_new_file_has_the_usual_rights_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text("")
    old.chmod(0o640)
    for target in (new, old):
        assert process(*RUN, "-o", target).code == 0
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(new.stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_text("old")
    assert cnngrad(*RUN, "-o", tmp_path / "link").code == 0
    assert (tmp_path / "link").is_symlink()
    assert "Pooling" in (tmp_path / "target").read_text()


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    done = cnngrad(*RUN, "-o", tmp_path / "none" / "out")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: --output: there is no folder '{tmp_path}/none'; make it first\n"


def test_a_folder_as_output_is_one_line(tmp_path: Path) -> None:
    done = cnngrad(*RUN, "-o", tmp_path)
    assert (done.code, done.err) == (2, f"error: {tmp_path}: Is a directory; nothing can be written there\n")


LONG = "x" * 300
NOWHERE = [
    ("loop", "loop: Too many levels of symbolic links; nothing can be written there"),
    (".", ".: Is a directory; nothing can be written there"),
    ("..", "..: Is a directory; nothing can be written there"),
    ("fifo", "fifo: no program reads this pipe; nothing can be written there"),
    ("socket", "socket: is a socket; nothing can be written there"),
    (LONG, f"{LONG}: File name too long; nothing can be written there"),
    ("out/x", "--output: there is no folder 'out'; make it first"),
    ("loop/x", "--output: there is no folder 'loop'; make it first"),
    (f"{LONG}/x", f"--output: there is no folder '{LONG[:200]}...'; make it first"),
    ("a\x1b[31m\r\n/x", "--output: there is no folder 'a\\x1b[31m\\r\\n'; make it first"),
    ("", "--output: '' is no name of a file; give another"),
    ("a\0b", "--output: 'a\\x00b' is no name of a file; give another"),
    ("a\ud800b", "--output: 'a\\ud800b' is no name of a file; give another"),
    ("/dev/fd/999999", "/dev/fd/999999: it is not open for writing; nothing can be written there"),
    ("/proc/version", "/proc/version: No such file or directory; the file is as it was"),
]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of things that are no ordinary files."""
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    Path("dangling").symlink_to("new")
    os.mkfifo("fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="the words and devices of Linux")
@pytest.mark.parametrize(("name", "message"), NOWHERE, ids=range(len(NOWHERE)))
def test_where_nothing_can_be_written_is_one_line(name: str, message: str, places: Path) -> None:
    before = sorted(os.listdir())
    done = cnngrad(*RUN, "-o", name)
    assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    "args", [("schema",), ("generate", "pool", "--separate", "none"), ("generate", "pool", "--count", "2")]
)
def test_every_command_refuses_what_is_no_name(args: tuple[str, ...], places: Path) -> None:
    before = sorted(os.listdir())
    for name in ("", "a\0b", "a\ud800b"):
        done = cnngrad(*args, "-o", name)
        shown = {"": "", "a\0b": "a\\x00b", "a\ud800b": "a\\ud800b"}[name]
        line = f"error: --output: '{shown}' is no name of a file; give another\n"
        assert (done.code, done.out, done.err) == (2, "", line)
    assert sorted(os.listdir()) == before


def test_the_file_that_a_link_promises_is_made_and_the_link_stays(places: Path) -> None:
    assert cnngrad(*RUN, "-o", "dangling").code == 0
    assert Path("dangling").is_symlink()
    assert Path("new").read_text().startswith("Pooling")
    assert sorted(os.listdir()) == ["dangling", "fifo", "loop", "new", "socket"]


def test_a_link_into_another_folder_leaves_nothing_beside_itself(places: Path) -> None:
    Path("other").mkdir()
    Path("link").symlink_to("other/target")
    assert cnngrad(*RUN, "-o", "link").code == 0
    assert os.listdir("other") == ["target"]
    assert sorted(os.listdir()) == ["dangling", "fifo", "link", "loop", "other", "socket"]


def test_a_pipe_with_a_reader_gets_the_result(places: Path) -> None:
    reader = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
    assert cnngrad(*RUN, "-o", "fifo").code == 0
    assert os.read(reader, 7) == b"Pooling"
    os.close(reader)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = cnngrad(*RUN, "-o", tmp_path / "out")
    line = f"error: {tmp_path}/out: Permission denied; the file is as it was\n"
    assert (done.code, done.out, done.err) == (2, "", line)


def test_a_disk_that_fills_up_behind_a_file_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    target = tmp_path / "out"
    target.write_text("old")
    done = cnngrad(*RUN, "-o", target)
    line = f"error: {target}: No space left on device; the file is as it was\n"
    assert (done.code, done.out, done.err) == (2, "", line)
    assert (os.listdir(tmp_path), target.read_text()) == (["out"], "old")


def test_a_name_that_is_no_text_is_written_escaped_in_every_format(tmp_path: Path) -> None:
    """Linux lets a file be called by bytes that are no UTF-8; Python shows them as lone surrogates."""
    spec = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")
    Path(spec).write_text("{op: conv, input: [2], kernel: [3]}")
    for format_ in ("table", "text", "json", "yaml"):
        piped = process("run", spec, "--format", format_)
        assert (piped.code, piped.err) == (0, "")
        written = cnngrad("run", spec, "--format", format_, "-o", tmp_path / "out")
        assert (written.code, written.err) == (0, "")
        assert (tmp_path / "out").read_text() == piped.out
        if format_ == "json":
            assert json.loads(piped.out)["source"] == spec


def test_a_full_disk_behind_a_file_is_one_line() -> None:
    done = cnngrad(*RUN, "-o", "/dev/full")
    line = "error: /dev/full: No space left on device; nothing can be written there\n"
    assert (done.code, done.err) == (2, line)


@pytest.mark.parametrize("format_", ["table", "json"])
def test_a_closed_pipe_ends_quietly(format_: str) -> None:
    command = f"{sys.executable} -m cnngrad run example:channels-nhwc --trace full --format {format_}"
    pipe = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"], capture_output=True, check=False, timeout=HANG
    )
    assert (pipe.returncode, pipe.stderr) == (0, b"")
    assert len(pipe.stdout.splitlines()) == 1


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}])
def test_a_plain_locale_works(env: dict[str, str]) -> None:
    done = process("explain", "example:by-hand-conv", "dA[1,1]", env=env)
    assert (done.code, done.err) == (0, "")
    if "PYTHONIOENCODING" in env:
        assert done.out.isascii()
        assert "dL/dA[1,1]" in done.out


def test_piped_output_does_not_depend_on_the_terminal() -> None:
    plain = cnngrad(*RUN).out
    assert not ANSI.search(plain)
    for env in ({"LINES": "3", "TERM": "dumb"}, {"TERM": "xterm-256color"}, {"COLUMNS": "0"}, {"COLUMNS": "wide"}):
        assert cnngrad(*RUN, env=env).out == plain


def test_colour_follows_the_option_then_the_environment() -> None:
    assert ANSI.search(cnngrad(*RUN, "--color", "always").out)
    assert ANSI.search(cnngrad(*RUN, env={"FORCE_COLOR": "1"}).out)
    assert not ANSI.search(cnngrad(*RUN, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out)
    assert ANSI.search(cnngrad(*RUN, "--color", "always", env={"NO_COLOR": "1"}).out)
    assert ANSI.search(terminal(*RUN, columns=80))
    assert not ANSI.search(terminal(*RUN, columns=80, env={"NO_COLOR": "1"}))
    assert not ANSI.search(terminal(*RUN, "--color", "never", columns=80))


def test_colour_changes_nothing_but_colour() -> None:
    assert ANSI.sub("", cnngrad(*RUN, "--color", "always").out) == cnngrad(*RUN).out


@pytest.mark.parametrize("columns", some([40, 80, 120, 200], 2))
@pytest.mark.parametrize("name", ["forum-conv", "max-pool", "channels-nhwc"])
def test_a_terminal_of_any_width_shows_every_number(name: str, columns: int) -> None:
    shown = ANSI.sub("", terminal("run", f"example:{name}", columns=columns))
    results = json.loads(cnngrad("run", f"example:{name}", "--format", "json").out)["results"]
    results.pop("argmax", None)  # shown as coordinates
    for array in results.values():
        for number in _numbers(array):
            assert re.search(rf"(?<![0-9.]){re.escape(f'{number:.8g}')}(?![0-9.])", shown), number
    assert max(map(len, shown.splitlines())) <= max(columns, 84)


def test_a_terminal_of_forty_columns_splits_wide_grids() -> None:
    shown = ANSI.sub("", terminal("run", "example:forum-conv", "--trace", "none", columns=40))
    # 5 columns of 9 characters and a frame do not fit into 40
    assert "dA  5x5, columns 0 to 2" in shown
    assert max(len(line) for line in shown.splitlines() if "│" in line) <= 40


def test_user_text_is_printed_verbatim_with_unprintables_escaped(tmp_path: Path) -> None:
    path = tmp_path / "hw.yaml"
    path.write_text(
        'title: "[/] [red]w[i] [link=http://x]y :smile: \\e[31m \\u202e"\nop: conv\ninput: [1, 2]\nkernel: [1]\n'
    )
    expected = "Convolution: [/] [red]w[i] [link=http://x]y :smile: \\x1b[31m \\u202e"
    assert cnngrad("run", path).out.splitlines()[0] == expected
    assert expected in terminal("run", path, columns=120).replace("\x1b[1m", "").replace("\x1b[0m", "")


def test_large_arrays_are_elided_with_their_shape_said_and_given_whole_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    rows = "\n".join("  " + " ".join(str(46 * r + c) for c in range(46)) for r in range(46))  # 46 * 46 is over 2,000
    path.write_text(f"op: conv\nkernel: [[1]]\ninput: |\n{rows}\n")
    shown = cnngrad("run", path, "--trace", "none", "--only", "A").out
    assert "A input  46x46" in shown
    assert "..." in shown
    assert " 1081 " not in shown
    cnngrad("run", path, "--trace", "none", "--only", "A", "-o", tmp_path / "out.txt")
    assert " 1081 " in (tmp_path / "out.txt").read_text()


def _numbers(array: object) -> list[float]:
    if isinstance(array, list):
        return [number for part in array for number in _numbers(part)]
    return [array] if isinstance(array, int | float) else []
