"""Workers, and everything that may happen to one of them: it costs the item in flight alone."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from batch import dangerous
from commands import ROOT

from cnngrad import CnngradError
from cnngrad.batch import pool
from cnngrad.batch.pool import Bounds, outcomes
from cnngrad.batch.process import start
from cnngrad.batch.queue import AHEAD, Queue
from cnngrad.batch.setup import setup_of

MIB = 2**20
ALONE = "leave it out, or run it alone to see why"


PROGRAM = """
import sys
from batch import dangerous
from cnngrad.batch.pool import Bounds, outcomes
work, item, out = sys.argv[1:]
for done in outcomes([item], getattr(dangerous, work), Bounds(jobs=1)):
    open(out, "w").write(done.value)
"""


@pytest.fixture(autouse=True)
def _nothing_left_open() -> Iterator[None]:
    """After each test there are no more children and open files than before."""
    before = _children(), os.listdir("/proc/self/fd")
    yield
    assert (_children(), os.listdir("/proc/self/fd")) == before


def _children() -> str:
    """The processes that this one has started, zombies too."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def _said(items: list[Any], bounds: Bounds, work: Callable[[Any], Any] = dangerous.act) -> list[Any]:
    """The values of the items, and the message of each that has none."""
    return [done.problem.message if done.problem else done.value for done in outcomes(items, work, bounds)]


def test_results_come_in_the_order_of_the_items() -> None:
    given = list(outcomes(range(200), dangerous.double, Bounds(jobs=2)))
    assert [(done.item, done.value) for done in given] == [(item, 2 * item) for item in range(200)]


def test_a_lost_worker_costs_the_item_in_flight_alone() -> None:
    lost = {
        "segfault": f"ended its process (segmentation fault); {ALONE}",
        "exit": f"ended its process (exit code 3); {ALONE}",
        "abort": f"ended its process (aborted); {ALONE}",
        "kill": f"ended its process (killed); {ALONE}",
        "garbage": f"broke the connection to its process; {ALONE}",
        "forge": f"broke the connection to its process; {ALONE}",
    }
    items = [part for name in lost for part in (1, 2, name, 3)]
    expected = [part for message in lost.values() for part in (1, 2, message, 3)]
    assert _said(items, Bounds(jobs=2)) == expected


def test_a_worker_goes_on_after_what_python_can_catch() -> None:
    said = {
        "print": "quiet",
        "read": "",
        "raise": "TypeError: of no type",
        "sys_exit": "SystemExit: 4",
        "unsendable": "its result cannot be sent back: lock has no pickle; return plain Python values",
        "one_way": "its result cannot be read (OSError); return plain Python values",
        "refuse": "is refused",
    }
    one, *answers, other = _said(["worker", *said, "worker"], Bounds(jobs=1))
    assert answers == list(said.values())
    assert one == other


def test_items_that_no_pickle_brings_over() -> None:
    assert _said([lambda: 1, dangerous.OneWay(), 2], Bounds(jobs=1)) == [
        "cannot be sent to a worker process: function has no pickle; give plain Python values",
        "cannot be read by a worker process (OSError); give plain Python values",
        2,
    ]


@pytest.mark.slow
def test_whatever_a_worker_hangs_in_it_is_ended_with_all_that_it_started() -> None:
    says = "took longer than 1 s; give it more time with timeout=2"
    items = ["stop", 1, "child", 2, "hang", 3]
    assert _said(items, Bounds(jobs=1, timeout=1)) == [says, 1, says, 2, says, 3]
    assert _said(["close", 3], Bounds(jobs=1)) == [f"broke the connection to its process; {ALONE}", 3]


def test_an_item_that_eats_memory_is_named() -> None:
    says = "needs more memory than 128 MiB; raise it with memory='256MiB'"
    assert _said([1, "allocate", 2], Bounds(jobs=1, memory=128 * MIB)) == [1, says, 2]


