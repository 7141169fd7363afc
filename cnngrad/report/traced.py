"""The trace of a record, made while it is written: runs of cells by columns, and cells by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from cnngrad.exercise.columns import Columns, Factors, Texts
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.terms import CellTrace
from cnngrad.numbers.kinds import FLOAT, Array, Kind
from cnngrad.records import dataclass
from cnngrad.report.view import View
from cnngrad.windows.axis import Integers


@dataclass(frozen=True, eq=False)
class Run:
    """A run of cells, with all that is told of them: their names, values, formulas and terms."""

    names: list[str]
    values: Array
    formulas: list[str]
    columns: Columns


@dataclass(frozen=True, eq=False)
class Traced:
    """A trace that is gone through once, run by run; what comes cell by cell is a CellTrace."""

    entries: Iterable[Run | CellTrace]
    kind: Kind
    base: int

    def __iter__(self) -> Iterator[Run | CellTrace]:
        return iter(self.entries)

    def to_list(self) -> list[dict[str, Any]]:
        """The JSON objects of all cells."""
        plain = _Plain(self.kind)
        found: list[dict[str, Any]] = []
        for entry in self:
            found += plain.of_run(entry) if isinstance(entry, Run) else [entry.to_dict(self.kind, self.base)]
        return found


def traced(view: View[Any]) -> Traced:
    """The trace that the options ask for; too many terms are refused before it is made."""
    entries: Iterable[Run | CellTrace] = view.each_trace()
    if view.options.trace == "full":
        entries = (entry for name in view.traced for entry in _runs(view, name))
    return Traced(entries, view.exercise.kind, view.base)


def _runs(view: View[Any], quantity: str) -> Iterator[Run | CellTrace]:
    """All cells of a quantity."""
    for cells, columns in view.derivation.runs(quantity):
        if columns is None:
            yield from map(view.cell_trace, view.derivation.cells(quantity, cells))
        else:
            yield run_of(view.derivation, columns)


def run_of(derivation: Derivation[Any], columns: Columns) -> Run:
    """What is told of a run of cells."""
    quantity, cells = columns.quantity, columns.cells
    array = derivation.results[quantity]
    names = Factors(quantity, array, derivation.base).names(np.arange(cells.start, cells.stop))
    values = array.reshape(-1)[cells.start : cells.stop]
    return Run(names, values, derivation.formulas(quantity, cells), columns)


def entry_of(derivation: Derivation[Any], trace: CellTrace) -> Run | CellTrace:
    """A cell as it is written: by columns where its terms are in them."""
    return trace if isinstance(trace.terms, tuple) else run_of(derivation, trace.terms.columns)


def plain_values(kind: Kind, values: Array) -> list[Any]:
    """The JSON values of cells."""
    if kind is not FLOAT or values.dtype == object:
        return [kind.plain(value) for value in values]
    numbers = values.astype(np.float64) + 0.0  # a zero has no sign
    found: list[Any] = numbers.tolist()
    if not np.isfinite(numbers).all():
        return [number if number - number == 0.0 else None for number in found]
    return found


class _Plain:
    """Runs as plain values."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.names = Texts(Factors.names)

    def of_run(self, run: Run) -> Iterator[dict[str, Any]]:
        parts = [self._terms(run.columns, number) for number in range(len(run.columns.parts))]
        told = zip(run.names, plain_values(self.kind, run.values), run.formulas, strict=True)
        for place, (name, value, formula) in enumerate(told):
            terms = []
            for part, texts in zip(run.columns.parts, parts, strict=True):
                terms += texts[part.ends[place] : part.ends[place + 1]]
            yield {"cell": name, "value": value, "formula": formula, "terms": terms}

    def _terms(self, columns: Columns, number: int) -> list[dict[str, Any]]:
        part = columns.parts[number]
        names = zip(*(self.names.of(column) for column in part.columns), strict=True)
        values = zip(*(self._values(column.factors, column.numbers) for column in part.columns), strict=True)
        products = plain_values(self.kind, part.products())
        return [
            {"factors": [*factors], "values": [*numbers], "product": product}
            for factors, numbers, product in zip(names, values, products, strict=True)
        ]

    def _values(self, factors: Factors, numbers: Integers) -> list[Any]:
        return plain_values(self.kind, factors.values(numbers))
