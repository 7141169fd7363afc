"""The page of a result: what was given, what came out, which laws hold, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cnngrad.calculus.gradcheck import Gradcheck
from cnngrad.calculus.laws import Law
from cnngrad.errors import escape
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.solution import Run
from cnngrad.exercise.terms import Cell
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, Page, Piece, Words, piece, pieces, words
from cnngrad.report.derivation import cells_of_trace, derivation
from cnngrad.report.formulas import formula_lines, in_lines
from cnngrad.report.grids import Style, grids_of
from cnngrad.report.settings import setting
from cnngrad.report.shifted import shift_blocks
from cnngrad.wording import times

SAYS = {"A": "A input", "b": "b bias", "dZ": "dZ upstream", "Z": "Z output"}
LONGEST = 60
"""Characters of the formula of a law that holds; a longer one says nothing more."""
NAMED = 20
"""Cells without a verdict of the gradient check that are named; the rest is counted."""


def page(run: Run, *, elide: bool = True) -> Page:
    """All blocks of a result; `elide` shortens arrays of more than 2,000 cells."""
    style = Style(run.options.precision, run.options.base, elide)
    if run.options.only:
        return (*heading(run), *only_blocks(run, style), *checks(run, style))
    if blocks := run.exercise.record.part("blocks"):
        return (*heading(run), *blocks(run, style), *checks(run, style))
    return (*heading(run), *layer_blocks(run, style))


def heading(run: Run) -> Iterator[Block]:
    """The op, the title, and what was given on one line."""
    record = run.exercise.record
    name = record.title
    yield Heading(f"{name}: {escape(run.title)}" if run.title else name)
    yield (record.part("subtitle") or _settings)(run, Style(run.options.precision, run.options.base))


def only_blocks(run: Run, style: Style) -> Iterator[Block]:
    """The quantities that were asked for by name, whatever the op."""
    yield words("")
    yield from formula_lines(run, run.shown, style)
    drawn = [name for name in run.shown if not in_lines(run, name)]
    grids = (tuple(_extra_grids(run, style, (name,))) or quantity_grids(run, (name,), style) for name in drawn)
    yield Grids(tuple(grid for found in grids for grid in found))
    if run.options.trace != "none":
        yield from cells_of_trace(run, style)


def layer_blocks(run: Run, style: Style) -> Iterator[Block]:
    """A layer: its arrays, the checks and the derivation."""
    yield from _numbers(run, style)
    yield from checks(run, style)
    yield from _own(run, "lesson", style)
    yield from shift_blocks(run, style)
    yield from derivation(run, style)
    if run.options.method == "matrix" and run.options.trace != "none":
        yield from _own(run, "matrix_lesson", style)


def _own(run: Run, part: str, style: Style) -> Iterator[Block]:
    """The blocks that the op itself has to say; nothing where it has none of this kind."""
    blocks: Callable[[Run, Style], Iterator[Block]] | None = run.exercise.record.part(part)
    return iter(()) if blocks is None else blocks(run, style)


def _extra_grids(run: Run, style: Style, *names: tuple[str, ...]) -> Iterator[Grid]:
    """The grids that the op draws in its own way: all, or those of some quantities."""
    grids: Callable[..., Iterator[Grid]] | None = run.exercise.record.part("extra_grids")
    return iter(()) if grids is None else grids(run, style, *names)


def quantity_grids(run: Run, names: Iterable[str], style: Style) -> tuple[Grid, ...]:
    """The grids of several quantities, in order."""
    values, letters = run.derivation.values, run.derivation.letters
    says = {**SAYS, **(run.exercise.record.part("SAYS") or {})}
    return tuple(
        grid
        for name in names
        if name in values
        for grid in grids_of(name, values[name], letters(name), style, title=says.get(name, name))
    )


def _numbers(run: Run, style: Style) -> Iterator[Block]:
    yield words("")
    yield Grids(quantity_grids(run, ("A", *_parameters(run), "dZ"), style))
    yield Heading("Forward")
    yield from formula_lines(run, ("Z",), style)
    yield Grids(
        (*quantity_grids(run, [name for name in ("Z",) if not in_lines(run, name)], style), *_extra_grids(run, style))
    )
    yield from _own(run, "extra_blocks", style)
    gradients = [gradient_name(name) for name in ("A", *_parameters(run))]
    if any(name in run.arrays for name in gradients):
        yield Heading("Backward")
        yield from formula_lines(run, gradients, style)
        yield Grids(quantity_grids(run, [name for name in gradients if not in_lines(run, name)], style))


def _parameters(run: Run) -> tuple[str, ...]:
    """What is given beside the input and the upstream gradient."""
    return tuple(name for name in run.exercise.given if name not in ("A", "dZ"))


def _settings(run: Run, _: Style) -> Words:
    settings = run.exercise.settings()
    says = [f"{key} {setting(value)}" for key, value in settings.items()]
    shapes = f"A {times(run.exercise.given['A'].shape)} -> Z {times(run.arrays['Z'].shape)}"
    parts = [shapes, *says]
    return Words((*(piece(f"{part},") for part in parts[:-1]), piece(parts[-1])))


def checks(run: Run, style: Style) -> Iterator[Block]:
    """The laws and, where it was asked for, the gradient check."""
    if run.solved.laws:
        yield Heading("Laws")
        yield from _laws(run.solved.laws, style)
    if run.gradcheck is not None:
        yield Heading("Gradient check")
        yield from _gradcheck(run.gradcheck, style)


def _laws(laws: tuple[Law, ...], style: Style) -> Iterator[Words]:
    """The laws of each layer on one line; those with the same right side share it."""
    owners: dict[str, dict[str, list[Law]]] = {}
    for law in laws:
        owner, _, name = law.name.rpartition(": ")
        owners.setdefault(owner, {}).setdefault(name.partition(" = ")[2], []).append(law)
    for owner, chains in owners.items():
        sentence = [*([piece(f"{owner}:")] if owner else [])]
        for right, chain in chains.items():
            sentence += [*_chained(right, chain, style), piece(" ")]
        yield Words(tuple(sentence[:-1]), 2, 7)


def _chained(right: str, chain: list[Law], style: Style) -> list[Piece]:
    """`[ok] <A,dA> = <W,dW> = <dZ,Z-b>: 0.07`."""
    name = " = ".join([*(law.name.rpartition(": ")[2].partition(" = ")[0] for law in chain), right])
    holds = all(law.holds for law in chain)
    values = [style.number(law.left) for law in chain] + [style.number(chain[0].right)]
    # Sums that agree up to rounding are one number, and the shortest of its texts is the true one.
    numbers = min(values, key=len) if holds else " != ".join(values)
    if holds and len(numbers) > LONGEST:
        return [_verdict(holds), *pieces(name)]
    return [_verdict(holds), *pieces(f"{name}: {numbers}")]


def _gradcheck(found: Gradcheck, style: Style) -> Iterator[Block]:
    worst = f" at {style.name(Cell(*found.worst))}" if found.worst and found.largest else ""
    text = f"{found.cells} cells agree with central differences" if found.passed else "central differences disagree"
    says = f"{text}; largest relative error {found.largest:.2g}{worst}"
    if found.cells:
        yield Words((_verdict(found.passed), *pieces(says)), 2, 7)
    else:
        yield Note("no cell could be compared with central differences")
    if found.skipped:
        yield Note(f"no gradient exists at a tie; skipped {_named(found.skipped, style)}")
    if found.undecided:
        yield Note(f"not decidable, rounding hides the difference: {_named(found.undecided, style)}")


def _named(cells: list[tuple[str, tuple[int, ...]]], style: Style) -> str:
    names = ", ".join(style.name(Cell(*cell)) for cell in cells[:NAMED])
    return f"{names} and {len(cells) - NAMED} more" if len(cells) > NAMED else names


def _verdict(holds: bool) -> Piece:
    return piece("[ok]", "right") if holds else piece("[FAILS]", "wrong")