def test_what_earlier_items_left_in_memory_is_no_fault_of_the_next() -> None:
    # 8 * 20 MiB are more than 128 MiB: a new worker does what the first one has no more room for
    assert _said(["keep"] * 8, Bounds(jobs=1, memory=128 * MIB)) == [1] * 8


def test_items_and_results_larger_than_a_pipe() -> None:
    """Each side reads while the other one writes."""
    items = [letter * 2_000_000 for letter in "abcdef"]
    assert _said(items, Bounds(jobs=2), dangerous.double) == [2 * item for item in items]


def test_a_program_that_was_stopped_ends_no_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock went on by a day at each look (Ctrl-Z, or a consumer that took a day)."""
    days = count(0, 86_400)
    monkeypatch.setattr("cnngrad.batch.pool.monotonic", lambda: float(next(days)))
    assert _said(["slowly", 2], Bounds(jobs=1, timeout=50)) == [1, 2]


def test_closed_streams_of_the_program_change_nothing(tmp_path: Path) -> None:
    command = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *_program("double", "ab", tmp_path / "out")]
    assert subprocess.run(command, env=_environment(), check=False).returncode == 0
    assert (tmp_path / "out").read_text() == "abab"


def _program(work: str, item: str | Path, out: Path = Path("/dev/null")) -> list[str]:
    """A command that does one item and writes its value."""
    return [sys.executable, "-c", PROGRAM, work, str(item), str(out)]


def _environment() -> dict[str, str]:
    """Where a program of ours finds the package and the work."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])}


@pytest.mark.slow
def test_every_item_may_crash() -> None:
    says = f"ended its process (segmentation fault); {ALONE}"
    assert _said(["segfault"] * 200, Bounds(jobs=2)) == [says] * 200


def test_items_are_taken_as_they_are_needed() -> None:
    taken = count()
    items = (next(taken) for _ in count())
    given = outcomes(items, dangerous.double, Bounds(jobs=1))
    assert [done.value for done in islice(given, 100)] == [2 * item for item in range(100)]
    given.close()
    assert next(taken) <= 100 + AHEAD


def test_items_that_come_slowly_are_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pool, "monotonic", lambda: now[0])

    def slow() -> Iterator[int]:
        for now[0] in (1.0, 2.0, 3.0):
            yield 0

    taken: list[Any] = []
    worker = SimpleNamespace(room=100, outbox=b"", take=lambda entry, clock: taken.append(entry.index))
    run = pool._Run(Queue(slow()), setup_of(dangerous.act, 2**30), Bounds(jobs=1), [worker])  # type: ignore[list-item]
    assert (run.supply(), taken, run.wait) == (True, [0], 0.1)
    assert (run.supply(), taken, run.wait) == (True, [0, 1], 0.1)
    run.selector.close()


def test_an_item_that_hangs_is_ended_and_holds_back_a_bounded_number_of_others() -> None:
    taken = count()
    items = ("hang_in_c" if (number := next(taken)) == 0 else number for _ in count())
    given = outcomes(items, dangerous.act, Bounds(jobs=2, timeout=1))
    problem = next(given).problem
    assert problem is not None
    assert problem.message == "took longer than 1 s; give it more time with timeout=2"
    assert next(given).value == 1
    given.close()
    assert next(taken) <= AHEAD + 2


def test_without_workers_the_items_are_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WORKERS", False)
    items = [1, "raise", "refuse", "worker"]
    assert _said(items, Bounds()) == [1, "TypeError: of no type", "is refused", os.getpid()]


def test_no_items_start_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "start", None)
    assert list(outcomes([], dangerous.double)) == []


def test_there_are_no_more_workers_than_items() -> None:
    given = outcomes(["worker"], dangerous.act, Bounds(jobs=8))
    assert len(_children().split()) == 0
    assert next(given).value
    assert len(_children().split()) == 1
    given.close()


