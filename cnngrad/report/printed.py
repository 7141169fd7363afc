"""How many numbers a result prints, counted before one of them is written."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from cnngrad.calculus.laws import Law
from cnngrad.errors import option
from cnngrad.exercise.terms import CellTrace
from cnngrad.homework.verdict import Verdict
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import Array
from cnngrad.report.grids import kept_cells
from cnngrad.report.view import View


def allow_printed(limits: Limits, numbers: int, instead: str | None = None) -> None:
    """Refuse to print more numbers than the limit; `instead` is what else can be done."""
    if instead is None:
        instead = f"take {option('only')} or {option('trace', 'none')}, or "
    limits.allow("printed", numbers, f"the result: has {numbers:,} numbers to print", instead)


def of_page(view: View[Any], *, elide: bool) -> int:
    """The numbers on a page: what was given, the results and the trace; elided arrays count with what is shown."""
    given: Iterable[Array] = () if view.only else view.exercise.given.values()
    arrays = [*given, *(view.arrays[name] for name in view.shown)]
    cells = sum(kept_cells(array.shape, elide=elide) for array in arrays)
    return cells + _laws(view.laws) + _windows(view) + of_trace(view)


def of_record(view: View[Any]) -> int:
    """The numbers of a JSON object: all cells of the results, and the trace."""
    return sum(view.arrays[name].size for name in view.shown) + _laws(view.laws) + of_trace(view)


def of_verdict(verdict: Verdict, *, answers: bool) -> int:
    """The numbers of a check: each cell that is wrong or missing, and the right `answers` where they are told."""
    told = verdict.answers.values()
    right = sum(judged.truth.size for judged in told if judged.truth is not None) if answers else 0
    return sum(len(judged.wrong) + len(judged.missing) for judged in told) + right


def of_traces(traces: Iterable[CellTrace]) -> int:
    """The numbers of these traces: each cell, each factor and each product."""
    return sum(1 + sum(1 + len(term.factors) for term in trace.terms) for trace in traces)


def of_trace(view: View[Any]) -> int:
    """The numbers of the trace that the options ask for; a full one is counted before it is made."""
    if view.options.trace != "full":
        return of_traces(view.traces)
    names = [name for name in view.shown if name in view.derivation.traceable]
    view.refuse_terms()
    return sum(view.arrays[name].size + view.derivation.all_terms(name) for name in names)


def _laws(laws: tuple[Law, ...]) -> int:
    return 2 * len(laws)


def _windows(view: View[Any]) -> int:
    """A full trace of pooling draws every window."""
    if view.options.trace != "full" or view.only or view.exercise.op != "pool":
        return 0
    window: list[int] = view.exercise.settings()["window"]
    return view.arrays["Z"].size * math.prod(window)
