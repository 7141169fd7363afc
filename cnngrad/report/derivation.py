"""The derivation on a page: the chosen method's idea, its formulas, its matrices and its cells; why one cell has its
value, step by step back to the loss; and what a shifted input changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cnngrad.errors import CnngradError, Problem, option
from cnngrad.exercise.derivation import GIVEN, Derivation
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.methods import agreeing, effort
from cnngrad.numbers.exact import within
from cnngrad.numbers.kinds import FLOAT, SYMBOLIC
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, Series, Sign, Words, piece, pieces, words
from cnngrad.report.grids import grids_of, part_pictures
from cnngrad.report.lines import definition_line, lines_of, remark_line, running_lines
from cnngrad.report.planes import Style
from cnngrad.report.view import SHOWN_ALONE, View, traceable
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.methods.matrix import Exhibit
    from cnngrad.methods.shift import Compared

EXHIBITED = 1_000_000
"""Cells that a method goes through up to which its matrices are shown."""
COMPARED = 20_000
"""Multiply-adds up to which the method is computed whole and compared with the results."""
FOLLOWED = 4
"""Cells of each quantity that a brief explanation follows back towards the loss."""


def derivation(view: View[Any], style: Style) -> Iterator[Block]:
    """How the numbers came about, as the trace and method options say."""
    if view.options.trace == "none":
        return
    method = view.options.method
    yield Heading("Derivation")
    ideas_of = view.exercise.record.part("ideas")
    ideas = None if ideas_of is None else ideas_of(view.exercise)
    if ideas:
        yield words(f"{method}: {ideas[method]}", indent=2, hang=4)
    if view.derivation.rule:
        yield words(view.derivation.rule, indent=2, hang=4)
    yield from _formulas(view, method, rotated="Z" if view.exercise.settings().get("transposed") else "dA")
    if ideas:
        if effort(view.exercise) <= EXHIBITED:
            yield from _exhibits(view.exercise, method, style)
        yield from _agreement(view, method)
    yield from cells_of_trace(view, style)


def _formulas(view: View[Any], method: str, rotated: str) -> Iterator[Block]:
    for quantity in view.derivation.traceable:
        name, equals, right = view.derivation.general(quantity).partition(" = ")
        text = right
        if method == "scatter":
            equals, text = " += ", f"{right.removeprefix('sum of ')}, window by window"
        elif method == "rotate" and quantity == rotated and view.exercise.op == "conv":
            text = f"sum of D*R with R at each position of D = {right}"
        yield Words((piece(name, quantity), *pieces(f"{equals.strip()} {text}")), 2, len(name) + 5)


def _exhibits(exercise: Any, method: str, style: Style) -> Iterator[Block]:
    found: list[Exhibit] = exercise.record.part("exhibits")(exercise, method)
    drawn = (grids_of(each.symbol, each.cells, "HW", style, title=each.title, text_of=_dots(each)) for each in found)
    if shown := tuple(grid for grids in drawn for grid in grids):
        yield Grids(shown)


def _dots(exhibit: Exhibit) -> Callable[[Index], str | None]:
    """The zeros of a sparse matrix as dots, so that its pattern shows."""
    return lambda index: "·" if exhibit.sparse and not exhibit.cells[index] else None


def _agreement(view: View[Any], method: str) -> Iterator[Block]:
    if effort(view.exercise) > COMPARED:
        yield Note(f"{method} was computed for the cells shown; up to {COMPARED:,} multiply-adds all are compared")
        return
    names = ", ".join(agreeing(view.exercise, method, view.arrays))
    yield Words((piece("[ok]", "right"), *pieces(f"{method} alone gives the same {names}")), 2, 7)


def cells_of_trace(view: View[Any], style: Style) -> Iterator[Block]:
    """The cells that the trace option asks for, and how many were left out."""
    if view.options.trace == "full":
        yield from full_trace(view, traceable(view.derivation, view.shown), style)
        return
    write = running_lines if view.options.method == "scatter" else lines_of
    quantity = ""
    for trace in view.traces:
        if trace.cell.quantity != quantity:
            yield words("")
        quantity = trace.cell.quantity
        yield from write(trace, style)
    cells = sum(view.arrays[name].size for name in view.shown if name in view.derivation.traceable)
    left = cells - len(view.traces)
    if left > 0:
        plural = "s are" if left > 1 else " is"
        full = option("trace", "full")
        yield Note(f"{left} more cell{plural} not shown: {full} shows all, 'cnngrad explain' any one")


def full_trace(view: View[Any], names: Iterable[str], style: Style) -> Iterator[Block]:
    """All cells of these quantities.

    Floats are written while they are made; fractions and formulas, of which one may be too long, are all made before.
    """
    view.refuse_terms()
    if view.exercise.kind is FLOAT:
        yield Series(partial(_each_run, view, tuple(names), style))
        return
    with within(view.limits):
        yield from [*_each_run(view, names, style)]


def _each_run(view: View[Any], names: Iterable[str], style: Style) -> Iterator[Block]:
    from cnngrad.report.sums import Writer  # a brief trace does not need it

    derivation, writer = view.derivation, Writer(style)
    write = running_lines if view.options.method == "scatter" else lines_of
    lines = write is lines_of and view.exercise.kind is not SYMBOLIC
    for name in names:
        yield words("")
        by_columns = lines and not derivation.fills_in(name)
        for cells, columns in derivation.runs(name):
            if by_columns and columns is not None:
                yield writer.sums(columns, derivation.values[name])
                continue
            for cell in derivation.cells(name, cells):
                with within(view.limits, counted=False):
                    found = write(derivation.trace(cell), style, brief=False)
                yield from found


# --- one cell


def steps(view: View[Any], trace: CellTrace) -> Iterator[Block]:
    """The steps that lead to one cell, without the exercise's own heading."""
    style = Style(view.options.precision, view.base)
    name, quantity, told = style.name(trace.cell), trace.cell.quantity, by_method(view, trace)
    yield Heading(name)
    if quantity in view.derivation.traceable:
        for line in view.derivation.chain(trace.cell):
            yield words(line, indent=2, hang=4)
    formula = Words((piece(name, quantity), *pieces(f"= {trace.formula}")), 2, len(name) + 5)
    if idea := _idea(view, trace):
        yield words(idea, indent=2, hang=4)
    lines = _told(view, told, style)
    if formula.text != lines[0].text and trace.formula != GIVEN:
        yield formula
    yield from lines
    if rule := view.derivation.rule_of(quantity):
        yield words(rule, indent=4, hang=2)
    yield from said_of(view.derivation, trace, style)
    if view.options.method in ("rotate", "matrix"):
        part, _, _ = _part(view, trace)
        if part is not None and effort(part.exercise) <= EXHIBITED:
            yield Note(_first_of(part.exercise))
            yield from _exhibits(part.exercise, view.options.method, style)
    yield Grids(tuple(part_pictures(view.derivation, trace, style)))


