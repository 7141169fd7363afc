"""A solution as a reader wants to see it: which quantities, which cells of a trace, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from cnngrad.calculus.gradcheck import Gradcheck
from cnngrad.errors import CnngradError, Problem, option
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.solution import Solution, Solvable
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.numbers.exact import within

FILE_TERMS = 10
"""How many times more terms a file may have than a screen."""
TRACES = ("none", "brief", "full")
FIRST = 2
"""Cells of each quantity in a brief trace."""
TRIED = 64
"""How many cells are tried for one that is not merely zero times something."""
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
        return self.exercise.structure({name: self.arrays[name] for name in self.shown})

    @property
    def shown(self) -> tuple[str, ...]:
        """The results that the reader wants to see."""
        return self.only or tuple(self.arrays)

    @property
    def gradcheck(self) -> Gradcheck | None:
        """The gradient check, where it was asked for."""
        return self.gradient_check if self.options.gradcheck else None

    @property
    def passed(self) -> bool:
        """Whether every check that was made holds."""
        return self.gradcheck is None or self.gradcheck.passed

    @cached_property
    def traces(self) -> tuple[CellTrace, ...]:
        """The traces of the cells that the trace option asks for."""
        with within(self.limits):
            match self.options.trace:
                case "none":
                    return ()
                case "full":
                    self.refuse_terms()
                    names = traceable(self.derivation, self.shown)
                    return tuple(trace for name in names for trace in _traces(self.derivation, name))
                case _:
                    return tuple(brief_traces(self.derivation, self.only or self.derivation.first))

    def refuse_terms(self) -> None:
        """Refuse a full trace of too many terms before one is made: a file holds more than people read on a screen."""
        limit = self.limits.terms * (FILE_TERMS if self.options.to_file else 1)
        needed = sum(self.derivation.all_terms(name) for name in traceable(self.derivation, self.shown))
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
        tried = list(islice(_traces(derivation, name), count))
        telling = [trace for trace in tried if not all(term.vanishes for term in trace.terms)]
        yield from (telling or tried)[:FIRST]


def _traces(derivation: Derivation[Any], name: str) -> Iterator[CellTrace]:
    for index in np.ndindex(derivation.values[name].shape):
        yield derivation.trace(Cell(name, index))
