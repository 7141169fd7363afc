"""Runs a command on a whole class, in several ways, and says what is wrong with what it did."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cnngrad.batch import pool

from ..draw import Draw
from ..oracle import Finding, HangError, Ran, crashes, frames, guarded, letters, placed, run
from . import count, outputs, rows
from .disk import ClassMutant, build
from .make import class_mutant
from .rows import Found

BASE = "out.jsonl"
LAST = re.compile(r"([0-9,]+) submissions?: ([0-9,]+) all right, ([0-9,]+) not(?: \(.*\))?")
LAST_OF_BATCH = re.compile(r"([0-9,]+) items?: ([0-9,]+) computed, ([0-9,]+) failed(?: \(.*\))?(?:; first: .+)?")


def seen_class(
    seed: int, index: int, folder: Path, watchdog: float = 60.0
) -> tuple[ClassMutant, int, list[Finding], float]:
    """Make and run the class of this number in an empty folder: the exit code, what is wrong, processor seconds of the
    slowest run."""
    made = class_mutant(seed, index)
    try:
        with guarded(watchdog), placed(made, folder), _here():
            build(made.disk)
            judged = _Class(made)
            found = [Finding(kind, says, judged.made) for kind, says in judged.found()]
    except HangError as hang:
        return made, -1, [Finding("hang " + frames(hang), f"still runs after {watchdog:g} s", made)], watchdog
    return made, judged.code, found, judged.seconds


@contextmanager
def _here(workers: bool = False) -> Iterator[None]:
    """Items are done in this process, or by workers; no disk is waited for."""
    before = pool.WORKERS, os.fsync
    pool.WORKERS, os.fsync = workers, _no_wait
    try:
        yield
    finally:
        pool.WORKERS, os.fsync = before


def _no_wait(fd: Any) -> None:
    """In place of os.fsync."""


@dataclass
class _Class:
    """A class and its first run, which all others are compared with."""

    made: ClassMutant
    code: int = -1
    seconds: float = 0.0
    rows: tuple[dict[str, Any], ...] = ()
    whole: bytes = b""

    def found(self) -> Found:
        """Everything that is wrong."""
        if self.made.kind == "roster":
            yield from self._roster()
        else:
            yield from self._base()
            if self.code in (0, 1):
                for name in self.made.runs:
                    yield from RUNS[name](self)

    def ran(self, *more: str, out: bool = False) -> tuple[Ran, list[tuple[str, str]]]:
        """Run the command with more options; `out`: a page or a sheet comes on stdout."""
        made = replace(self.made, args=(self.made.args[0], *more, *self.made.args[1:]))
        ran = run(made)
        self.seconds = max(self.seconds, ran.seconds)
        seen = replace(ran, out="") if out else ran
        found = [*crashes(made, ran), *letters(made, seen), *self._said(ran)]
        return ran, found

    def _said(self, ran: Ran) -> Found:
        """stderr has errors, or notes and a line with what became of how many."""
        lines = ran.err.splitlines()
        if ran.code == 2 and not (lines and all(line.startswith(("error: ", self.made.given)) for line in lines)):
            yield f"exit 2 without error: {self.made.command}", ran.err[:500]
        if ran.code in (0, 1) and self.made.command != "generate":
            pattern = LAST if self.made.command == "grade" else LAST_OF_BATCH
            said = pattern.fullmatch(lines[-1]) if lines else None
            if not said or int(said[1].replace(",", "")) != sum(int(n.replace(",", "")) for n in said.groups()[1:3]):
                yield f"no summary from {self.made.command}", ran.err[:500]

    def _base(self) -> Found:
        ran, found = self.ran("--jobs", "1", "-o", BASE)
        self.code = ran.code
        yield from found
        if ran.out:
            yield "stdout beside -o", ran.out[:300]
        if ran.code == 2:
            if os.path.exists(BASE):
                yield "a file beside exit 2", ran.err[:300]
            if self._must_run():
                yield f"exit 2 of a whole {self.made.kind}", ran.err[:500]
        if ran.code not in (0, 1):
            return
        self.whole = Path(BASE).read_bytes()
        try:
            self.rows = tuple(rows.read(self.whole.decode("ascii")))
        except ValueError as error:
            yield "rows that are no JSON", f"{error}: {self.whole[:300]!r}"
            return
        yield from self._specs(ran) if self.made.command == "batch" else self._class(ran)

    def _must_run(self) -> bool:
        """Whether there is anything that can be graded, and nothing that forbids it."""
        made = self.made
        if made.command == "batch":
            return bool(count.items(made))
        there = count.sources(made)
        if not made.whole or not there:
            return False
        if os.path.isdir(made.exercise):
            return any(count.is_exercise(name) for name in os.listdir(made.exercise))
        return run(replace(made, args=("run", made.exercise, "--format", "json"))).code == 0

    def _class(self, ran: Ran) -> Found:
        there = count.sources(self.made)
        given = [row for row in self.rows if row.get("source") is not None]
        named = sorted(str(row["source"]) for row in given)
        if there is not None and named != sorted(there.elements()):
            lost, more = there - Counter(named), Counter(named) - there
            yield f"not a row for each of a {self.made.kind}", f"lost {[*lost]}, more {[*more]}"
        if len(given) != len(self.rows) and self.made.kind != "paired":
            yield "a row without a source", self.made.kind
        for row in self.rows:
            yield from rows.judge(row)
        right = sum(row.get("verdict") == "right" for row in self.rows)
        if ran.code != int(right < len(self.rows)):
            yield f"exit {ran.code} with {'all' if right == len(self.rows) else 'some'} right", ran.err[-300:]
        said = LAST.fullmatch(ran.err.splitlines()[-1])
        if said and [int(n.replace(",", "")) for n in said.groups()] != [len(self.rows), right, len(self.rows) - right]:
            yield "summary that does not add up", ran.err[-300:]
        if os.path.isdir(self.made.given) or self.made.given.lower().endswith(".zip"):
            placed = [(row["student"], row["source"] or "") for row in self.rows]
            if placed != sorted(placed):
                yield "rows out of order", str(placed)[:500]

    def _specs(self, ran: Ran) -> Found:
        named = [row.get("source") for row in self.rows]
        expected = count.items(self.made)
        if named != expected:
            yield "not a row for each spec, in order", f"{named} for {expected}"
        for row in self.rows:
            if ("error" in row) == ("results" in row):
                yield "row of a spec with neither results nor an error", json.dumps(row)[:300]
            if "error" in row:
                yield from rows.said(row["error"], json.dumps(row)[:600])
        if ran.code != int(any("error" in row for row in self.rows)):
            yield f"exit {ran.code} of batch", ran.err[-300:]

    def same(self, what: str) -> Found:
        """The file must hold again what it held after the first run."""
        again = Path(BASE).read_bytes()
        if again != self.whole:
            at = next((i for i, both in enumerate(zip(again, self.whole, strict=False)) if len({*both}) > 1), 0)
            near = slice(max(0, at - 50), at + 100)
            yield f"other bytes {what}", f"at {at} of {len(self.whole)}: {again[near]!r}, {self.whole[near]!r}"

    @property
    def draw(self) -> Draw:
        return Draw(f"runs {self.made.seed} {self.made.index}")

    def _roster(self) -> Found:
        """An exercise and a key for each student; graded with the keys as submissions, all is right."""
        ran, found = self.ran()
        self.code = ran.code
        yield from found
        names = sorted(os.listdir("ex")) if os.path.isdir("ex") else []
        if ran.code != 0:
            if names:
                yield "a folder beside exit 2 of generate", f"{names} {ran.err[:300]}"
            return
        keys = [name for name in names if name.endswith(".key.yaml")]
        there = count.table("roster.csv")
        if len(names) != 2 * len(keys) or not all(count.is_exercise(name) or name in keys for name in names):
            yield "an exercise without a key", str(names)
        if self.made.whole and there is not None and len(keys) > len(there):
            yield "more exercises than students", f"{names} {len(there)}"
        os.mkdir("sub")
        for name in keys:
            os.link(f"ex/{name}", f"sub/{name.removesuffix('.key.yaml')}.yaml")
        self.made = replace(self.made, args=("grade", "ex", "sub"), given="sub", kind="keys")
        yield from self._base()
        if self.code != 0:
            yield "keys that are not right", str([row for row in self.rows if row["verdict"] != "right"])[:500]


def _resume(judged: _Class) -> Found:
    draw = judged.draw
    kept = judged.whole[: draw.randrange(len(judged.whole) + 1)] + draw.pick((b"", b"", bytes(7), b"\n", b"{}"))
    Path(BASE).write_bytes(kept)
    ran, found = judged.ran("--jobs", "1", "-o", BASE, "--resume")
    yield from found
    if ran.code == 2 and not kept.startswith(b'{"format": ') and not b'{"format": '.startswith(kept):
        return
    if ran.code != judged.code:
        yield "another exit code after --resume", f"{ran.code} {judged.code} {ran.err[:300]}"
    else:
        yield from judged.same("after --resume")


def _by_workers(jobs: str) -> Callable[[_Class], Found]:
    def found(judged: _Class) -> Found:
        with _here(workers=True):
            ran, found = judged.ran("--jobs", jobs, "-o", BASE)
        yield from found
        if ran.code != judged.code:
            yield "another exit code from workers", f"{ran.code} {judged.code} {ran.err[:300]}"
        else:
            yield from judged.same("from workers")

    return found


def _made(*options: str, judge: Callable[[_Class, Ran], Found], out: bool = False) -> Callable[[_Class], Found]:
    """Run with these options, and judge what was made."""

    def found(judged: _Class) -> Found:
        ran, found = judged.ran("--jobs", "1", *options, out=out)
        yield from found
        if ran.code != judged.code:
            yield f"another exit code with {' '.join(options)}", f"{ran.code} {judged.code} {ran.err[:300]}"
        elif ran.failure is None:
            try:
                yield from judge(judged, ran)
            except (ValueError, OSError, SyntaxError, AssertionError) as error:
                yield f"cannot be read: {' '.join(options)}", f"{type(error).__name__} {error}"

    return found


def _text(name: str) -> str:
    with open(name, encoding="utf-8", newline="") as file:
        return file.read()


def _printed(judged: _Class, ran: Ran) -> Found:
    if ran.out.encode() != judged.whole:
        yield "other bytes on stdout", ran.out[:300]


def _table(judged: _Class, ran: Ran) -> Found:
    if judged.rows and not ran.out.startswith("Students"):
        yield "no table of students", ran.out[:300]


def _checked(judged: _Class) -> Found:
    """One of the files by itself, with `check`, or `run`."""
    made = judged.made
    known = {count.text(path): path for path in _readable(made)}
    told = [row for row in judged.rows if row.get("source") in known]
    if not told or (made.command == "grade" and not (made.whole and made.exercise == "hw.yaml")):
        return
    row = judged.draw.pick(told)
    file = known[row["source"]]
    if made.command == "batch":
        args = ("run", "--format", "json", "--trace", "none", *made.args[1 : -len(made.given.split(" "))], "--", file)
    else:
        key = ("--require", "hw.key.yaml") if os.path.exists("hw.key.yaml") and not _asks() else ()
        args = ("check", "--format", "json", *key, *made.args[1:-2], "--hint", "full", "hw.yaml", "--", file)
    ran = run(replace(made, args=args))
    found = json.loads(ran.out) if ran.out else {"error": True}
    yield from _compared(row, found, f"{args} {ran.err[:500]}")


def _asks() -> bool:
    import cnngrad

    return "ask" in getattr(cnngrad.run("hw.yaml"), "spec", {}) or b"ask" in Path("hw.yaml").read_bytes()


def _readable(made: ClassMutant) -> Iterator[str]:
    """The plain files, which are read by themselves in the same way."""
    if os.path.isdir(made.given):
        yield from (path for path in count.files(made.given) if os.path.isfile(path) and not os.path.islink(path))


def _compared(row: dict[str, Any], alone: dict[str, Any], shown: str) -> Found:
    if ("error" in row) != ("error" in alone):
        yield "read in one way and not in the other", f"{json.dumps(row)[:400]} {json.dumps(alone)[:400]} {shown}"
    elif "error" not in row:
        other = [
            key
            for key in {*row, *alone} - {"student", "name", "trace"}
            if key != "answers" and row.get(key) != alone.get(key)
        ]
        if other or _plain(row) != _plain(alone):
            yield (
                f"another result by itself: {sorted(other)}",
                f"{json.dumps(row)[:900]}\n{json.dumps(alone)[:900]} {shown}",
            )


def _to_folder(judged: _Class) -> Found:
    os.mkdir("each")
    ran, found = judged.ran("--jobs", "1", "--format", "gradescope", "-o", "each")
    yield from found
    if ran.code == judged.code:
        yield from outputs.folder("each", ".json", len(judged.rows))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The answers without what one of the two commands alone says."""
    alone = ("written", "expected")
    return {name: {k: v for k, v in each.items() if k not in alone} for name, each in row.get("answers", {}).items()}


