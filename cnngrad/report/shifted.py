"""The layer again on a shifted input, on a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.methods.shift import Compared, shifted
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, Sign, Words, piece, pieces, words
from cnngrad.report.grids import Style, grids_of
from cnngrad.report.view import View


def shift_blocks(view: View[Any], style: Style) -> Iterator[Block]:
    """The layer again on a shifted input, where the option asks for it."""
    if view.options.shift is None or not isinstance(view.exercise, LayerExercise):
        return
    found = shifted(view.exercise, view.options.shift)
    letters = view.derivation.letters
    yield Heading(f"Shifted by {', '.join(map(str, found.cells))}")
    yield Grids(tuple(grids_of("A", found.A, letters("A"), style, title="A shifted")))
    for name, compared in found.moving.items():
        by = found.steps if name == "Z" else found.cells
        yield _says(f"{name} moves along by {', '.join(map(str, by or ()))}", compared)
        yield Grids(_marked(name, compared, letters(name), style))
    for name, compared in found.staying.items():
        yield _says(f"{name} stays as it is", compared)
        yield Grids(_marked(name, compared, letters(name), style))
    if found.steps is None:
        yield Note("the shift is no multiple of the stride, so the windows meet other cells and Z need not move along")
    yield words("(cells marked ! differ: cells left at the border, or zeros came in)", indent=2)


def _says(claim: str, compared: Compared) -> Words:
    same, seen = compared.count
    verdict = piece("[ok]", "right") if same == seen else piece("[partly]", "note")
    return Words((verdict, *pieces(f"{claim}: {same} of {seen} cells")), 2, 7)


def _marked(name: str, compared: Compared, letters: str, style: Style) -> tuple[Grid, ...]:
    """The array after the shift, with a mark on every cell that was compared and differs."""
    bad = compared.seen & ~compared.same

    def sign(index: tuple[int, ...]) -> Sign | None:
        return "differs" if bad[index] else None

    return tuple(grids_of(name, compared.after, letters, style, title=f"{name} after the shift", sign_of=sign))
