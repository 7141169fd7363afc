"""cnngrad batch: a line for every item, in order, whatever happens to one of them."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from commands import ROOT, Outcome, bounded, cnngrad, process, terminal
from serial import serial

from cnngrad.cli.main import invoke

CONV = '{"op": "conv", "input": [1, 2, 3], "kernel": [1, 1]}'
"""Z is 1 + 2 = 3 and 2 + 3 = 5."""
WIDE = '{"op": "conv", "input": [1], "kernel": [1, 1]}'
"""The kernel begins in column 15 + 14 + 10 + 1 = 40."""
TOO_WIDE = "spans 2 cells, but the padded length is 1; add padding or make the kernel smaller"

NO_LINE = "line 1 is no line of a run; name another file"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of specs, and no workers."""
    monkeypatch.chdir(tmp_path)
    Path("many.jsonl").write_text(f"{CONV}\n\n{WIDE}\n{CONV}\n")
    Path("a.json").write_text(CONV)
    monkeypatch.setattr("cnngrad.batch.pool.outcomes", serial)


def rows(text: str) -> list[dict[str, Any]]:
    """The lines of a text."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_is_what_run_prints_as_json() -> None:
    done = cnngrad("batch", "a.json", "example:ties")
    alone = [cnngrad("run", name, "--format", "json", "--trace", "none").out for name in ("a.json", "example:ties")]
    assert rows(done.out) == [json.loads(text) for text in alone]
    assert rows(done.out)[0]["results"] == {"Z": [3, 5]}
    assert (done.code, done.err) == (0, "2 items: 2 computed, 0 failed\n")


OPTIONS = [
    ["--trace", "full", "--method", "scatter", "--index-base", "1"],
    ["--numbers", "exact", "--only", "dW,db"],
    ["--gradcheck", "--set", "title=x", "--stride", "2"],
    ["--width", "40", "--color", "always", "--precision", "2"],
    ["--limit", "cells=3"],
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_are_those_of_run(options: list[str]) -> None:
    Path("b.json").write_text(CONV.replace("}", ', "delta": 1}'))
    none = [] if "--trace" in options else ["--trace", "none"]
    alone = cnngrad("run", "b.json", "--format", "json", *options, *none)
    done = cnngrad("batch", "b.json", *options)
    assert (alone.code, alone.err) == (0, "")
    assert rows(done.out) == [json.loads(alone.out)]


def test_an_item_that_fails_is_a_line_and_the_others_go_on() -> None:
    done = cnngrad("batch", "missing.yaml", "many.jsonl")
    assert [row["source"] for row in rows(done.out)] == [
        "missing.yaml", "many.jsonl:1", "many.jsonl:3", "many.jsonl:4",
    ]  # fmt: skip
    missing = "does not exist; check the name and the folder"
    assert rows(done.out)[0]["error"] == {"message": missing, "line": None, "column": None, "key": None}
    assert rows(done.out)[2] == {
        "format": 1,
        "source": "many.jsonl:3",
        "error": {"message": TOO_WIDE, "line": 3, "column": 40, "key": "kernel"},
    }
    assert done.code == 1
    assert done.err == f"4 items: 2 computed, 2 failed; first: missing.yaml: {missing}\n"
    done = cnngrad("batch", "many.jsonl")
    assert done.err == f"3 items: 2 computed, 1 failed; first: many.jsonl:3:40: kernel: {TOO_WIDE}\n"


def test_where_no_path_gives_an_item_nothing_is_written() -> None:
    Path("old.jsonl").write_text("old")
    Path("empty").mkdir()
    done = cnngrad("batch", "missing.yaml", "*.yaml", "empty", "example:no", "-o", "old.jsonl")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "error: missing.yaml: does not exist; check the name and the folder",
        "error: *.yaml: matches no file; check the name and the folder",
        "error: empty: holds no spec, that is no file .yaml, .yml or .json; name another folder",
        "error: 'no' is no built-in example; 'cnngrad examples' lists them",
    ]
    assert Path("old.jsonl").read_text() == "old"


def test_a_file_of_lines_is_replaced_or_resumed() -> None:
    out = Path("o.jsonl")
    out.write_text("old")
    printed = cnngrad("batch", "many.jsonl", "a.json").out
    done = cnngrad("batch", "many.jsonl", "a.json", "-o", out)
    assert (done.code, done.out, out.read_text()) == (1, "", printed)
    lines = printed.splitlines(keepends=True)
    for kept in (0, 1, 2, 4):
        out.write_text("".join(lines[:kept]) + '{"format": 1, "op')
        done = cnngrad("batch", "many.jsonl", "a.json", "-o", out, "--resume")
        before = f" ({kept} of them before)" if kept else ""
        assert done.err == (f"4 items: 3 computed, 1 failed{before}; first: many.jsonl:3:40: kernel: {TOO_WIDE}\n")
        assert (done.code, out.read_text()) == (1, printed)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["a.json", "--resume"], "--resume: continues a .jsonl file alone; name one with -o FILE.jsonl"),
        (["a.json", "--resume", "-o", "o.csv"], "--resume: continues a .jsonl file alone; name one with -o FILE.jsonl"),
        (["a.json", "--resume", "-o", "/dev/null"], "--resume: continues a file; what -o names is none"),
        (["a.json", "--resume", "-o", "many.jsonl"], f"--resume: many.jsonl: {NO_LINE}"),
        (["many.jsonl", "-o", "./many.jsonl"], "-o: './many.jsonl' is read too; name another file"),
        (["-", "-"], "'-' is given twice; standard input can be read once"),
        (["a.json", "-o", "/dev/full"], "/dev/full: No space left on device; nothing can be written there"),
        (["a.json", "-o", "."], ".: Is a directory; nothing can be written there"),
        (["a.json", "-o", "no/o.csv"], "--output: there is no folder 'no'; make it first"),
        (["a.json", "--memory", "1KB"], "--memory: 1,000 B is too little for a worker; give 64 MiB or more"),
        (["a.json", "--only", "dW,"], "--only: 'dW,' has a name missing; write --only dW,db"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line(args: list[str], says: str) -> None:
    done = cnngrad("batch", *args)
    assert (done.code, done.out, done.err) == (2, "", f"error: {says}\n")
    assert rows(Path("many.jsonl").read_text().replace("\n\n", "\n")) == [json.loads(t) for t in (CONV, WIDE, CONV)]


def test_devices_and_pipes_are_written_as_lines_come() -> None:
    assert cnngrad("batch", "a.json", "-o", "/dev/null").code == 0
    os.mkfifo("p")
    reader = os.open("p", os.O_RDONLY | os.O_NONBLOCK)
    assert cnngrad("batch", "a.json", "-o", "p").code == 0
    assert rows(os.read(reader, 65536).decode())[0]["results"] == {"Z": [3, 5]}
    os.close(reader)


def test_a_sheet_and_a_page_are_written_whole() -> None:
    Path("o.csv").write_text("old")
    done = cnngrad("batch", "many.jsonl", "example:ties", "-o", "o.csv", "--only", "Z")
    assert (done.code, done.out) == (1, "")
    assert list(csv.reader(io.StringIO(Path("o.csv").read_text()))) == [
        ["source", "op", "title", "error", "Z"],
        ["many.jsonl:1", "conv", "", "", "[3.0,5.0]"],
        ["many.jsonl:3", "", "", f"3:40: kernel: {TOO_WIDE}", ""],
        ["many.jsonl:4", "conv", "", "", "[3.0,5.0]"],
        ["example:ties", "pool", "ties in max pooling", "", "[[5.0,2.0]]"],
    ]
    cnngrad("batch", "many.jsonl", "-o", "o.html")
    assert "2 computed, 1 failed" in Path("o.html").read_text()
    assert cnngrad("batch", "a.json", "--format", "csv").out.startswith("source,op,title,error,Z\na.json,conv,")
    cnngrad("batch", "a.json", "--format", "json", "-o", "o.csv")
    assert rows(Path("o.csv").read_text())[0]["source"] == "a.json"


def test_a_closed_pipe_and_a_full_disk_behind_stdout() -> None:
    reader, pipe = os.pipe()
    os.close(reader)
    full = os.open("/dev/full", os.O_WRONLY)
    says = "error: standard output: No space left on device; the result is not complete\n"
    for descriptor, ends in ((pipe, (0, "")), (full, (2, says))):
        err = io.StringIO()
        with open(descriptor, "w", buffering=1) as opened, redirect_stdout(opened), redirect_stderr(err):
            assert (invoke(["batch", "many.jsonl"]), err.getvalue()) == ends


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("output", "says"),
    [
        (["-o", "o.jsonl"], "interrupted after 2 of 4 items; go on with --resume\n"),
        (["-o", "o.csv"], "interrupted after 2 of 4 items; nothing was written\n"),
        ([], "interrupted after 2 of 4 items\n"),
    ],
)
def test_a_signal_in_the_midst_of_a_line_waits_for_its_end(
    number: signal.Signals, output: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnngrad.batch.journal import Journal, Spool
    from cnngrad.cli.running import Printed

    whole = cnngrad("batch", "many.jsonl", "a.json").out
    for store in (Journal, Spool, Printed):
        monkeypatch.setattr(store, "write", _interrupted(store.write, number))
    done = cnngrad("batch", "many.jsonl", "a.json", *output)
    assert (done.code, done.err) == (130, says)
    written = Path("o.jsonl").read_text() if "o.jsonl" in output else done.out
    assert written == ("" if "o.csv" in output else "".join(whole.splitlines(keepends=True)[:2]))
    assert not Path("o.csv").exists()


def _interrupted(write: Any, number: signal.Signals) -> Any:
    """Writes as `write`, with a signal before the second line."""
    lines: list[str] = []

    def writes(store: Any, line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            signal.raise_signal(number)
        write(store, line)

    return writes


def test_a_signal_while_an_item_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(items: Any, work: Any, bounds: Any = None) -> Any:
        found = serial(items, work, bounds)
        yield next(found)
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("the signal was not heard")

    monkeypatch.setattr("cnngrad.batch.pool.outcomes", interrupted)
    before = signal.getsignal(signal.SIGTERM)
    done = cnngrad("batch", "many.jsonl", "-o", "o.jsonl")
    assert (done.code, done.err) == (130, "interrupted after 1 of 3 items; go on with --resume\n")
    assert [row["source"] for row in rows(Path("o.jsonl").read_text())] == ["many.jsonl:1"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_bar_is_on_a_terminal_that_shows_no_lines(tmp_path: Path) -> None:
    shown = terminal("batch", "many.jsonl", "-o", "o.jsonl", columns=80)
    assert "3/3" in shown
    assert shown.splitlines()[-1].endswith(f"3 items: 2 computed, 1 failed; first: many.jsonl:3:40: kernel: {TOO_WIDE}")
    shown = terminal("batch", "many.jsonl", columns=80)
    assert "/3" not in shown
    assert len(rows("\n".join(shown.splitlines()[:-1]))) == 3
    assert "3/3" not in terminal("batch", "many.jsonl", "-o", "o.jsonl", columns=80, env={"TERM": "dumb"})
    assert "\x1b[3" not in terminal("batch", "a.json", "-o", "o.jsonl", columns=80, env={"NO_COLOR": "1"})


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{CONV}\n{WIDE}\n".encode())))
    done = cnngrad("batch", "-", "-o", "o.jsonl")
    assert [row["source"] for row in rows(Path("o.jsonl").read_text())] == ["<stdin>:1", "<stdin>:2"]
    assert done.err == f"2 items: 1 computed, 1 failed; first: <stdin>:2:40: kernel: {TOO_WIDE}\n"


def test_one_item_of_how_many_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{CONV}\n{CONV}\n".encode())))

    def stopped(items: Any, work: Any, bounds: Any) -> Any:
        yield from serial([next(items)], work)
        raise KeyboardInterrupt

    monkeypatch.setattr("cnngrad.batch.pool.outcomes", stopped)
    assert cnngrad("batch", "-").err == "interrupted after 1 item\n"


def test_a_line_is_out_before_the_next_comes_in() -> None:
    command = [sys.executable, "-m", "cnngrad", "batch", "-", "--jobs", "1"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, bufsize=1) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for number in (1, 2, 3):
            run.stdin.write(f"{CONV}\n")
            assert json.loads(run.stdout.readline())["source"] == f"<stdin>:{number}"
        assert run.communicate() == ("", "3 items: 3 computed, 0 failed\n")


AROUND = [
    ("2", {"PYTHONHASHSEED": "1", "LC_ALL": "C"}),
    pytest.param("1", {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8"}, marks=pytest.mark.slow),
    pytest.param("3", {"PYTHONHASHSEED": "3", "LANG": "C.UTF-8", "COLUMNS": "30"}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("jobs", "around"), AROUND)
def test_the_same_bytes_whatever_is_around(jobs: str, around: dict[str, str], tmp_path: Path) -> None:
    Path("é.yaml").write_text("op: conv\ninput: [1, 2]\nkernel: [1]\ntitle: Ünï\n")
    (tmp_path / "else").mkdir()
    here = str(tmp_path)
    expected = cnngrad("batch", here, f"{here}/many.jsonl", "example:ties", "--trace", "brief")
    paths = (here, f"{here}/many.jsonl", "example:ties")
    done = process("batch", *paths, "--trace", "brief", "--jobs", jobs, env=around, cwd=tmp_path / "else")
    assert done == Outcome(1, expected.out, expected.err)


FLAT = """
import sys
import cnngrad.batch.pool
from serial import serial
from cnngrad.batch.rows import error_row, line_of
from cnngrad.batch.solving import Solving
from cnngrad.errors import Problem
from cnngrad.cli.main import invoke
cnngrad.batch.pool.outcomes = serial
Solving.__call__ = lambda self, item: line_of(error_row(item.source, Problem("x" * 200)))
assert invoke(sys.argv[1:]) == 1
"""
"""A run whose items cost nothing: what is left is what the run itself keeps."""


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_memory_does_not_grow_with_the_items(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(ROOT / "tests"))))
    peaks = []
    for count in (1_000, 100_000):
        Path("lines.jsonl").write_text(f"{CONV}\n" * count)
        done, peak = bounded(FLAT, "batch", "lines.jsonl", "-o", f"o.{ending}", seconds=300)
        assert done.err.startswith(f"{count:,} items: 0 computed, {count:,} failed; first: ")
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 4, peaks


@pytest.mark.slow
def test_memory_holds_the_names_of_a_folder_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred bytes for each file in one folder, whose names are sorted."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(ROOT / "tests"))))
    Path("folder").mkdir()
    peaks = []
    for count in (100, 50_000):
        for number in range(count):
            Path("folder", f"{number:06}.yaml").touch()
        done, peak = bounded(FLAT, "batch", "folder", "-o", "o.jsonl", seconds=300)
        assert done.err.startswith(f"{count:,} items: ")
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 20, peaks
