"""Schedulers and workers of Dask as processes of this machine, and runs on them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

from commands import HANG, ROOT, Outcome

WITHOUT_CNNGRAD = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "cnngrad":
            raise ModuleNotFoundError("No module named 'cnngrad'")
sys.meta_path.insert(0, Finder())
"""
"""A sitecustomize.py: a Python in which cnngrad is not installed."""


@dataclass
class Member:
    """A scheduler or a worker, ended with the context; its log is read, so that it never waits for a reader."""

    process: subprocess.Popen[str]
    address: str = ""
    log: list[str] = field(default_factory=list)
    reader: Thread = field(default_factory=Thread)

    def wait_for(self, words: str) -> str:
        """The first line of the log that has these words."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if words in line:
                self.reader = Thread(target=self.log.extend, args=(self.process.stderr,), daemon=True)
                self.reader.start()
                return line
        raise AssertionError("".join(self.log))

    def __enter__(self) -> Member:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(HANG)
        if self.reader.is_alive():
            self.reader.join(HANG)
        assert self.process.stderr is not None
        self.process.stderr.close()


def scheduler(file: Path, env: Mapping[str, str] | None = None) -> Member:
    """A scheduler without workers, which wrote its address into this file."""
    return _member("Scheduler at:", ("scheduler", "--port", "0", "--scheduler-file", file), env or {})


def worker(address: str, folder: Path, env: Mapping[str, str] | None = None) -> Member:
    """A worker with one thread. Without a nanny no second process takes the place of one that is killed."""
    arguments = ("worker", address, "--no-nanny", "--nthreads", "1", "--local-directory", folder)
    return _member("Registered to:", arguments, env or {}, folder)


def _member(words: str, arguments: Iterable[str | Path], env: Mapping[str, str], folder: Path | None = None) -> Member:
    """A process of Dask whose log has said these words. `path` in `env` is where it looks for modules first."""
    command = [sys.executable, "-m", "dask", *map(str, arguments), "--host", "127.0.0.1", "--no-dashboard"]
    path = os.pathsep.join(filter(None, [env.get("path"), str(ROOT), str(ROOT / "tests")]))
    around = {**os.environ, **env, "PYTHONPATH": path}
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=around, cwd=folder
    )
    member = Member(process)
    try:
        member.address = member.wait_for(words).rpartition(" ")[2].strip()
    except BaseException:
        member.__exit__(None, None, None)
        raise
    return member


@contextmanager
def running(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own, killed at the end of the context."""
    command = [sys.executable, "-m", "cnngrad", *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def outcome(process: subprocess.Popen[str]) -> Outcome:
    """What is left of a command when it has ended by itself."""
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = process.stdout.read(), process.stderr.read()
    return Outcome(process.wait(), out, err)


@contextmanager
def bounded() -> Iterator[None]:
    """Within this context a wait for what never comes ends with an error."""
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _give_up(number: int, frame: Any) -> None:
    raise TimeoutError("the cluster hangs")
