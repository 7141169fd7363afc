"""SIGINT and SIGTERM end the program with 130, whenever they come, and leave no half-written file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("signals of POSIX", allow_module_level=True)

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def _heard() -> None:
    """What runs in the background ignores SIGINT, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_standard_input_is_read(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "cnngrad", "run", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, preexec_fn=_heard) as running:
        assert running.stdin is not None
        running.stdin.write(b"#" * 2**20)  # more than a pipe holds: it is written once the program reads
        running.stdin.flush()
        running.send_signal(number)
        out, err = running.communicate()
    assert (running.returncode, out, err) == (130, b"", b"interrupted\n")


DRIVER = """
import json, os, runpy, signal, sys

class Count:
    # the package and __main__ itself are found before their first line can run
    before = ("cnngrad", "cnngrad.__main__")

    def __init__(self, moment, number):
        self.left, self.number = moment, number

    def find_spec(self, name, path=None, target=None):
        if name not in self.before:
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(self.number)

def run(moment, number):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.meta_path.insert(0, Count(moment, number))
    runpy.run_module("cnngrad", run_name="__main__", alter_sys=True)

def outcome(moment, number):
    out, err = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(out[1], 1)
        os.dup2(err[1], 2)
        run(moment, number)
        os._exit(99)
    os.close(out[1]), os.close(err[1])
    said = [os.fdopen(end, "rb").read().decode() for end in (out[0], err[0])]
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), *said]

sys.argv = ["cnngrad", "run", "example:ties", "--format", "json"]
moments, numbers = json.loads(os.environ["MOMENTS"])
print(json.dumps([[moment, number, *outcome(moment, number)] for moment in moments for number in numbers]))
"""


def test_a_signal_at_any_import() -> None:
    """Each of many processes sends itself the signal at another of its imports."""
    moments = json.dumps([[1, 2, 3, 4, 6, 10, 20, 40, 80, 120, 160], [*map(int, SIGNALS)]])
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], env={**os.environ, "MOMENTS": moments}, capture_output=True, check=True
    )
    for moment, number, *outcome in json.loads(done.stdout):
        assert outcome == [130, "", "interrupted\n"], (moment, number)


INTERRUPTED_WRITE = """
import os, signal, sys
sys.argv = ["cnngrad", "run", "example:ties", "-o", sys.argv[1]]
signal.signal(signal.SIGINT, signal.default_int_handler)
os.fsync = lambda descriptor: signal.raise_signal(int(os.environ["NUMBER"]))
from cnngrad.__main__ import main
main()
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_during_writing_leaves_the_old_file_alone(number: signal.Signals, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    command = [sys.executable, "-c", INTERRUPTED_WRITE, str(target)]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "NUMBER": str(int(number))}, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")
    assert (os.listdir(tmp_path), target.read_text()) == (["out"], "old")


def test_a_signal_that_is_ignored_from_the_start_stays_ignored() -> None:
    def deaf() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    command = [sys.executable, "-m", "cnngrad", "run", "-", "--format", "json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, preexec_fn=deaf) as running:
        assert running.stdin is not None
        running.stdin.write(b"#" * 2**20)
        running.stdin.flush()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(b"\n{op: conv, input: [2], kernel: [3]}\n")
    assert (running.returncode, err) == (0, b"")
    assert json.loads(out)["results"] == {"Z": [6.0]}


def test_an_embedding_process_gets_its_keyboard_interrupt_as_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commands import cnngrad

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    done = cnngrad("run", "example:ties", "-o", tmp_path / "out")
    assert (done.code, done.out, done.err.strip()) == (130, "", "interrupted")
    assert os.listdir(tmp_path) == []
