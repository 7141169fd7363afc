"""The trace of a record as text, run by run: of each term only its product is made into text, the rest is picked from
the texts of the arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from cnngrad.exercise.columns import RUN, Factors, Part, Texts
from cnngrad.exercise.terms import CellTrace
from cnngrad.records import dataclass
from cnngrad.report.traced import Run, Traced, plain_values
from cnngrad.windows.axis import Integers


@dataclass(frozen=True)
class Form:
    """What stands around the names and numbers of a trace, in order."""

    cell: str
    value: str
    formula: str
    terms: str
    factors: str
    values: str
    product: str
    term_end: str
    between_terms: str
    cell_end: str
    between_cells: str
    no_terms: str
    """in place of `terms` and the end of the cell, where it has none"""


@dataclass(frozen=True)
class Spelling:
    """How a format writes names and numbers."""

    form: Form
    names: Callable[[list[str]], list[str]]
    """names of cells, in a list"""
    numbers: Callable[[list[Any]], list[str]]
    """plain values (numbers, strings, None), in a list"""
    texts: Callable[[list[str]], list[str]]
    """names and formulas, each the value of a key"""
    values: Callable[[list[Any]], list[str]]
    """plain values, each the value of a key"""


def written(traced: Traced, spelling: Spelling) -> Iterator[str]:
    """All cells, with what stands between them."""
    writer = _Writer(traced, spelling)
    between = ""
    for entry in traced:
        for text in writer.of_cell(entry) if isinstance(entry, CellTrace) else writer.of_run(entry):
            yield between + text if between else text
            between = ""
        between = spelling.form.between_cells


class _Writer:
    def __init__(self, traced: Traced, spelling: Spelling) -> None:
        self._kind, self._base, self._spelling, self._form = traced.kind, traced.base, spelling, spelling.form
        self._names = Texts(lambda factors, numbers: spelling.names(factors.names(numbers)))
        self._numbers = Texts(self._values)

    def of_cell(self, trace: CellTrace) -> Iterator[str]:
        """A cell by itself."""
        form, spelling, base = self._form, self._spelling, self._base
        head = self._head([trace.cell.name(base)], [self._kind.plain(trace.value)], [trace.formula])[0]
        terms = []
        for term in trace.terms:
            names = ", ".join(spelling.names([factor.name(base) for factor in term.factors]))
            numbers = ", ".join(spelling.numbers([self._kind.plain(factor.value) for factor in term.factors]))
            (product,) = spelling.values([self._kind.plain(term.product)])
            terms.append(f"{form.factors}{names}{form.values}{numbers}{form.product}{product}{form.term_end}")
        yield f"{head}{form.terms}{form.between_terms.join(terms)}{form.cell_end}" if terms else head + form.no_terms

    def of_run(self, run: Run) -> Iterator[str]:
        """The cells of a run, or a cell with very many terms piece by piece."""
        if len(run.names) == 1 and len(run.columns) > RUN:
            yield from self._long(run)
            return
        form, parts = self._form, [(part.ends.tolist(), self._terms(part)) for part in run.columns.parts]
        heads = self._heads(run)
        if len(parts) == 1:
            (ends, terms), *_ = parts
            each = (terms[start:end] for start, end in pairwise(ends))
        else:
            each = (
                [text for ends, terms in parts for text in terms[ends[place] : ends[place + 1]]]
                for place in range(len(heads))
            )
        join, opening, end = form.between_terms.join, form.terms, form.cell_end
        cells = [
            f"{head}{opening}{join(terms)}{end}" if terms else f"{head}{form.no_terms}"
            for head, terms in zip(heads, each, strict=True)
        ]
        yield form.between_cells.join(cells)

    def _long(self, run: Run) -> Iterator[str]:
        form, between = self._form, ""
        yield self._heads(run)[0] + form.terms
        for part in run.columns.parts:
            for start in range(0, int(part.ends[-1]), RUN):
                yield between + form.between_terms.join(self._terms(part, start, start + RUN))
                between = form.between_terms
        yield form.cell_end

    def _heads(self, run: Run) -> list[str]:
        return self._head(run.names, plain_values(self._kind, run.values), run.formulas)

    def _head(self, names: list[str], values: list[Any], formulas: list[str]) -> list[str]:
        """What stands before the terms of each cell."""
        form, spelling = self._form, self._spelling
        told = zip(spelling.texts(names), spelling.values(values), spelling.texts(formulas), strict=True)
        return [f"{form.cell}{a}{form.value}{b}{form.formula}{c}" for a, b, c in told]

    def _terms(self, part: Part, start: int = 0, end: int | None = None) -> list[str]:
        form = self._form
        opening, values, product, ending = form.factors, form.values, form.product, form.term_end
        names = [self._names.of(column, start, end) for column in part.columns]
        numbers = [self._numbers.of(column, start, end) for column in part.columns]
        products = self._spelling.values(plain_values(self._kind, part.products(start, end)))
        if len(names) == 2:  # nearly all terms, which need no list of their factors
            return [
                f"{opening}{a}, {b}{values}{x}, {y}{product}{xy}{ending}"
                for a, b, x, y, xy in zip(*names, *numbers, products, strict=True)
            ]
        join = ", ".join
        each = zip(map(join, zip(*names, strict=True)), map(join, zip(*numbers, strict=True)), products, strict=True)
        return [f"{opening}{factors}{values}{cells}{product}{xy}{ending}" for factors, cells, xy in each]

    def _values(self, factors: Factors, numbers: Integers) -> list[str]:
        return self._spelling.numbers(plain_values(self._kind, factors.values(numbers)))