def _first_of(exercise: LayerExercise[Any]) -> str:
    """What the indices of the matrices are."""
    single = exercise.layer.batch == 1 and exercise.settings().get("groups", 1) == 1
    return f"the indices above are those of these matrices{'' if single else ', each image and group has its own'}"


def by_method(view: View[Any], trace: CellTrace) -> CellTrace:
    """The terms of a cell as the chosen method has them; CnngradError where the method does nothing for the cell."""
    method = view.options.method
    if method == "gather":
        return trace
    part, own, owner = _part(view, trace)
    retold = None if part is None else part.exercise.record.part("retold")
    found: CellTrace | None = None if retold is None else retold(part, own, method)
    if found is None:
        says = f"{method} shows nothing of its own for {trace.cell.name(view.base)}; take gather"
        raise CnngradError(Problem(says, option("method")))
    if method == "scatter":
        return replace(trace, written=None)
    return found if owner is None else replace(found, cell=trace.cell)


def _part(view: View[Any], trace: CellTrace) -> tuple[Derivation[Any] | None, CellTrace, str | None]:
    """The derivation of the layer whose cell this is, its own trace of the cell, and its name in a network."""
    found: Mapping[str, Derivation[Any]] | None = getattr(view.derivation, "parts", None)
    if found is None:
        return view.derivation, trace, None
    owner, _, symbol = trace.cell.quantity.rpartition(".")
    if owner not in found or symbol not in found[owner].traceable:
        return None, trace, owner
    return found[owner], found[owner].trace(Cell(symbol, trace.cell.index)), owner


