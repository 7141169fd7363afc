"""Why one cell has its value: the chain rule in symbols, then in numbers, then the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngrad.exercise.solution import Run
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.report.blocks import Block, Grids, Heading, Page, Words, piece, pieces, words
from cnngrad.report.grids import Style
from cnngrad.report.page import heading
from cnngrad.report.pictures import part_pictures
from cnngrad.report.record import head
from cnngrad.report.sums import lines_of, running_lines

FOLLOWED = 4
"""Cells of each quantity that a brief explanation follows back towards the loss."""


def explanation_page(run: Run, cells: tuple[str, ...]) -> Page:
    """The exercise, and the steps that lead to each of these cells, back to the loss."""
    return (*heading(run), *(block for cell in cells for block in (*steps(run, run.trace(cell)), *_back(run, cell))))


def explanation_record(run: Run, cells: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object of `cnngrad explain`: the cells, and whatever gradients they came from."""
    wanted = [run.trace(cell) for cell in cells]
    traces = [*wanted, *(trace for cell in wanted for trace in followed(run, cell))]
    unique = {trace.cell: trace for trace in traces}
    return {**head(run), "trace": [trace.to_dict(run.exercise.kind, run.options.base) for trace in unique.values()]}


def steps(run: Run, trace: CellTrace) -> Iterator[Block]:
    """The steps that lead to one cell, without the exercise's own heading."""
    options = run.options
    style = Style(options.precision, options.base)
    name, quantity = style.name(trace.cell), trace.cell.quantity
    yield Heading(name)
    for line in run.derivation.chain(trace.cell):
        yield words(line, indent=2, hang=4)
    formula = Words((piece(name, quantity), *pieces(f"= {trace.formula}")), 2, len(name) + 5)
    write = running_lines if options.method == "scatter" else lines_of
    lines = write(trace, style, brief=options.trace == "brief")
    if formula.text != lines[0].text:
        yield formula
    yield from lines
    yield Grids(tuple(part_pictures(run.derivation, trace, style)))


def followed(run: Run, trace: CellTrace) -> Iterator[CellTrace]:
    """The gradients in the terms of a cell, the gradients in theirs, and so on to the loss."""
    most = FOLLOWED if run.options.trace == "brief" else run.options.limits.terms
    seen, level = {trace.cell}, [trace]
    while level:
        found: dict[str, list[Cell]] = {}
        for cell in (cell for earlier in level for cell in run.derivation.upstream(earlier)):
            cells = found.setdefault(cell.quantity, [])
            if cell not in seen and len(cells) < most:
                seen.add(cell)
                cells.append(cell)
        level = [run.derivation.trace(cell) for cells in found.values() for cell in cells]
        yield from level


def _back(run: Run, cell: str) -> Iterator[Block]:
    """Where the upstream gradients of a cell came from, one line of numbers each."""
    options = run.options
    style = Style(options.precision, options.base)
    traces = list(followed(run, run.trace(cell)))
    if traces:
        yield Heading("Back to the loss" if run.exercise.op == "network" else "Back to the output")
    for trace in traces:
        yield from lines_of(trace, style, brief=options.trace == "brief")
