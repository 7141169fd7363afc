"""Why one cell has its value: the chain rule in symbols, then in numbers, then the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngrad.explain.terms import CellTrace
from cnngrad.report.blocks import Block, Grids, Heading, Page, Words, piece, pieces, words
from cnngrad.report.grids import Style
from cnngrad.report.page import heading
from cnngrad.report.pictures import part_pictures
from cnngrad.report.record import head
from cnngrad.report.run import Run
from cnngrad.report.sums import lines_of, running_lines


def explanation_page(run: Run, cells: tuple[str, ...]) -> Page:
    """The exercise, and the steps that lead to each of these cells."""
    return (*heading(run), *(block for cell in cells for block in steps(run, run.trace(cell))))


def explanation_record(run: Run, cells: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object of `cnngrad explain`."""
    traces = [run.trace(cell).to_dict(run.exercise.kind, run.options.base) for cell in cells]
    return {**head(run), "trace": traces}


def steps(run: Run, trace: CellTrace) -> Iterator[Block]:
    """The steps that lead to one cell, without the exercise's own heading."""
    options = run.options
    style = Style(options.precision, options.base)
    name, quantity = style.name(trace.cell), trace.cell.quantity
    yield Heading(name)
    for line in run.reading.chain(trace.cell):
        yield words(line, indent=2, hang=4)
    yield Words((piece(name, quantity), *pieces(f"= {trace.formula}")), 2, len(name) + 5)
    write = running_lines if options.method == "scatter" else lines_of
    yield from write(trace, style, brief=options.trace == "brief")
    yield Grids(tuple(part_pictures(run.reading, trace, style)))