RUNS: Mapping[str, Callable[[_Class], Found]] = {
    "resume": _resume,
    "workers": _by_workers("2"),
    "jobs": _by_workers("1"),
    "check": _checked,
    "csv": _made("-o", "out.csv", judge=lambda judged, _: outputs.sheet(_text("out.csv"), len(judged.rows))),
    "printed csv": _made(
        "--format", "csv", judge=lambda judged, ran: outputs.sheet(ran.out, len(judged.rows)), out=True
    ),
    "html": _made("-o", "out.html", judge=lambda *_: outputs.page(_text("out.html"), "page")),
    "report": _made("-o", BASE, "--report", "class.html", judge=lambda *_: outputs.page(_text("class.html"), "report")),
    "table": _made("--width", "80", judge=_table),
    "json": _made("--format", "json", judge=_printed),
    "text feedback": _made("--feedback", "txt", judge=lambda judged, _: _feedback(judged, ".txt"), out=True),
    "html feedback": _made(
        "--feedback", "html", "--feedback-format", "html", judge=lambda judged, _: _feedback(judged, ".html"), out=True
    ),
    "gradescope": _made(
        "--format", "gradescope", judge=lambda judged, ran: outputs.gradescope(ran.out, len(judged.rows))
    ),
    "gradescope folder": _to_folder,
    "junit": _made("--format", "junit", judge=lambda judged, ran: outputs.junit(ran.out, len(judged.rows))),
}
"""The ways in which a class is run again, and what must hold then."""


def _feedback(judged: _Class, ending: str) -> Found:
    yield from outputs.folder(ending[1:], ending, len(judged.rows))
    for name in os.listdir(ending[1:]):
        text = _text(f"{ending[1:]}/{name}")
        yield from outputs.page(text, "feedback") if ending == ".html" else outputs.letters(text, "feedback")
