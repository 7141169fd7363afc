"""stdin, stdout and stderr that are closed, full, or lose their reader: what the program says and its exit code."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT, cnngrad, some

from cnngrad.cli.main import invoke

if sys.platform == "win32":
    pytest.skip("descriptors of POSIX", allow_module_level=True)

EVERY = [
    (),
    ("--help",),
    ("-h",),
    ("--version",),
    ("check", "--help"),
    ("examples",),
    ("examples", "show", "ties"),
    ("schema",),
    ("completion", "zsh"),
    ("run", "example:ties"),
    ("run", "example:ties", "--format", "json"),
    ("explain", "example:ties", "dA[0,1]"),
    ("check", "example:ties", "right.yaml"),
    ("check", "example:ties", "wrong.yaml"),
    ("audit", "example:ties", "--fail-under", "1"),
    ("generate", "pool", "--separate", "none"),
    ("graph", "x*y", "--at", "x=1", "--at", "y=2", "--format", "dot"),
]
"""Command lines that print something on stdout."""
CLOSED = "error: standard output: it is not open for writing; the result is not complete\n"


@pytest.fixture(autouse=True)
def _answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("right.yaml").write_text("Z: [[9, 7]]\n")
    Path("wrong.yaml").write_text("Z: [[9, 8]]\n")


class _Broken(io.StringIO):
    """A stream that fails at every write; `number` says how."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, _: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


def _said(args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, stdout: object) -> tuple[int, str]:
    err = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", err)
        code = invoke(list(args))
    return int(code), err.getvalue()


@pytest.mark.parametrize("args", EVERY, ids=" ".join)
def test_a_closed_stdout_is_one_line(args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    for stdout in (None, closed):
        assert _said(args, monkeypatch, stdout) == (2, CLOSED)


@pytest.mark.parametrize("args", EVERY, ids=" ".join)
def test_a_full_disk_behind_stdout_is_one_line(args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    line = "error: standard output: No space left on device; the result is not complete\n"
    assert _said(args, monkeypatch, _Broken(errno.ENOSPC)) == (2, line)


@pytest.mark.parametrize("args", EVERY, ids=" ".join)
def test_a_reader_who_went_away_ends_the_program_quietly(
    args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdout = _Broken(errno.EPIPE)
    code, err = _said(args, monkeypatch, stdout)
    assert (code, err) == (0, "")
    assert sys.stdout is not stdout


@pytest.mark.parametrize(
    "args", some(pytest.param(each) for each in (*EVERY, ("run", "nope"), ("pool",), ("frobnicate",))), ids=" ".join
)
def test_nobody_has_to_listen_to_stderr(args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = cnngrad(*args)
    closed = io.StringIO()
    closed.close()
    for stderr in (None, closed, _Broken(errno.ENOSPC), _Broken(errno.EPIPE)):
        out = io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", stderr)
            code = invoke(list(args))
        assert (code, out.getvalue()) == (expected.code, expected.out)


def test_a_traceback_for_nobody_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", out := io.StringIO())
    monkeypatch.setattr(sys, "stderr", None)
    assert (invoke(["run", "nope", "--debug"]), out.getvalue()) == (2, "")


def test_a_closed_stdin_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for args in (("run", "-"), ("check", "example:ties", "-"), ("explain", "-", "Z")):
        done = cnngrad(*args)
        line = "error: <stdin>: cannot be read; is it open?\n"
        assert (done.code, done.out, done.err) == (2, "", line)


SHELL = [
    ("run example:ties --trace none >&-", 2, CLOSED),
    ("--version >&-", 2, CLOSED),
    ("run nope 2>&-", 2, ""),
    ("run - <&- >&- 2>&-", 2, ""),
    # what is opened for the result takes no closed stream's number
    ("run example:ties --trace none -o out <&- >&- 2>&-; head -c 7 out", 0, "Pooling"),
    ("pool 2>/dev/full | head -n 1", 0, "Pooling: max pooling with overlapping windows\n"),
    ("run nope --debug 2>/dev/full", 2, ""),
    (
        "run example:ties > /dev/full",
        2,
        "error: standard output: No space left on device; the result is not complete\n",
    ),
    ("run example:channels-nhwc --trace full -o /dev/stdout | head -c 6", 0, "Convol"),
    ("run example:ties --trace none -o /dev/stdout > out; head -c 7 out", 0, "Pooling"),
    (
        "run example:ties -o /dev/fd/9",
        2,
        "error: /dev/fd/9: it is not open for writing; nothing can be written there\n",
    ),
]
"""What a shell runs behind `cnngrad`, the exit code, and the beginning of stdout and stderr together."""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize(("line", "code", "said"), some((pytest.param(*each) for each in SHELL), 8))
def test_in_a_shell(line: str, code: int, said: str) -> None:
    program = f"{sys.executable} -m cnngrad"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {program} {line}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        check=False,
    )
    assert done.returncode == code
    assert done.stdout.decode()[: len(said) or None] == said


GONE = [
    ("check", "example:ties", "wrong.yaml"),
    ("check", "example:ties", "wrong.yaml", "-o", "/dev/stdout"),
    ("check", "example:ties", "wrong.yaml", "--format", "json", "-o", "/dev/fd/1"),
    ("audit", "example:ties", "--fail-under", "1"),
    ("--help",),
]


@pytest.mark.parametrize("args", some((pytest.param(each) for each in GONE), 4), ids=" ".join)
def test_in_a_pipe_without_a_reader(args: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "cnngrad", *args], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("unbuffered", some(["", "1"], 2))
def test_a_disk_that_fills_up_is_one_line(unbuffered: str, tmp_path: Path) -> None:
    """The limit of the shell on the size of a file stands for the disk: 1 block of 1,024 bytes is free.

    -B: bytecode would be cut off as well, and every later process would read it.
    """
    line = f"ulimit -f 1; {sys.executable} -B -m cnngrad run example:ties"
    for place, message in (
        ("> big", b"error: standard output: File too large; the result is not complete\n"),
        ("-o big", b"error: big: File too large; the file is as it was\n"),
    ):
        (tmp_path / "big").write_text("")
        done = subprocess.run(
            ["bash", "-c", f"{line} {place}"],
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
        assert (done.returncode, done.stderr) == (2, message)
    assert sorted(os.listdir(tmp_path)) == ["big", "right.yaml", "wrong.yaml"]


def test_a_pipe_that_does_not_wait_gets_everything(tmp_path: Path) -> None:
    """What another program has set to non-blocking says that it is full instead of waiting."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    (tmp_path / "large.yaml").write_text(f"{{op: pool, window: 1, input: {[list(range(1000, 1100))] * 100}}}")
    command = [sys.executable, "-m", "cnngrad", "run", "large.yaml", "--trace", "none", "--format", "json"]
    with subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE) as running, os.fdopen(read, "rb") as reader:
        os.close(write)
        out = reader.read()
        assert running.stderr is not None
        assert running.stderr.read() == b""
    assert running.returncode == 0
    assert out.decode() == cnngrad(*command[3:]).out
    assert len(out) > 2**16
