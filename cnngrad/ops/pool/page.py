"""What pooling shows besides its arrays: each window with its winner, the mask, argmax, ties, and the
matrix of its weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import cast

import numpy as np

from cnngrad.errors import option
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell
from cnngrad.methods.matrix import Exhibit, Matrix
from cnngrad.ops.pool.derivation import PoolDerivation, Window
from cnngrad.ops.pool.layer import Pool
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Sign, words
from cnngrad.report.grids import grids_of
from cnngrad.report.planes import Style
from cnngrad.report.view import View
from cnngrad.windows.channels import Channels
from cnngrad.windows.windows import Index

WINDOWS = 8
"""Windows that a brief trace draws."""
IDEAS = {
    "gather": "each cell of dA collects from the windows that hold it",
    "scatter": "every output position shares its delta out into its window",
    "rotate": "dA is a sum over taps: the deltas that a tap receives, moved to where the tap is",
    "matrix": "Z = P A and dA = P' dZ, with one row of weights per window in P",
}
TIED = {
    **IDEAS,
    "matrix": "dA = P' dZ, with one row of weights per window in P; Z takes one of the cells with weight 1",
}
LISTED = 10
"""Tied windows, and cells that tie rules decide, that are listed."""


def ideas(exercise: LayerExercise[Pool]) -> Mapping[str, str]:
    """What each method does, in a sentence."""
    return TIED if exercise.layer.mode == "max" and exercise.layer.rule.repeats else IDEAS


def exhibits(exercise: LayerExercise[Pool], method: str) -> list[Exhibit]:
    """The weights of the windows of the first image as one matrix."""
    if method != "matrix":
        return []
    pool = exercise.layer
    planes = pool.layout.canonical(exercise.A)[:1]
    matrix = Matrix(pool.windows, Channels(1, 1)).selection(pool.weights(planes))[0, 0]
    forward = "" if pool.mode == "max" and pool.rule.repeats else "Z = P A, "
    title = f"P: one row of weights per window, {forward}dA = P' dZ"
    if pool.mode == "max" and not matrix.any(axis=1).all():
        title += "; Z is -inf in a row without weights"
    return [Exhibit("mask", title, matrix, sparse=True)]


def extra_blocks(view: View[LayerExercise[Pool]], style: Style) -> Iterator[Block]:
    """The pictures of the windows, and ties."""
    derivation = cast(PoolDerivation, view.derivation)
    if view.options.trace != "none":
        yield from _windows(view, derivation, style)
    if view.exercise.layer.mode == "max":
        yield from _ties(view, derivation, style)


def extra_grids(
    view: View[LayerExercise[Pool]], style: Style, names: tuple[str, ...] = ("argmax", "mask")
) -> Iterator[Grid]:
    """argmax as coordinates and the input-shaped mask of a pooling result."""
    letters = view.derivation.letters("Z")
    if "argmax" in names and "argmax" in view.arrays:
        flat = view.arrays["argmax"]

        def coordinates(index: Index) -> str:
            return _coordinates(int(flat[index]), view.exercise.layer, style)

        yield from grids_of(
            "argmax", flat, letters, style, title="argmax in A's plane", only="argmax", text_of=coordinates
        )
    if "mask" in names:
        yield from grids_of("mask", view.arrays["mask"], letters, style, title="mask", only="mask")


def _coordinates(flat: int, pool: Pool, style: Style) -> str:
    if flat < 0:
        return "none"
    place = np.unravel_index(flat, pool.windows.sizes)
    return f"({','.join(str(int(i) + style.base) for i in place)})"


def _windows(view: View[LayerExercise[Pool]], derivation: PoolDerivation, style: Style) -> Iterator[Block]:
    Z = view.arrays["Z"]
    count = Z.size if view.options.trace == "full" else min(WINDOWS, Z.size)
    windows = map(derivation.window, islice(np.ndindex(Z.shape), count))
    yield Heading("Windows")
    yield Grids(tuple(window_grid(window, derivation, style) for window in windows))
    if count < Z.size:
        yield words(f"({Z.size - count} more windows; {option('trace', 'full')} shows all)", indent=2)


def _ties(view: View[LayerExercise[Pool]], derivation: PoolDerivation, style: Style) -> Iterator[Block]:
    exercise = derivation.exercise
    tied = [tuple(map(int, index)) for index in np.argwhere(exercise.layer.ties_at(exercise.A))]
    if not tied:
        return
    yield Heading("Ties")
    yield words(f"{exercise.layer.ties}: {exercise.layer.rule.says}", indent=2, hang=4)
    for index in tied[:LISTED]:
        yield words(_tie(derivation, index, style), indent=2, hang=4)
    if len(tied) > LISTED:
        yield words(f"({len(tied) - LISTED} more windows have ties)", indent=2)
    yield from _other_rules(view, exercise, style)


def _tie(derivation: PoolDerivation, index: Index, style: Style) -> str:
    window = derivation.window(index)
    cells = ", ".join(style.name(f.cell) for f, _ in window.taps if not f.padding and f.value == window.value)
    return f"window {style.name(window.output)}: {style.number(window.value)} is at {cells}"


def _other_rules(view: View[LayerExercise[Pool]], exercise: LayerExercise[Pool], style: Style) -> Iterator[Block]:
    """The cells that the tie rule decides, with what each rule gives."""
    quantity = "dA" if exercise.dZ is not None else "mask"
    ours = view.arrays[quantity]
    arrays = {exercise.layer.ties: ours, **exercise.layer.other_ties(exercise.A, exercise.dZ)}
    differ = np.zeros(ours.shape, dtype=bool)
    for array in arrays.values():
        differ |= np.asarray(array != ours, dtype=bool)
    decided = [tuple(map(int, index)) for index in np.argwhere(differ)]
    if not decided:
        yield words(f"every tie rule gives the same {quantity}", indent=2)
        return
    names = [style.name(Cell(quantity, index)) for index in decided[:LISTED]]
    rows = [[style.number(array[index]) for array in arrays.values()] for index in decided[:LISTED]]
    yield Grids((Grid(quantity, f"{quantity} by tie rule", rows, names, list(arrays)),))
    if len(decided) > LISTED:
        yield words(f"({len(decided) - LISTED} more cells depend on the rule)", indent=2)


def window_grid(window: Window, derivation: PoolDerivation, style: Style) -> Grid:
    """One pooling window as it is on the input, with the winner marked."""
    taps = derivation.exercise.layer.windows.taps
    rows = [window.taps[i : i + taps[-1]] for i in range(0, len(window.taps), taps[-1])]
    cells = [["pad" if factor.padding else style.number(factor.value) for factor, _ in row] for row in rows]
    wins = derivation.exercise.layer.mode == "max"
    signs: dict[tuple[int, int], Sign] = {
        (r, c): "padding" if factor.padding else "winner"
        for r, row in enumerate(rows)
        for c, (factor, weight) in enumerate(row)
        if factor.padding or (weight and wins)
    }
    return Grid("A", f"window of {style.name(window.output)}", cells, signs=signs)
