"""A solution as a reader wants to see it: which quantities, which cells of a trace, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from cnngrad.errors import CnngradError, Problem, option
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.solution import Solution, Solvable
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.limits import Limits
from cnngrad.numbers.exact import within
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass

if TYPE_CHECKING:
    from cnngrad.calculus.gradcheck import Gradcheck

FILE_TERMS = 10
"""How many times more terms a file may have than a screen."""
TRACES = ("none", "brief", "full")
FIRST = 2
"""Cells of each quantity in a brief trace."""
TRIED = 64
"""How many cells are tried for one that is not merely zero times something."""
SHOWN_ALONE = 100
"""Terms that are not 0, and are shown, of a cell that is asked for by name."""
READABLE = 10_000
"""Terms of one cell that a brief trace still lists."""


@dataclass(frozen=True)
class Options:
    """How a solution is shown: `trace` none, brief or full; `precision` in decimals."""

    trace: str = "brief"
    method: str = "gather"
    precision: int | None = None
    gradcheck: bool = False
    to_file: bool = False
    rounding: int | None = None
    shift: tuple[int, ...] | None = None


@dataclass(frozen=True)
class View(Solution[Solvable]):
    """A solution with the options of its reader."""

    options: Options = field(default_factory=Options)

    @property
    def results(self) -> Mapping[str, Any]:
        """The results as the JSON object has them, with arrays for lists."""
        return self.exercise.structure(self.shown_arrays)

    @cached_property
    def shown_arrays(self) -> Mapping[str, Array]:
        """What the reader wants to see by its name, in the order in which it is shown."""
        if not self.only:
            return self.arrays
        return {name: self.derivation.values[name] for name in self.wanted}

    @property
    def shown(self) -> tuple[str, ...]:
        """The results that the reader wants to see."""
        return tuple(self.shown_arrays)

    @property
    def gradcheck(self) -> Gradcheck | None:
        """The gradient check, where it was asked for."""
        return self.gradient_check if self.options.gradcheck else None

    @property
    def passed(self) -> bool:
        """Whether every check that was made holds."""
        return self.gradcheck is None or self.gradcheck.passed

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the exercise is probably not meant."""
        warnings = self.exercise.record.part("warnings")
        return tuple(warnings(self.exercise)) if warnings else ()

    @cached_property
    def traces(self) -> tuple[CellTrace, ...]:
        """The traces of the cells that the trace option asks for."""
        return tuple(self.each_trace())

    def each_trace(self) -> Iterator[CellTrace]:
        """The same traces one by one, each made when it is asked for; too many terms are refused before."""
        if self.options.trace == "none":
            return iter(())
        if self.options.trace == "brief":
            with within(self.limits):
                return iter([*brief_traces(self.derivation, self.wanted or self.derivation.first)])
        self.refuse_terms()
        cells = (Cell(name, index) for name in self.traced for index in np.ndindex(self.derivation.values[name].shape))
        return map(self.cell_trace, cells)

    def cell_trace(self, cell: Cell) -> CellTrace:
        """Why one cell of a result has its value."""
        with within(self.limits):
            return self.derivation.trace(cell)

    @property
    def traced(self) -> list[str]:
        """The quantities whose cells are in a full trace."""
        return traceable(self.derivation, self.shown)

    def refuse_terms(self) -> None:
        """Refuse a full trace of too many terms before one is made: a file holds more than people read on a screen."""
        limit = self.limits.terms * (FILE_TERMS if self.options.to_file else 1)
        needed = sum(map(self.derivation.all_terms, self.traced))
        if needed > limit:
            to_file, brief = option("output", "FILE", "write them with {}, "), option("trace", "brief")
            ways = f"{to_file}take {brief}, or raise the limit with {option('limit', f'terms={needed}')}"
            raise CnngradError(Problem(f"more than {limit:,} terms; {ways}", option("trace", "full")))


def traceable(derivation: Derivation[Any], names: Iterable[str]) -> list[str]:
    """Those of the quantities whose cells have terms."""
    return [name for name in names if name in derivation.traceable]


