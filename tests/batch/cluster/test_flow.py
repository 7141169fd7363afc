"""The same items on a real Dask cluster: a scheduler and two workers on this machine, some of which are lost."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batch import dangerous
from batch.cluster import members
from batch.cluster.members import Member
from commands import ROOT, process

from cnngrad import grade, run_many
from cnngrad.errors import CnngradError

SPEC = "op: conv\ninput: [[1, 2], [3, {}]]\nkernel: [[1, 1], [1, 1]]\ndelta: 2\n"


def _specs(folder: Path, count: int) -> Path:
    path = folder / "specs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _rows(count)))
    return path


def _rows(count: int) -> Iterator[dict[str, Any]]:
    return ({"op": "conv", "input": [[1, 2], [3, i]], "kernel": [[1, i % 7]], "delta": 2} for i in range(count))


@pytest.mark.slow
def test_a_worker_that_is_killed_midway_costs_nothing(scheduler: Member, workers: list[Member], tmp_path: Path) -> None:
    specs = _specs(tmp_path, 800)
    with members.running("batch", specs, "--scheduler", scheduler.address) as run:
        assert run.stdout is not None
        first = "".join(run.stdout.readline() for _ in range(300))
        workers[0].process.kill()
        rest = members.outcome(run)
    alone = process("batch", specs, "--jobs", "2")
    assert (rest.code, rest.err) == (0, "800 items: 800 computed, 0 failed\n")
    assert first + rest.out == alone.out


@pytest.mark.slow
def test_all_workers_may_be_lost_where_another_one_joins(
    scheduler: Member, workers: list[Member], tmp_path: Path
) -> None:
    specs = _specs(tmp_path, 800)
    with members.running("batch", specs, "--scheduler", scheduler.address) as run:
        assert run.stdout is not None
        first = "".join(run.stdout.readline() for _ in range(300))
        for worker in workers:
            worker.process.kill()
        with members.worker(scheduler.address, tmp_path):
            rest = members.outcome(run)
    alone = process("batch", specs, "--jobs", "2")
    assert (rest.code, rest.err) == (0, "800 items: 800 computed, 0 failed\n")
    assert first + rest.out == alone.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("site", "has"),
    [("import cnngrad\ncnngrad.__version__ = '0.0.1'\n", "cnngrad 0.0.1"), (members.WITHOUT_CNNGRAD, "no cnngrad")],
)
def test_a_worker_that_joins_late_with_another_version_computes_nothing(
    site: str, has: str, scheduler: Member, workers: list[Member], tmp_path: Path
) -> None:
    """The run ends when that worker is given a chunk, and is resumed on one machine."""
    (tmp_path / "sitecustomize.py").write_text(site)
    items = _rows(100_000)
    found = run_many(items, scheduler=scheduler.address)
    rows = [next(found) for _ in range(100)]
    with (
        members.worker(scheduler.address, tmp_path, {"path": str(tmp_path)}),
        pytest.raises(
            CnngradError, match=f" has {has}, this program cnngrad 0.1.0; install the same version everywher"
        ),
    ):
        rows.extend(found)
    assert [row["source"] for row in rows] == [f"items[{n}]" for n in range(len(rows))]


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
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_whole_lines_and_nothing_to_compute(
    number: signal.Signals, scheduler: Member, workers: list[Member], tmp_path: Path
) -> None:
    specs = _specs(tmp_path, 500).read_text()
    with members.running("batch", "-", "--scheduler", scheduler.address) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdin.write(specs)  # and more is to come
        run.stdin.flush()
        first = run.stdout.readline()
        run.send_signal(number)
        rest = members.outcome(run)
    lines = (first + rest.out).splitlines(keepends=True)
    assert rest.code == 130
    assert rest.err == f"interrupted after {len(lines)} items\n"
    assert lines == process("batch", "-", stdin=specs).out.splitlines(keepends=True)[: len(lines)]
    with pytest.importorskip("distributed").Client(scheduler.address, set_as_default=False) as client:
        while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
            pass  # cancelled tasks go soon


@pytest.mark.slow
def test_a_scheduler_that_is_lost_is_one_line_and_the_rest_is_computed_by_resuming(
    scheduler: Member, workers: list[Member], tmp_path: Path
) -> None:
    specs, output = _specs(tmp_path, 800), tmp_path / "o.jsonl"
    with members.running("batch", specs, "--scheduler", scheduler.address) as run:
        assert run.stdout is not None
        first = run.stdout.readline()
        scheduler.process.kill()
        lost = members.outcome(run)
    output.write_text(first + lost.out)
    says = f"{scheduler.address} is lost: the scheduler ended or cannot be reached any more; start it and run again"
    assert (lost.code, lost.err) == (2, f"error: --scheduler: {says}\n")
    gone = process("batch", specs, "--scheduler", scheduler.address)
    says = f"{scheduler.address} gives no answer within 8 s; check the address, and that a Dask scheduler runs there"
    assert (gone.code, gone.out, gone.err) == (2, "", f"error: --scheduler: {says}\n")
    assert process("batch", specs, "-o", output, "--resume").code == 0
    assert output.read_text() == process("batch", specs).out


@pytest.mark.slow
def test_items_are_taken_a_bounded_way_ahead(scheduler: Member, workers: list[Member]) -> None:
    taken = 0

    def items() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(200):
            taken += 1
            yield bytes(2**20)

    ahead = []
    for given, _ in enumerate(run_many(items(), work=dangerous.size, scheduler=scheduler.address), 1):
        ahead.append(taken - given)
    assert len(ahead) == 200
    assert max(ahead) < 40  # 6 chunks of 4 MiB, and one that is cut
