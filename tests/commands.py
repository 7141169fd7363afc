"""Running the command line in tests: in this process where that serves, as a real process where it must be one."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from cnngrad.cli.main import invoke
from cnngrad.examples import example_names, example_path

ROOT = Path(__file__).parent.parent
HANG = 600
"""Seconds after which a process is killed so that the tests end; no test is about them."""


def some(cases: Iterable[Any], of: int = 3) -> list[Any]:
    """The cases as parameters, all but one of `of` slow: what takes its time runs whole with `-m slow` too."""
    params = [case if isinstance(case, type(pytest.param())) else pytest.param(case) for case in cases]
    return [
        pytest.param(*each.values, id=each.id, marks=[*each.marks, *([pytest.mark.slow] if i % of else [])])
        for i, each in enumerate(params)
    ]


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


def cnngrad(*args: str | Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Run a command in this process; stdout is no terminal."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch.dict(os.environ, env or {}):
        code = invoke([str(arg) for arg in args])
    return Outcome(int(code), out.getvalue(), err.getvalue())


def process(
    *args: str | Path, stdin: str | bytes = "", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Outcome:
    """Run a command as a process of its own, piped."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    command = [sys.executable, "-m", "cnngrad", *map(str, args)]
    done = subprocess.run(
        command, input=data, capture_output=True, env={**os.environ, **(env or {})}, cwd=cwd, timeout=HANG, check=False
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def bounded(code: str, *args: str | Path, seconds: int = 30) -> tuple[Outcome, float]:
    """Run Python `code` as a process that the system kills after `seconds` of work, and its peak of megabytes.

    Seconds of processor time: a hang ends, and a busy machine changes nothing.
    """
    command = [sys.executable, "-c", _MEASURED.format(seconds=seconds) + code, *map(str, args)]
    done = subprocess.run(command, capture_output=True, timeout=HANG, check=False)
    *lines, peak = done.stderr.decode().splitlines(keepends=True) or ["the process wrote nothing"]
    assert peak.startswith("peak "), (done.returncode, done.stderr)  # killed, that is: a hang
    return Outcome(done.returncode, done.stdout.decode(), "".join(lines)), int(peak.split()[1]) / 1024


_MEASURED = """
import atexit, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print("peak", line.split()[1], file=sys.stderr)
atexit.register(peak)
"""


def terminal(*args: str | Path, columns: int, env: Mapping[str, str] | None = None) -> str:
    """What a command run in this process shows on a terminal of `columns` columns, stdout and stderr together."""
    import fcntl
    import pty
    import struct
    import termios

    screen, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    around = {"TERM": "xterm-256color", "COLUMNS": str(columns), **(env or {})}
    with ThreadPoolExecutor(1) as reader:
        shown = reader.submit(_read, screen)
        with (
            open(side, "w", encoding="utf-8") as tty,
            patch.dict(os.environ, around),
            redirect_stdout(tty),
            redirect_stderr(tty),
        ):
            invoke([str(arg) for arg in args])
        text = shown.result().decode()
    os.close(screen)
    return text.replace("\r\n", "\n")


def _read(screen: int) -> bytes:
    shown = b""
    with suppress(OSError):  # the other end closed
        while chunk := os.read(screen, 65536):
            shown += chunk
    return shown


def layer_examples() -> list[str]:
    """The built-in specs of a single layer with numbers."""
    texts = {name: example_path(name).read_text() for name in example_names()}
    layers = (name for name, text in texts.items() if re.search("^op: (conv|pool)$", text, re.M))
    return [name for name in layers if "numbers: symbolic" not in texts[name]]
