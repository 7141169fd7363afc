"""kill -9 at any moment: every file is the old one, the new one, or one that --resume goes on with."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from commands import HANG, ROOT, cnngrad
from serial import serial

if sys.platform == "win32":
    pytest.skip("signals of POSIX", allow_module_level=True)

LINES = 60
KILLED = """
import os, signal, sys
call, when, left = sys.argv.pop(1), sys.argv.pop(1), int(sys.argv.pop(1))
import cnngrad.batch.pool
from serial import serial
cnngrad.batch.pool.outcomes = serial
real = getattr(os, call)

def end():
    os.kill(os.getpid(), signal.SIGKILL)

def counted(*arguments):
    # so many bytes are written, or this is the call of this number: the process is gone in its midst
    global left
    if call == "write" and arguments[0] < 3:
        return real(*arguments)
    left -= len(arguments[1]) if call == "write" else 1
    if left < 0:
        if when == "midst":
            real(arguments[0], arguments[1][:left])
        elif when == "behind":
            real(*arguments)
        end()
    return real(*arguments)

setattr(os, call, counted)
from cnngrad.__main__ import main
main()
"""


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty specs, every seventh of which is wrong; no workers in this process."""
    monkeypatch.chdir(tmp_path)
    kernels = ("[1]" if number % 7 else "[[1]]" for number in range(LINES))
    specs = (f'{{"op": "conv", "input": [{n}, 2], "kernel": {kernel}}}\n' for n, kernel in enumerate(kernels))
    Path("many.jsonl").write_text("".join(specs))
    monkeypatch.setattr("cnngrad.batch.pool.outcomes", serial)


def _whole(output: str) -> bytes:
    """What a run that nobody kills writes."""
    assert cnngrad("batch", "many.jsonl", "-o", output).code == 1
    data = Path(output).read_bytes()
    Path(output).unlink()
    return data


def _killed(call: str, when: str, left: int, output: str, run: Sequence[str] = ("batch", "many.jsonl")) -> None:
    """A run that ends itself at this moment."""
    command = [sys.executable, "-c", KILLED, call, when, str(left), *run, "-o", output]
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    done = subprocess.run(command, capture_output=True, timeout=HANG, env={**os.environ, "PYTHONPATH": path})
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGKILL, b"", b"")


def _resumes(output: str, whole: bytes) -> None:
    """Going on gives the file of a run in one piece."""
    done = cnngrad("batch", "many.jsonl", "-o", output, "--resume")
    assert (done.code, Path(output).read_bytes()) == (1, whole)


SHARES = random.Random(12).sample(range(1, 1000), 20)
"""At which thousandths of the file a run is killed."""


@pytest.mark.parametrize(
    "share", [pytest.param(share, marks=pytest.mark.slow if i > 1 else ()) for i, share in enumerate(SHARES)]
)
def test_a_run_that_is_killed_in_the_midst_of_a_line_is_resumed(share: int) -> None:
    whole = _whole("o.jsonl")
    bytes_written = len(whole) * share // 1000
    _killed("write", "midst", bytes_written, "o.jsonl")
    assert Path("o.jsonl").read_bytes() == whole[:bytes_written]
    _resumes("o.jsonl", whole)


@pytest.mark.slow
@pytest.mark.parametrize("call", ["open", "ftruncate", "lseek", "fsync", "close"])
@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_run_that_is_killed_at_another_call_is_resumed(call: str, when: str) -> None:
    whole = _whole("o.jsonl")
    _killed(call, when, 0, "o.jsonl")
    _resumes("o.jsonl", whole)


@pytest.mark.parametrize(
    ("call", "when"),
    [
        ("replace", "before"),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in (("replace", "behind"), ("fsync", "before"))),
    ],
)
@pytest.mark.parametrize("output", ["o.csv", pytest.param("o.html", marks=pytest.mark.slow)])
def test_a_file_that_is_written_whole_is_old_or_new(call: str, when: str, output: str) -> None:
    whole = _whole(output)
    Path(output).write_text("old")
    _killed(call, when, 0, output)
    assert Path(output).read_bytes() == (whole if when == "behind" else b"old")


GRADE = ("grade", "hw3.yaml", "subs", "--feedback", "feedback")


@pytest.mark.parametrize(
    ("call", "when", "left"),
    [
        ("replace", "behind", 3),
        *(pytest.param("replace", "before", left, marks=pytest.mark.slow) for left in range(0, 12, 2)),
        *(pytest.param("write", "midst", 450 * left + 7, marks=pytest.mark.slow) for left in range(12)),
        pytest.param("fsync", "before", 5, marks=pytest.mark.slow),
    ],
)
def test_a_class_that_is_killed_is_resumed_and_no_feedback_is_lost(call: str, when: str, left: int) -> None:
    Path("hw3.yaml").write_text("op: conv\ninput: [1, 2]\nkernel: [3]\ndelta: [5, 7]\nask: [dW]\n")
    Path("subs").mkdir()
    for number in range(12):  # dW = 1*5 + 2*7 = 19
        Path(f"subs/s{number:02}.yaml").write_text(f"dW: {19 if number % 3 else number}\n")
    assert cnngrad(*GRADE, "-o", "o.jsonl").code == 1
    whole = Path("o.jsonl").read_bytes()
    told = {path.name: path.read_bytes() for path in Path("feedback").iterdir()}
    for path in (Path("o.jsonl"), *Path("feedback").iterdir()):
        path.unlink()
    _killed(call, when, left, "o.jsonl", GRADE)
    rows = [json.loads(line) for line in Path("o.jsonl").read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    assert len(rows) < 12
    names = [f"{row['student']}.txt" for row in rows]
    assert all(Path("feedback", name).read_bytes() == told[name] for name in names)
    assert cnngrad(*GRADE, "-o", "o.jsonl", "--resume").code == 1
    assert Path("o.jsonl").read_bytes() == whole
    left_over = {path.name: path.read_bytes() for path in Path("feedback").iterdir() if path.name[0] != "."}
    assert left_over == told


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_runs_with_workers_that_end_at_twenty_moments_are_resumed(number: signal.Signals) -> None:
    """Each is ended from outside when its file has grown to a size."""
    Path("many.jsonl").write_text(Path("many.jsonl").read_text() * 20)
    whole = _whole("o.jsonl")
    for share in sorted(SHARES):
        Path("o.jsonl").unlink(missing_ok=True)
        command = [sys.executable, "-m", "cnngrad", "batch", "many.jsonl", "-o", "o.jsonl", "--jobs", "2"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=_heard) as running:
            while running.poll() is None and _size("o.jsonl") < len(whole) * share / 1000:
                pass
            running.send_signal(number)
            _, err = running.communicate(timeout=HANG)
        left = Path("o.jsonl").read_bytes()
        assert whole.startswith(left)
        if number != signal.SIGKILL and running.returncode != 1:
            assert running.returncode == 130
            assert left.endswith(b"\n")
            done = left.count(b"\n")
            assert err.decode() == f"interrupted after {done:,} of 1,200 items; go on with --resume\n"
        _resumes("o.jsonl", whole)


def _heard() -> None:
    """What runs in the background ignores SIGINT, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _size(name: str) -> int:
    return os.path.getsize(name) if os.path.exists(name) else -1
