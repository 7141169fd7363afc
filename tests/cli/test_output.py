"""Where results go: files replaced as a whole, pipes that close, disks that are full, terminals of any width."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from commands import HANG, cnngrad, process, terminal

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


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "cnngrad", *RUN], stdout=full, stderr=subprocess.PIPE, check=False)
    line = b"error: standard output: No space left on device; the result is not complete\n"
    assert (done.returncode, done.stderr) == (2, line)


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
    plain = process(*RUN).out
    assert not ANSI.search(plain)
    for env in ({"COLUMNS": "40"}, {"COLUMNS": "200", "TERM": "dumb"}, {"TERM": "xterm-256color"}):
        assert process(*RUN, env=env).out == plain


def test_colour_follows_the_option_then_the_environment() -> None:
    assert ANSI.search(process(*RUN, "--color", "always").out)
    assert ANSI.search(process(*RUN, env={"FORCE_COLOR": "1"}).out)
    assert not ANSI.search(process(*RUN, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out)
    assert ANSI.search(process(*RUN, "--color", "always", env={"NO_COLOR": "1"}).out)
    assert ANSI.search(terminal(*RUN, columns=80))
    assert not ANSI.search(terminal(*RUN, columns=80, env={"NO_COLOR": "1"}))
    assert not ANSI.search(terminal(*RUN, "--color", "never", columns=80))


def test_colour_changes_nothing_but_colour() -> None:
    assert ANSI.sub("", process(*RUN, "--color", "always").out) == process(*RUN).out


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
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
    rows = "\n".join("  " + " ".join(str(60 * r + c) for c in range(60)) for r in range(60))
    path.write_text(f"op: conv\nkernel: [[1]]\ninput: |\n{rows}\n")
    shown = cnngrad("run", path, "--trace", "none").out
    assert "A input  60x60" in shown
    assert "..." in shown
    assert " 1830 " not in shown
    cnngrad("run", path, "--trace", "none", "-o", tmp_path / "out.txt")
    assert " 1830 " in (tmp_path / "out.txt").read_text()


def _numbers(array: object) -> list[float]:
    if isinstance(array, list):
        return [number for part in array for number in _numbers(part)]
    return [array] if isinstance(array, int | float) else []
