"""What commands on many items share: their options, where lines go, the bar, interrupts, and the line at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from cnngrad.cli.devices import Device
from cnngrad.cli.interrupts import Interrupts
from cnngrad.cli.options import Decimal, Whole
from cnngrad.cli.output import errors_are_seen, say, wants_color
from cnngrad.errors import CnngradError, Exit
from cnngrad.records import dataclass

if TYPE_CHECKING:
    from cnngrad.batch.journal import Journal, Spool
    from cnngrad.batch.pool import Bounds, Outcome, Work
    from cnngrad.batch.rows import Line, Row
    from cnngrad.render.progress import Advance

ENDINGS = {".jsonl": "jsonl", ".csv": "csv", ".html": "html", ".htm": "html"}
"""The format that the name of an output file asks for."""
RUNNING = (
    click.Option(["--jobs"], type=Whole(1, 1000), metavar="N", help="Worker processes; by default one for each core."),
    click.Option(
        ["--timeout"],
        type=Decimal(0, 10**6, min_open=True),
        default=60,
        show_default=True,
        metavar="SECONDS",
        help="How long one item may take.",
    ),
    click.Option(
        ["--memory"], default="2GiB", show_default=True, metavar="SIZE", help="How much memory a worker may have."
    ),
    click.Option(
        ["--resume"], is_flag=True, help="Go on with the .jsonl file of an interrupted run: compute what it lacks."
    ),
    click.Option(
        ["--scheduler"], metavar="ADDRESS", help="Run on the Dask cluster of this scheduler, as in tcp://host:8786."
    ),
    click.Option(["--scheduler-file"], metavar="FILE", help="The same, with the file that the scheduler wrote."),
)
"""The options of every command on many items."""


@dataclass(frozen=True)
class Running:
    """What these options say; `format` is the one asked for, or that of the output's name."""

    jobs: int | None
    timeout: float
    memory: str
    resume: bool
    scheduler: str | None
    scheduler_file: str | None
    output: str | None
    format: str
    color: str = "auto"

    @property
    def bounds(self) -> Bounds:
        from cnngrad.batch.pool import Bounds
        from cnngrad.batch.sizes import bytes_of

        return Bounds(self.jobs, self.timeout, bytes_of(self.memory))


def running(given: dict[str, Any], default: str = "jsonl") -> Running:
    """The shared options, taken out of the arguments of a command; `default` is the format without an output file."""
    names = ("jobs", "timeout", "memory", "resume", "scheduler", "scheduler_file")
    output = given["output"]
    by_name = ENDINGS.get(os.path.splitext(output)[1].lower(), "jsonl") if output else default
    format = given["format"] or by_name
    format = "jsonl" if format == "json" else format
    found = Running(**{name: given.pop(name) for name in names}, output=output, format=format, color=given["color"])
    if found.resume and (output is None or format != "jsonl"):
        raise CnngradError("--resume: continues a .jsonl file alone; name one with -o FILE.jsonl")
    _ = found.bounds
    return found


class Printed:
    """Lines to stdout."""

    def write(self, line: str) -> None:
        sys.stdout.write(line)

    def close(self) -> None:
        """Nothing is open."""


_Course = TypeVar("_Course", bound="Course")
AnyStore: TypeAlias = "Journal | Spool | Device | Printed"
"""Where the lines of a run go as they come."""


def store_of(asked: Running) -> AnyStore:
    """Where the lines of a run go: a file that can be resumed, a device, stdout; a spool, where a sheet or a page is
    made of all of them at the end."""
    from cnngrad.batch.journal import Journal, Spool

    if asked.format != "jsonl":
        return Spool()
    if asked.output is None:
        return Printed()
    if (device := Device.at(asked.output)) is None:
        return Journal(asked.output, resume=asked.resume)
    if asked.resume:
        device.close()
        raise CnngradError("--resume: continues a file; what -o names is none")
    return device


@dataclass
class Course:
    """A run under way: how many of its items are done, and how many of them failed."""

    asked: Running
    total: int | None = None
    done: int = 0
    failed: int = 0
    kept: int = 0
    """items that were there already"""
    first: str = ""
    """why the first failed item failed"""
    interrupts: Interrupts = field(default_factory=Interrupts)

    def count(self, line: Line, row: Row | None = None) -> None:
        """One item is done; `row` is what its line holds."""
        self.done += 1
        self.failed += line.failed
        if line.failed and not self.first:
            import json

            from cnngrad.batch.rows import said

            self.first = said(row if row is not None else json.loads(line.text))

    @property
    def summary(self) -> str:
        """How it went, in one line."""
        kept = f" ({self.kept:,} of them before)" if self.kept else ""
        first = f"; first: {self.first}" if self.first else ""
        noun = "item" if self.done == 1 else "items"
        return f"{self.done:,} {noun}: {self.done - self.failed:,} computed, {self.failed:,} failed{kept}{first}"

    @property
    def interrupted(self) -> str:
        """What there is, and how to go on."""
        of = f" of {self.total:,}" if self.total is not None else ""
        done = f"interrupted after {self.done:,}{of} {'item' if self.done == 1 and not of else 'items'}"
        to_file = self.asked.output is not None and (self.asked.format != "jsonl" or os.path.isfile(self.asked.output))
        if not self.done or not to_file:
            return done
        return f"{done}; {'go on with --resume' if self.asked.format == 'jsonl' else 'nothing was written'}"


def carried_out(asked: Running, work: Callable[[_Course], int], kind: type[_Course]) -> int:
    """The exit code of `work`; where a signal ends it, what there is and how to go on is said. `kind` counts."""
    course = kind(asked)
    try:
        with course.interrupts:
            return work(course)
    except KeyboardInterrupt:
        say(course.interrupted)
        return Exit.INTERRUPTED


def keep(course: Course, store: AnyStore, items: Iterator[Any], **told: Any) -> None:
    """Count the rows that a journal has already, each with its item in `items`; `told` says how rows tell their items
    apart. Then the store is open."""
    from cnngrad.batch.journal import Journal
    from cnngrad.batch.rows import Line, failed

    if isinstance(store, Journal):
        for row in store.resumed(items, **told):
            course.count(Line("", failed(row)), row)
        course.kept = course.done
        store.open()


def take(course: Course, store: AnyStore, lines: Generator[Line, None, None]) -> None:
    """Write each line as it comes, and show how far the run is; no interrupt leaves half of a line."""
    with _bar(course) as advance, closing(lines):
        for line in lines:
            with course.interrupts.held():
                store.write(line.text)
                course.count(line)
            advance(1)


def outcomes_of(asked: Running, items: Iterator[Any], work: Work) -> Generator[Outcome, None, None]:
    """What comes of the items, here or on a cluster."""
    from cnngrad.batch.cluster import outcomes_at

    return outcomes_at(asked.scheduler, asked.scheduler_file, items, work, asked.bounds)


def _bar(course: Course) -> AbstractContextManager[Advance]:
    """A bar where somebody sees it; none on a terminal that shows the lines themselves."""
    lines_are_seen = course.asked.output is None and course.asked.format == "jsonl" and sys.stdout.isatty()
    if not errors_are_seen() or lines_are_seen or os.environ.get("TERM") == "dumb":
        return nullcontext(lambda items: None)
    from cnngrad.render.progress import bar

    return bar(course.total, course.done, sys.stderr, color=wants_color(course.asked.color, to_terminal=True))
