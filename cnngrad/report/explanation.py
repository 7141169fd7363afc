"""Why one cell has its value: the chain rule in symbols, then in numbers, then the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.report.blocks import Block, Grids, Heading, Page, Words, piece, pieces, words
from cnngrad.report.grids import Style
from cnngrad.report.lines import lines_of, running_lines
from cnngrad.report.page import heading
from cnngrad.report.pictures import part_pictures
from cnngrad.report.record import head
from cnngrad.report.view import View

FOLLOWED = 4
"""Cells of each quantity that a brief explanation follows back towards the loss."""


def explanation_page(view: View[Any], cells: tuple[str, ...]) -> Page:
    """The exercise, and the steps that lead to each of these cells, back to the loss."""
    return (
        *heading(view),
        *(block for cell in cells for block in (*steps(view, view.trace(cell)), *_back(view, cell))),
    )


def explanation_record(view: View[Any], cells: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object of `cnngrad explain`: the cells, and whatever gradients they came from."""
    wanted = [view.trace(cell) for cell in cells]
    traces = [*wanted, *(trace for cell in wanted for trace in followed(view, cell))]
    unique = {trace.cell: trace for trace in traces}
    return {**head(view), "trace": [trace.to_dict(view.exercise.kind, view.base) for trace in unique.values()]}


def steps(view: View[Any], trace: CellTrace) -> Iterator[Block]:
    """The steps that lead to one cell, without the exercise's own heading."""
    options = view.options
    style = Style(options.precision, view.base)
    name, quantity = style.name(trace.cell), trace.cell.quantity
    yield Heading(name)
    for line in view.derivation.chain(trace.cell):
        yield words(line, indent=2, hang=4)
    formula = Words((piece(name, quantity), *pieces(f"= {trace.formula}")), 2, len(name) + 5)
    write = running_lines if options.method == "scatter" else lines_of
    lines = write(trace, style, brief=options.trace == "brief")
    if formula.text != lines[0].text:
        yield formula
    yield from lines
    yield Grids(tuple(part_pictures(view.derivation, trace, style)))


def followed(view: View[Any], trace: CellTrace) -> Iterator[CellTrace]:
    """The gradients in the terms of a cell, the gradients in theirs, and so on to the loss."""
    most = FOLLOWED if view.options.trace == "brief" else view.limits.terms
    seen, level = {trace.cell}, [trace]
    while level:
        found: dict[str, list[Cell]] = {}
        for cell in (cell for earlier in level for cell in view.derivation.upstream(earlier)):
            cells = found.setdefault(cell.quantity, [])
            if cell not in seen and len(cells) < most:
                seen.add(cell)
                cells.append(cell)
        level = [view.derivation.trace(cell) for cells in found.values() for cell in cells]
        yield from level


def _back(view: View[Any], cell: str) -> Iterator[Block]:
    """Where the upstream gradients of a cell came from, one line of numbers each."""
    options = view.options
    style = Style(options.precision, view.base)
    traces = list(followed(view, view.trace(cell)))
    if traces:
        yield Heading("Back to the loss" if view.exercise.op == "network" else "Back to the output")
    for trace in traces:
        yield from lines_of(trace, style, brief=options.trace == "brief")