def brief_traces(derivation: Derivation[Any], names: Iterable[str]) -> Iterator[CellTrace]:
    """The first cells of each quantity that show something other than zeros, or else the first."""
    for name in traceable(derivation, names):
        terms = derivation.most_terms(name)
        if terms > READABLE:
            continue
        count = max(FIRST, min(TRIED, READABLE // max(terms, 1)))
        yield from _first_telling(islice(_traces(derivation, name), count))


def _first_telling(traces: Iterable[CellTrace]) -> list[CellTrace]:
    """The first traces with a term that is not zero, or else the first; no more are made than are needed for that."""
    first, telling = list[CellTrace](), list[CellTrace]()
    for trace in traces:
        if len(first) < FIRST:
            first.append(trace)
        if not all(term.vanishes for term in trace.terms):
            telling.append(trace)
        if len(telling) == FIRST:
            break
    return telling or first


def _traces(derivation: Derivation[Any], name: str) -> Iterator[CellTrace]:
    for index in np.ndindex(derivation.values[name].shape):
        yield derivation.trace(Cell(name, index))


# --- how many numbers are printed, counted before one of them is written


def allow_printed(limits: Limits, numbers: int, instead: str | None = None) -> None:
    """Refuse to print more numbers than the limit; `instead` is what else can be done."""
    if numbers <= limits.printed:
        return
    if instead is None:
        instead = f"take {option('only')} or {option('trace', 'none')}, or "
    limits.allow("printed", numbers, f"the result: has {numbers:,} numbers to print", instead)


def printed_on_page(view: View[Any], *, elide: bool) -> int:
    """The numbers on a page: what was given, the results and the trace; elided arrays count with what is shown."""
    from cnngrad.report.planes import kept_cells

    given: Iterable[Array] = () if view.only else view.exercise.given.values()
    arrays = [*given, *view.shown_arrays.values()]
    cells = sum(kept_cells(array.shape, elide=elide) for array in arrays)
    return cells + 2 * len(view.laws) + _printed_windows(view) + _printed_in_trace(view)


def printed_in_record(view: View[Any]) -> int:
    """The numbers of a JSON object: all cells of the results, and the trace."""
    return sum(array.size for array in view.shown_arrays.values()) + 2 * len(view.laws) + _printed_in_trace(view)


def printed_in_traces(traces: Iterable[CellTrace]) -> int:
    """The numbers of these traces: each cell, each factor and each product."""
    return sum(1 + sum(1 + len(term.factors) for term in trace.terms) for trace in traces)


def printed_in_explanation(view: View[Any], cells: Iterable[str], *, on_page: bool) -> int:
    """The numbers of the traces of these cells. Of a cell with very many terms, a page has those that it shows alone,
    and a file is as large as its terms allow."""
    return sum(_printed_of_cell(view, view.trace(cell), on_page) for cell in cells)


def _printed_of_cell(view: View[Any], trace: CellTrace, on_page: bool) -> int:
    if isinstance(trace.terms, tuple):
        return printed_in_traces([trace])
    if on_page and view.options.trace == "brief":
        return 1 + SHOWN_ALONE * (1 + len(trace.terms[0].factors))
    if view.options.to_file:
        return 0
    return 1 + sum(int(part.ends[-1]) * (1 + len(part.columns)) for part in trace.terms.columns.parts)


def _printed_in_trace(view: View[Any]) -> int:
    """The numbers of the trace that the options ask for. A full one is counted before it is made; in a file, where it
    is not held, its terms are enough."""
    if view.options.trace != "full":
        return printed_in_traces(view.traces)
    view.refuse_terms()
    if view.options.to_file:
        return 0
    return sum(view.arrays[name].size + view.derivation.all_terms(name) for name in view.traced)


def _printed_windows(view: View[Any]) -> int:
    """A full trace of pooling draws every window."""
    if view.options.trace != "full" or view.only or view.exercise.op != "pool":
        return 0
    window: list[int] = view.exercise.settings()["window"]
    return view.arrays["Z"].size * math.prod(window)
