"""The same items on a real Dask cluster: a scheduler and two workers on this machine, one of which is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from batch import dangerous
from commands import HANG, ROOT, process

from cnngrad import grade, run_many
from cnngrad.batch.cluster.chunks import MOST_ITEMS, Pace
from cnngrad.errors import CnngradError

SPEC = "op: conv\ninput: [[1, 2], [3, {}]]\nkernel: [[1, 1], [1, 1]]\ndelta: 2\n"


def test_chunks_grow_to_a_second_and_shrink_at_once() -> None:
    pace = Pace()
    sizes = [pace.size]
    for seconds in (0.04, 0.16, 0.64):  # 4, 16, 64 items of 0.01 s: 100 items a second, each step at most 4 times
        pace.measured(sizes[-1], seconds)
        sizes.append(pace.size)
    assert sizes == [4, 16, 64, 100]
    pace.measured(4, 0.001)  # sent long ago: says little of how large a chunk may be
    assert pace.size == 100
    pace.measured(100, 400.0)  # 4 s each
    assert pace.size == 1
    for _ in range(20):
        pace.measured(pace.size, 0.0)
    assert pace.size == MOST_ITEMS


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--scheduler", "here"], "--scheduler: 'here' is no address; write tcp://HOST:PORT or tls://HOST:PORT"),
        (
            ["--scheduler", "tcp://h:1", "--scheduler-file", "f"],
            "--scheduler: is given beside --scheduler-file; give one of them",
        ),
        (["--scheduler-file", "none.json"], "--scheduler-file: 'none.json' cannot be read: No such file or directory"),
        (["--scheduler-file", "s.json"], "--scheduler-file: 's.json' has no address; let a Dask scheduler write it"),
        (
            ["--scheduler", "tcp://h:1", "--jobs", "2"],
            "--jobs: counts workers of this machine; leave it out, the cluster has its own",
        ),
    ],
)
def test_what_names_no_cluster_is_said_before_a_file_is_touched(
    options: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commands import cnngrad

    monkeypatch.chdir(tmp_path)
    Path("s.json").write_text("[]")
    Path("o.jsonl").write_text("kept")
    outcome = cnngrad("batch", "example:ties", "-o", "o.jsonl", *options)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: {says}\n")
    assert Path("o.jsonl").read_text() == "kept"


@dataclass
class Member:
    """A scheduler or a worker; its log is read, so that it never waits for a reader."""

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

    def end(self) -> None:
        """Kill it, and read what it said last."""
        self.process.kill()
        self.process.wait(HANG)
        self.reader.join(HANG)
        assert self.process.stderr is not None
        self.process.stderr.close()


def _member(words: str, *arguments: str | Path, **env: str) -> Member:
    """A process of Dask whose log has said these words."""
    command = [sys.executable, "-m", "dask", *map(str, arguments), "--host", "127.0.0.1", "--no-dashboard"]
    around = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [env.pop("path", ""), str(ROOT), str(ROOT / "tests")])),
        **env,
    }
    member = Member(subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=around))
    member.address = member.wait_for(words).rpartition(" ")[2].strip()
    return member


@contextmanager
def _ended(*members: Member) -> Iterator[None]:
    try:
        yield
    finally:
        for member in members:
            member.end()


def _worker(folder: Path, address: str, **env: str) -> Member:
    # Without a nanny no second process takes the place of one that is killed.
    arguments = ("worker", address, "--no-nanny", "--nthreads", "1", "--local-directory", folder)
    return _member("Registered to:", *arguments, **env)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Member]:
    """A scheduler without workers, which wrote its address into s.json."""
    pytest.importorskip("distributed")
    found = _member("Scheduler at:", "scheduler", "--port", "0", "--scheduler-file", tmp_path / "s.json")
    with _ended(found):
        yield found


@pytest.fixture
def workers(scheduler: Member, tmp_path: Path) -> Iterator[list[Member]]:
    """Two workers with one thread each."""
    found = [_worker(tmp_path, scheduler.address) for _ in range(2)]
    with _ended(*found):
        yield found


def _specs(folder: Path, count: int) -> Path:
    path = folder / "specs.jsonl"
    rows = ({"op": "conv", "input": [[1, 2], [3, i]], "kernel": [[1, i % 7]], "delta": 2} for i in range(count))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.slow
def test_a_worker_that_is_killed_midway_costs_nothing(scheduler: Member, workers: list[Member], tmp_path: Path) -> None:
    specs = _specs(tmp_path, 2000)
    command = [sys.executable, "-m", "cnngrad", "batch", str(specs), "--scheduler", scheduler.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as running:
        assert running.stdout is not None
        first = [running.stdout.readline() for _ in range(300)]
        workers[0].process.kill()
        rest = running.stdout.read()
        assert running.stderr is not None
        said = running.stderr.read()
    alone = process("batch", specs, "--jobs", "2", cwd=ROOT)
    assert (running.returncode, said) == (0, "2,000 items: 2,000 computed, 0 failed\n")
    assert "".join(first) + rest == alone.out


@pytest.mark.slow
def test_what_a_spec_names_is_sent_along(
    scheduler: Member, workers: list[Member], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers stand in another folder, where these paths mean nothing."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    np.save("in/a.npy", np.arange(4.0).reshape(2, 2))
    Path("in/1.yaml").write_text(SPEC.format(4))
    Path("in/2.yaml").write_text(SPEC.format(4).replace("[[1, 2], [3, 4]]", "{file: a.npy}"))
    Path("in/3.yaml").write_text(SPEC.format(4).replace("[[1, 2], [3, 4]]", "{file: none.npy}"))
    Path("in/4.yaml").write_text(SPEC.format("x"))
    env = {"PYTHONPATH": str(ROOT)}
    there = process("batch", "in", "--scheduler-file", "s.json", env=env)
    here = process("batch", "in", env=env)
    # 0 + 1 + 2 + 3
    assert [json.loads(line).get("results", {}).get("Z") for line in there.out.splitlines()] == [
        [[10]],
        [[6]],
        None,
        None,
    ]
    assert there == here

    Path("handed").mkdir()
    np.save("handed/z.npy", np.array([[10.0]]))
    Path("handed/ann.yaml").write_text("Z: [[10]]\ndA: {file: none.npy}")
    Path("handed/bob.yaml").write_text("Z: {file: z.npy}")  # which is handed in by itself too, without a name
    rows = list(grade("in/1.yaml", "handed", require="Z,dA", scheduler=scheduler.address))
    assert [row["answers"]["Z"]["verdict"] for row in rows] == ["right", "right", "missing"]
    assert rows == list(grade("in/1.yaml", "handed", require="Z,dA"))


@pytest.mark.slow
def test_what_crashes_hangs_or_eats_memory_is_named_as_on_one_machine(scheduler: Member, workers: list[Member]) -> None:
    items = [*range(40), "segfault", *range(40), "hang", "allocate", *range(15)]
    there = list(run_many(items, work=dangerous.act, timeout=5, memory="256MiB", scheduler=scheduler.address))
    assert there == list(run_many(items, work=dangerous.act, timeout=5, memory="256MiB", jobs=2))
    assert [items[i] for i, value in enumerate(there) if isinstance(value, dict)] == ["segfault", "hang", "allocate"]


@pytest.mark.slow
def test_a_worker_with_another_version_is_refused(scheduler: Member, workers: list[Member], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import cnngrad\ncnngrad.__version__ = '0.0.1'\n")
    with _ended(_worker(tmp_path, scheduler.address, path=str(tmp_path))):
        outcome = process("batch", "example:ties", "--scheduler", scheduler.address, cwd=ROOT)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: --scheduler: tcp://127.0.0.1:")
    assert outcome.err.endswith(" has cnngrad 0.0.1, this program cnngrad 0.1.0; install the same version everywhere\n")


@pytest.mark.slow
def test_a_scheduler_that_is_lost_is_one_line_and_the_rest_is_computed_by_resuming(
    scheduler: Member, workers: list[Member], tmp_path: Path
) -> None:
    specs = _specs(tmp_path, 2000)
    given = (line for line in specs.read_text().splitlines())
    there = run_many(map(json.loads, given), scheduler=scheduler.address)
    next(there)
    scheduler.process.kill()
    with pytest.raises(CnngradError, match="the scheduler ended or cannot be reached any more; start it and run again"):
        list(there)
    outcome = process("batch", specs, "--scheduler", scheduler.address, cwd=ROOT)
    says = f"{scheduler.address} gives no answer within 8 s; check the address, and that a Dask scheduler runs there"
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: --scheduler: {says}\n")
