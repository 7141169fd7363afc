"""The page of a result: what was given, what came out, which laws hold, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnngrad.calculus.laws import Law
from cnngrad.errors import CnngradError, Problem, escape, option
from cnngrad.examples import Example
from cnngrad.exercise.layer import WindowLayer, gradient_name
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import Array
from cnngrad.report.blocks import (
    Block,
    Diagram,
    Grid,
    Grids,
    Heading,
    Listing,
    Note,
    Page,
    Piece,
    Words,
    piece,
    pieces,
    words,
)
from cnngrad.report.derivation import back, cells_of_trace, derivation, shift_blocks, steps
from cnngrad.report.grids import grids_of
from cnngrad.report.lines import formula_lines, in_lines
from cnngrad.report.planes import Style, means
from cnngrad.report.view import View
from cnngrad.windows.unread import unread_places
from cnngrad.wording import times

if TYPE_CHECKING:
    from cnngrad.calculus.gradcheck import Gradcheck

SAYS = {"A": "A input", "b": "b bias", "dZ": "dZ upstream", "Z": "Z output"}
LONGEST = 60
"""Characters of the formula of a law that holds; a longer one says nothing more."""
NAMED = 20
"""Cells without a verdict of the gradient check that are named; the rest is counted."""


def page(view: View[Any], *, elide: bool = True) -> Page:
    """All blocks of a result; `elide` shortens arrays of more than 2,000 cells, and shows one plane of several."""
    style = Style(view.options.precision, view.base, elide, first=not view.only)
    if view.only:
        return (*heading(view), *only_blocks(view, style), *checks(view, style))
    if blocks := view.exercise.record.part("blocks"):
        return (*heading(view), *blocks(view, style), *checks(view, style))
    return (*heading(view), *layer_blocks(view, style))


def heading(view: View[Any]) -> Iterator[Block]:
    """The op, the title, and what was given on one line."""
    record = view.exercise.record
    name = record.title
    yield Heading(f"{name}: {escape(view.title)}" if view.title else name)
    yield (record.part("subtitle") or _settings)(view, Style(view.options.precision, view.base))


def only_blocks(view: View[Any], style: Style) -> Iterator[Block]:
    """The quantities that were asked for by name, whatever the op."""
    yield words("")
    yield from formula_lines(view, view.shown, style)
    drawn = [name for name in view.shown if not in_lines(view, name)]
    grids = ([*_of_op(view, "extra_grids", style, (name,))] or quantity_grids(view, (name,), style) for name in drawn)
    yield Grids(tuple(grid for found in grids for grid in found))
    if view.options.trace != "none":
        yield from cells_of_trace(view, style)


def layer_blocks(view: View[Any], style: Style) -> Iterator[Block]:
    """A layer: its arrays, the checks and the derivation."""
    yield from _numbers(view, style)
    yield from checks(view, style)
    yield from _of_op(view, "lesson", style)
    yield from shift_blocks(view, style)
    yield from derivation(view, style)
    if view.options.method == "matrix" and view.options.trace != "none":
        yield from _of_op(view, "matrix_lesson", style)


def _of_op(view: View[Any], part: str, style: Style, *names: tuple[str, ...]) -> Iterator[Any]:
    """The blocks that the op itself has to say, or the grids that it draws in its own way (all, or those of some
    quantities); none where it has none of this kind."""
    made: Callable[..., Iterator[Any]] | None = view.exercise.record.part(part)
    return iter(()) if made is None else made(view, style, *names)


def quantity_grids(view: View[Any], names: Iterable[str], style: Style) -> tuple[Grid, ...]:
    """The grids of several quantities, in order."""
    values, letters = view.derivation.values, view.derivation.letters
    says = {**SAYS, **(view.exercise.record.part("SAYS") or {})}
    return tuple(
        grid
        for name in names
        if name in values
        for grid in grids_of(name, values[name], letters(name), style, title=says.get(name, name), only=name)
    )


def _numbers(view: View[Any], style: Style) -> Iterator[Block]:
    yield words("")
    yield Grids(quantity_grids(view, ("A", *_parameters(view), *view.exercise.constants, "dZ"), style))
    yield Heading("Forward")
    yield from formula_lines(view, ("Z",), style)
    Z = () if in_lines(view, "Z") else quantity_grids(view, ("Z",), style)
    yield Grids((*Z, *_of_op(view, "extra_grids", style)))
    yield from mean_words(view.arrays, ("Z",), style)
    yield from left_out(view.exercise, style)
    yield from _of_op(view, "extra_blocks", style)
    gradients = [gradient_name(name) for name in ("A", *_parameters(view))]
    if any(name in view.arrays for name in gradients):
        yield Heading("Backward")
        yield from formula_lines(view, gradients, style)
        yield Grids(quantity_grids(view, [name for name in gradients if not in_lines(view, name)], style))
        yield from mean_words(view.arrays, gradients, style)


def mean_words(arrays: Mapping[str, Array], names: Iterable[str], style: Style) -> Iterator[Words]:
    """The means of those of these quantities that there are, where a page does not show all of their planes."""
    if text := means({name: arrays[name] for name in names if name in arrays}, style):
        yield words(text, indent=2, hang=2)


def left_out(exercise: Any, style: Style) -> Iterator[Note]:
    """The cells that no window of a layer reads, which the forward pass leaves out without a word."""
    layer = getattr(exercise, "layer", None)
    if not isinstance(layer, WindowLayer):
        return
    places, wide = unread_places(layer.windows, style.base), layer.wide
    if places and wide == "A":
        yield Note(f"no window reads {places} of A: Z does not depend on what is there, and the gradient there is 0")
    elif places:
        yield Note(f"no window reaches {places} of Z: the bias alone is there")


def _parameters(view: View[Any]) -> tuple[str, ...]:
    """What is given beside the input and the upstream gradient."""
    return tuple(name for name in view.exercise.given if name not in ("A", "dZ"))


def _settings(view: View[Any], _: Style) -> Words:
    settings = view.exercise.settings()
    says = [f"{key} {setting(value)}" for key, value in settings.items()]
    shapes = f"A {times(view.exercise.given['A'].shape)} -> Z {times(view.arrays['Z'].shape)}"
    parts = [shapes, *says]
    return Words((*(piece(f"{part},") for part in parts[:-1]), piece(parts[-1])))


def setting(value: object) -> str:
    """One number where all axes have the same; otherwise a list."""
    if isinstance(value, list) and value and all(entry == value[0] for entry in value):
        return setting(value[0])
    if isinstance(value, list):
        return f"[{', '.join(setting(entry) for entry in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- what was checked


def checks(view: View[Any], style: Style) -> Iterator[Block]:
    """The laws and, where it was asked for, the gradient check."""
    if view.laws:
        yield Heading("Laws")
        yield from _laws(view.laws, style)
    if view.gradcheck is not None:
        yield Heading("Gradient check")
        yield from _gradcheck(view.gradcheck, style)


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


# --- other than a page of a result


def explanation_page(view: View[Any], cells: tuple[str, ...]) -> Page:
    """The exercise, and the steps that lead to each of these cells, back to the loss."""
    found = (block for cell in cells for block in (*steps(view, view.trace(cell)), *back(view, cell)))
    return (*heading(view), *found)


def diagram(view: View[Any]) -> Diagram:
    """A graph or a network as boxes and arrows; CnngradError where its op has none."""
    draw: Callable[[View[Any]], Diagram] | None = view.exercise.record.part("diagram")
    if draw is None:
        says = f"{view.exercise.op} has no diagram; dot and mermaid draw graphs and networks"
        raise CnngradError(Problem(says, option("format")))
    return draw(view)


def catalogue_page(found: Sequence[Example]) -> Page:
    """Name, op, title, and what to look at."""
    rows = tuple(
        (example.name, example.op, f"{example.title[:1].upper()}{example.title[1:]}. {example.look}")
        for example in found
    )
    return (
        Heading("Built-in specs"),
        Listing(("name", "op", "what it shows"), rows),
        words("run one with 'cnngrad run example:NAME', print it with 'cnngrad examples show NAME'"),
    )
