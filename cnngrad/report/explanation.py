"""Why one cell has its value: the chain rule in symbols, then in numbers, then the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnngrad.explain.terms import CellTrace
from cnngrad.report.blocks import Block, Grids, Heading, Page, Words, piece, pieces, words
from cnngrad.report.grids import Style
from cnngrad.report.page import heading
from cnngrad.report.pictures import part_pictures
from cnngrad.report.record import head
from cnngrad.report.result import Result
from cnngrad.report.sums import lines_of, running_lines


@dataclass(frozen=True)
class Explanation:
    """The steps that lead to one cell. `print` shows them; Jupyter shows a table."""

    result: Result
    trace: CellTrace

    @property
    def value(self) -> Any:
        """The number that is explained."""
        return self.trace.value

    def to_dict(self) -> dict[str, Any]:
        """The trace as plain Python."""
        return self.trace.to_dict(self.result.exercise.kind, self.result.options.base)

    def __str__(self) -> str:
        from cnngrad.render.text import render

        return render(tuple(self.blocks()))

    def _repr_html_(self) -> str:
        from cnngrad.render.notebook import steps_table

        return steps_table(self.to_dict())

    def blocks(self) -> Iterator[Block]:
        """The blocks of this cell, without the exercise's own heading."""
        options = self.result.options
        style = Style(options.precision, options.base)
        name, quantity = style.name(self.trace.cell), self.trace.cell.quantity
        yield Heading(name)
        for line in self.result.reading.chain(self.trace.cell):
            yield words(line, indent=2, hang=4)
        yield Words((piece(name, quantity), *pieces(f"= {self.trace.formula}")), 2, len(name) + 5)
        write = running_lines if options.method == "scatter" else lines_of
        yield from write(self.trace, style, brief=options.trace == "brief")
        yield Grids(tuple(part_pictures(self.result.reading, self.trace, style)))


def explanation_page(result: Result, cells: tuple[str, ...]) -> Page:
    """The page of `cnngrad explain`."""
    blocks: list[Block] = list(heading(result))
    for cell in cells:
        blocks += result.explain(cell).blocks()
    return tuple(blocks)


def explanation_record(result: Result, cells: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object of `cnngrad explain`."""
    return {**head(result), "trace": [result.explain(cell).to_dict() for cell in cells]}
