"""How many numbers a result prints, counted before one of them is written."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cnngrad.calculus.laws import Law
from cnngrad.exercise.solution import Run
from cnngrad.exercise.terms import CellTrace
from cnngrad.homework.verdict import Verdict
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import Array
from cnngrad.report.grids import kept_cells

INSTEAD = "take --only or --trace none, or "


def allow_printed(limits: Limits, numbers: int, instead: str = INSTEAD) -> None:
    """Refuse to print more numbers than the limit."""
    limits.allow("printed", numbers, f"the result: has {numbers:,} numbers to print", instead)


def of_page(run: Run, *, elide: bool) -> int:
    """The numbers on a page: what was given, the results and the trace; elided arrays count with what is shown."""
    given: Iterable[Array] = () if run.options.only else run.exercise.given.values()
    arrays = [*given, *(run.arrays[name] for name in run.shown)]
    cells = sum(kept_cells(array.shape, elide=elide) for array in arrays)
    return cells + _laws(run.solved.laws) + _windows(run) + of_trace(run)


def of_record(run: Run) -> int:
    """The numbers of a JSON object: all cells of the results, and the trace."""
    return sum(run.arrays[name].size for name in run.shown) + _laws(run.solved.laws) + of_trace(run)


def of_verdict(verdict: Verdict, *, answers: bool) -> int:
    """The numbers of a check: each cell that is wrong or missing, and the right `answers` where they are told."""
    told = verdict.answers.values()
    right = sum(judged.truth.size for judged in told if judged.truth is not None) if answers else 0
    return sum(len(judged.wrong) + len(judged.missing) for judged in told) + right


def of_traces(traces: Iterable[CellTrace]) -> int:
    """The numbers of these traces: each cell, each factor and each product."""
    return sum(1 + sum(1 + len(term.factors) for term in trace.terms) for trace in traces)


def of_trace(run: Run) -> int:
    """The numbers of the trace that the options ask for; a full one is counted before it is made."""
    if run.options.trace != "full":
        return of_traces(run.traces)
    names = [name for name in run.shown if name in run.derivation.traceable]
    run.refuse_terms()
    return sum(run.arrays[name].size + run.derivation.all_terms(name) for name in names)


def _laws(laws: tuple[Law, ...]) -> int:
    return 2 * len(laws)


def _windows(run: Run) -> int:
    """A full trace of pooling draws every window."""
    if run.options.trace != "full" or run.options.only or run.exercise.op != "pool":
        return 0
    window: list[int] = run.exercise.settings()["window"]
    return run.arrays["Z"].size * math.prod(window)
