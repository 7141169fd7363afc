"""cnngrad batch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cnngrad.cli.options import LIMIT_DEBUG, ONLY, OVERRIDES, RESULT, Whole, choice, lazily, override_params, request
from cnngrad.cli.output import NARROWEST, say, write_parts
from cnngrad.cli.running import RUNNING, Course, Running, carried_out, keep, outcomes_of, running, store_of, take
from cnngrad.errors import Exit

if TYPE_CHECKING:
    from cnngrad.batch.pool import Outcome
    from cnngrad.batch.rows import Line, Row
    from cnngrad.batch.solving import Solving
    from cnngrad.cli.options import Request

FORMATS = ("jsonl", "json", "csv", "html")
PARAMS = (
    click.Argument(["paths"], nargs=-1, required=True, metavar="PATH...", shell_complete=lazily("spec")),
    *override_params(*OVERRIDES),
    ONLY,
    *RUNNING,
    choice("--trace", ("none", "brief", "full"), "none", "How many derivations a line has."),
    *(option for option in RESULT if option.name != "trace"),
    click.Option(
        ["--format"],
        type=click.Choice(FORMATS),
        help="How the lines are written; by default as -o ends (json is the same as jsonl).",
    ),
    click.Option(["-o", "--output"], metavar="FILE", help="Write to FILE (.jsonl, .csv or .html) instead of stdout."),
    choice("--color", ["auto", "always", "never"], "auto", "Colour of the bar."),
    click.Option(["--width"], type=Whole(NARROWEST, 10_000), hidden=True),  # lines have no width
    *LIMIT_DEBUG,
)


@click.command(params=list(PARAMS))
def batch(paths: tuple[str, ...], **given: Any) -> int:
    """Many specs, in parallel: one JSON line each, in the order of the items.

    A PATH is a spec, a folder (every .yaml, .yml and .json below it, hidden files and NAME.key.yaml left out), a
    quoted glob, a .jsonl file with one spec a line, - for such lines on standard input, or example:NAME. An item that
    fails is a line with its error, and the others go on. Exit code 0 when every item was computed, else 1; 2 where
    there is none.
    """
    asked = running(given)
    return carried_out(asked, partial(_batch, paths, request(**given)), Course)


def _batch(paths: tuple[str, ...], asked: Request, course: Course) -> int:
    from cnngrad.batch.items import items_of
    from cnngrad.batch.journal import Spool

    items = items_of(paths, asked.limits, asked.output)
    todo = iter(items)  # that there is none is said before anything is written
    course.total = items.total
    store = store_of(course.asked)
    try:
        lines = _lines(outcomes_of(course.asked, todo, _work(asked)))  # a cluster is there before a file is touched
        keep(course, store, todo)
        take(course, store, lines)
        if isinstance(store, Spool):
            write_parts(_sheet(course.asked, store.rows), asked.output)
    finally:
        store.close()
    say(course.summary)
    return Exit.FAILED if course.failed else Exit.DONE


def _work(asked: Request) -> Solving:
    from cnngrad.batch.solving import Solving

    return Solving(asked.settings, asked.options, asked.limits, int(asked.index_base), asked.names)


def _lines(outcomes: Generator[Outcome, None, None]) -> Generator[Line, None, None]:
    from cnngrad.batch.solving import failed_line

    with closing(outcomes):
        for outcome in outcomes:
            yield outcome.value if outcome.problem is None else failed_line(outcome.item, outcome.problem)


def _sheet(asked: Running, rows: Callable[[], Iterator[Row]]) -> Iterator[str]:
    """The text of a file that holds all rows."""
    if asked.format == "csv":
        from cnngrad.batch.sheet import table_of
        from cnngrad.render.csv_sheet import csv_lines

        return csv_lines(table_of(rows))
    from cnngrad.batch.rows import with_error
    from cnngrad.render.page.rows import render_rows

    return render_rows(lambda: map(with_error, rows()), "cnngrad batch")