def _idea(view: View[Any], trace: CellTrace) -> str:
    """What the chosen method does, where it is another than the usual one."""
    part, _, _ = _part(view, trace)
    method = view.options.method
    if method == "gather" or part is None:
        return ""
    return f"{method}: {part.exercise.record.part('ideas')(part.exercise)[method]}"


def _told(view: View[Any], trace: CellTrace, style: Style) -> list[Words]:
    """The sum of one cell: every term that is not 0, as far as anybody reads."""
    write = running_lines if view.options.method == "scatter" else lines_of
    return write(trace, style, brief=view.options.trace == "brief", most=SHOWN_ALONE)


def said_of(derivation: Derivation[Any], trace: CellTrace, style: Style) -> Iterator[Words]:
    """What the symbols of a cell are, and why it is 0, or where it is used; each thing once."""
    lines = [definition_line(definition, style) for definition in derivation.definitions(trace)]
    lines += [remark_line(remark, style) for remark in derivation.reasons(trace)]
    yield from dict.fromkeys(lines)


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
        level = [view.derivation.explain(cell) for cells in found.values() for cell in cells]
        yield from level


def back(view: View[Any], cell: str) -> Iterator[Block]:
    """Where the upstream gradients of a cell came from, one line of numbers each."""
    options = view.options
    style = Style(options.precision, view.base)
    traces = list(followed(view, view.trace(cell)))
    known = set(said_of(view.derivation, view.trace(cell), style))
    if traces:
        yield Heading("Back to the loss" if view.exercise.op == "network" else "Back to the output")
    for trace in traces:
        yield from lines_of(trace, style, brief=options.trace == "brief")
        new = [line for line in said_of(view.derivation, trace, style) if line not in known]
        known |= {*new}
        yield from new


# --- on a shifted input


def shift_blocks(view: View[Any], style: Style) -> Iterator[Block]:
    """The layer again on a shifted input, where the option asks for it."""
    if view.options.shift is None or not isinstance(view.exercise, LayerExercise):
        return
    from cnngrad.methods.shift import shifted

    found = shifted(view.exercise, view.options.shift)
    letters = view.derivation.letters
    yield Heading(f"Shifted by {', '.join(map(str, found.cells))}")
    yield Grids(tuple(grids_of("A", found.A, letters("A"), style, title="A shifted")))
    by = {"Z": found.steps or (), "dA": found.cells}
    moves = [(name, f"moves along by {', '.join(map(str, by[name]))}", each) for name, each in found.moving.items()]
    for name, says, compared in (*moves, *((name, "stays as it is", each) for name, each in found.staying.items())):
        yield _shifted_says(f"{name} {says}", compared)
        yield Grids(_compared_grids(name, compared, letters(name), style))
    if found.steps is None:
        yield Note("the shift is no multiple of the stride, so the windows meet other cells and Z need not move along")
    yield words("(cells marked ! differ: cells left at the border, or zeros came in)", indent=2)


def _shifted_says(claim: str, compared: Compared) -> Words:
    same, seen = compared.count
    verdict = piece("[ok]", "right") if same == seen else piece("[partly]", "note")
    return Words((verdict, *pieces(f"{claim}: {same} of {seen} cells")), 2, 7)


def _compared_grids(name: str, compared: Compared, letters: str, style: Style) -> tuple[Grid, ...]:
    """The array after the shift, with a mark on every cell that was compared and differs."""
    bad = compared.seen & ~compared.same

    def sign(index: tuple[int, ...]) -> Sign | None:
        return "differs" if bad[index] else None

    return tuple(grids_of(name, compared.after, letters, style, title=f"{name} after the shift", sign_of=sign))
