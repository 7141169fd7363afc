"""Many specs, or any work on many items, from Python: a result for each, as it comes, in order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib import import_module
from operator import attrgetter
from typing import Any

from cnngrad.api.solve import Limited, Spec, check_choice, limits_of
from cnngrad.batch.cluster import outcomes_at
from cnngrad.batch.items import items_of_values
from cnngrad.batch.pool import Bounds, Outcome, Work
from cnngrad.batch.rows import error_row
from cnngrad.batch.sizes import bytes_of
from cnngrad.batch.solving import Solving, failed_line
from cnngrad.errors import CnngradError, Problem, excerpt
from cnngrad.methods import METHODS
from cnngrad.report.view import TRACES, Options
from cnngrad.spec.tree import Document


def run_many(
    items: Spec | Iterable[Any],
    *,
    work: Callable[[Any], Any] | str | None = None,
    jobs: int | None = None,
    timeout: float = 60,
    memory: str | int = "2GiB",
    trace: str = "none",
    method: str = "gather",
    index_base: int = 0,
    gradcheck: bool = False,
    only: Sequence[str] = (),
    limit: Limited = (),
    scheduler: str | None = None,
    scheduler_file: str | None = None,
) -> Iterator[Any]:
    """Solve many specs in parallel: a dict for each, the JSON object of `cnngrad batch`, in the order of the items.

    `items` are specs as dicts, and paths as the command line takes them: files, folders, globs, files of JSON Lines,
    `example:NAME`. Each of `jobs` workers (None: one for each core) has `timeout` seconds for an item and `memory`; the
    other options are those of `run`. `work`, a function that stands in a module or its name as "module:name", is
    called with each item as it is, and its values are given. `scheduler` is the address of a Dask cluster that computes
    them, as in "tcp://host:8786", or `scheduler_file` the file that its scheduler wrote.

    An item that fails, crashes or takes too long gives `{"format": 1, "source": ..., "error": {"message": ..., "line":
    ..., "column": ..., "key": ...}}`, where an item without a name is "items[0]", "items[1]", ... Items are taken as
    they are needed. Raises CnngradError for arguments that cannot be used.
    """
    bounds = Bounds(jobs, timeout, bytes_of(memory))
    bounds.check()
    check_choice("trace", trace, TRACES)
    check_choice("method", method, tuple(METHODS))
    check_choice("index_base", index_base, (0, 1))
    given = [items] if isinstance(items, str | os.PathLike | Mapping | Document) else items
    place = scheduler, scheduler_file
    if work is not None:
        return _values(outcomes_at(*place, given, _found(work) if isinstance(work, str) else work, bounds))
    limits = limits_of(limit)
    names = tuple(only.split(",") if isinstance(only, str) else only)
    solving = Solving((), Options(trace, method, gradcheck=gradcheck), limits, index_base, names)
    return _rows(outcomes_at(*place, items_of_values(given, limits), solving, bounds))


def _rows(found: Generator[Outcome, None, None]) -> Iterator[dict[str, Any]]:
    with closing(found):
        for outcome in found:
            line = outcome.value if outcome.problem is None else failed_line(outcome.item, outcome.problem)
            yield json.loads(line.text)


def _values(found: Generator[Outcome, None, None]) -> Iterator[Any]:
    with closing(found):
        for number, outcome in enumerate(found):
            if outcome.problem is None:
                yield outcome.value
            else:
                name = outcome.item if isinstance(outcome.item, str) else f"items[{number}]"
                yield error_row(name, outcome.problem)


def _found(name: str) -> Work:
    """The function of this name, `module:function`; CnngradError where there is none."""
    module, colon, function = name.partition(":")
    try:
        if not colon:
            raise ValueError("it has no colon")
        found = attrgetter(function)(import_module(module))
    except Exception as error:
        says = f"{excerpt(name)} cannot be imported ({type(error).__name__}: {error}); write module:function"
        raise CnngradError(Problem(says, "work")) from None
    if not callable(found):
        raise CnngradError(Problem(f"{excerpt(name)} is no function", "work"))
    work: Work = found
    return work
