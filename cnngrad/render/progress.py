"""A bar on a terminal: how many items are done, how many in a second, how long the rest will take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

_TIMES_A_SECOND = 4
_NARROW = 40
"""Columns below which the numbers stand alone: the bar would take their place."""


class Advance(Protocol):
    """What a bar is told."""

    def __call__(self, items: int) -> None:
        """So many items more are done."""


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s")


class _Heard:
    """A stream whose failures change nothing: nobody has to look at a bar."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self.stream.flush()


@contextmanager
def bar(total: int | None, done: int, stream: IO[str], *, color: bool) -> Iterator[Advance]:
    """A bar on this terminal, `done` of whose items need no work; it is gone when the items are."""
    console = Console(file=_Heard(stream), force_terminal=True, no_color=not color)  # type: ignore[arg-type]
    columns = (
        *((BarColumn(),) if console.width >= _NARROW else ()),
        MofNCompleteColumn() if total is not None else TextColumn("{task.completed:,}"),
        _Rate(),
        *((TimeRemainingColumn(), TextColumn("left")) if total is not None else ()),
    )
    progress = Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        refresh_per_second=_TIMES_A_SECOND,
    )
    with progress:
        console.show_cursor()  # whatever ends the program leaves one
        task = progress.add_task("", total=total, completed=done)
        yield lambda items: progress.advance(task, items)