def test_what_the_items_raise_comes_after_what_was_given_before() -> None:
    given = outcomes((10 // (3 - item) for item in range(9)), dangerous.double, Bounds(jobs=2))
    assert [next(given).value for _ in range(3)] == [6, 10, 20]  # 10 // 3, 10 // 2, 10 // 1
    with pytest.raises(ZeroDivisionError):
        next(given)


def test_an_exception_thrown_in_ends_the_workers() -> None:
    given = outcomes([1, "hang"], dangerous.act, Bounds(jobs=2))
    assert next(given).value == 1
    with pytest.raises(KeyboardInterrupt):
        given.throw(KeyboardInterrupt)


def test_no_worker_outlives_its_program(tmp_path: Path) -> None:
    """Killed without a word in the midst of an item that lets no other thread run."""
    os.mkfifo(tmp_path / "worker")
    with subprocess.Popen(_program("announce_and_hang", tmp_path / "worker"), env=_environment()) as program:
        worker = int((tmp_path / "worker").read_text())
        program.kill()
        assert _ends(worker)


def _ends(number: int) -> bool:
    """Whether a process ends within 30 seconds."""
    try:
        process = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([process], [], [], 30)
    os.close(process)
    return bool(ended)


def test_what_a_work_started_ends_with_its_worker(tmp_path: Path) -> None:
    """It holds the pipe, which therefore never comes to its end."""
    done = _said([str(tmp_path / "child")], Bounds(jobs=1), dangerous.leave_child)
    assert done == [f"ended its process (exit code 5); {ALONE}"]
    assert _ends(int((tmp_path / "child").read_text()))


def _module(name: str, file: Path | None, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with a function `same` that no import by name finds."""
    module = ModuleType(name)
    exec("def same(item): return item", module.__dict__)
    if file is not None:
        file.write_text("def same(item): return item")
        module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_work_is_found_by_the_file_of_its_module_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = partial(_module("of_a_file", tmp_path / "of_a_file.py", monkeypatch).same)
    assert _said([1, 2], Bounds(jobs=1), work) == [1, 2]


def _refused(work: Callable[[Any], Any], bounds: Bounds | None = None) -> str:
    with pytest.raises(CnngradError) as caught:
        list(outcomes([1], work, bounds))
    return str(caught.value)


def test_work_that_no_worker_can_import(monkeypatch: pytest.MonkeyPatch) -> None:
    says = "work: cannot be imported by its name; give a function that stands in a module by itself"
    assert _refused(lambda item: item) == says
    says = "work: cannot be imported by a worker process: ModuleNotFoundError: No module named 'nowhere'"
    assert _refused(_module("nowhere", None, monkeypatch).same) == says
    monkeypatch.setattr(dangerous.double, "__module__", "__main__")
    says = "is defined in the program that was started, where no worker can import it; put it into a module"
    assert _refused(dangerous.double) == f"work: {says}"


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        (Bounds(jobs=0), "jobs: is 0; it must be at least 1"),
        (Bounds(timeout=0), "timeout: is 0 s; it must be more than 0"),
        (Bounds(timeout=float("nan")), "timeout: is nan s; it must be more than 0"),
        (Bounds(memory=10**6), "memory: 1 MB is too little for a worker; give 64 MiB or more"),
    ],
)
def test_bounds_under_which_nothing_can_be_done(bounds: Bounds, says: str) -> None:
    assert _refused(dangerous.double, bounds) == says


def test_no_worker_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    says = "no worker process can start (exit code 1); see what /bin/false -c 'import cnngrad' says"
    assert _refused(dangerous.double) == says
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert _refused(dangerous.double) == "a worker process cannot start: No such file or directory"


def test_an_interrupt_in_the_midst_of_looking_at_a_worker_lets_it_end() -> None:
    """A handler that raises behind Popen's `acquire` leaves its lock taken."""
    worker = start(setup_of(len, 2**30), 0.0)
    worker.process._waitpid_lock.acquire()  # type: ignore[attr-defined]
    assert worker.code() is None
    assert worker.end() is None
    assert worker.code() == -signal.SIGKILL
