"""Lessons on a page: the layer as a tied matrix, shifted inputs, true convolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from cnngrad.exercise.cells import Cell
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.solution import Run
from cnngrad.methods.shift import Compared, shifted
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.conv.tied import TiedMatrix
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, Sign, Words, piece, pieces, words
from cnngrad.report.grids import Style, grids_of
from cnngrad.report.sums import lines_of

LARGEST = 20_000
"""Products of a layer up to which the places of its tied weights are listed."""


def tied(run: Run, style: Style) -> Iterator[Block]:
    """Parameters and products of the dense and the convolutional layer, and dW over the tied places."""
    exercise = run.exercise
    if not isinstance(exercise, LayerExercise) or not isinstance(exercise.layer, Conv):
        return
    if exercise.multiply_adds() > LARGEST:
        yield Note(f"the tied matrix is described up to {LARGEST:,} multiply-adds")
        return
    matrix = TiedMatrix(exercise, style.base)
    rows = [[c.layer, f"{c.weights:,}", f"{c.biases:,}", f"{c.multiply_adds:,}"] for c in matrix.counts()]
    columns = ("layer", "weights", "biases", "multiply-adds")
    title = "the same cells connected by a dense layer, and by this one (per image)"
    yield Grids((Grid("", title, rows, columns=columns, left=frozenset({0}), keys=frozenset({0})),))
    if exercise.dZ is None:
        return
    product = "A dZ'" if exercise.layer.transposed else "dZ A'"
    says = f"dM = {product} has a gradient for every place of M; a tied weight collects those of its places:"
    yield words(says, indent=2, hang=2)
    count = exercise.parameters["W"].size if run.options.trace == "full" else 2
    for index in islice(np.ndindex(exercise.parameters["W"].shape), count):
        yield from lines_of(matrix.trace(index), style, brief=run.options.trace == "brief")


def shift_blocks(run: Run, style: Style) -> Iterator[Block]:
    """The layer again on a shifted input, where the option asks for it."""
    if run.options.shift is None or not isinstance(run.exercise, LayerExercise):
        return
    found = shifted(run.exercise, run.options.shift)
    letters = run.reading.letters
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


def flipped(run: Run, style: Style) -> Iterator[Block]:
    """True convolution beside cross-correlation, and when they agree."""
    exercise = run.exercise
    if not isinstance(exercise, LayerExercise) or not isinstance(exercise.layer, Conv):
        return
    axes = exercise.layer.windows.axes
    if not axes[0].flip or exercise.layer.transposed:
        return
    plain = tuple(replace(axis, flip=False) for axis in axes)
    layer = replace(exercise.layer, windows=replace(exercise.layer.windows, axes=plain))
    Z = layer.forward(*exercise.inputs)
    kernel = exercise.layer.layout.canonical_kernel(exercise.parameters["W"])
    turned = np.flip(kernel, axis=tuple(range(2, kernel.ndim)))
    differ = [tuple(map(int, place)) for place in np.argwhere(np.asarray(kernel != turned, dtype=bool))]
    yield Heading("Convolution and cross-correlation")
    yield words(
        "flip_kernel turns the kernel by 180 degrees first: true convolution. Without it Z is", indent=2, hang=2
    )
    yield Grids(tuple(grids_of("Z", Z, run.reading.letters("Z"), style, title="cross-correlation")))
    if not differ:
        yield words("they agree: the kernel equals itself turned by 180 degrees, K(-m,-n) = K(m,n)", indent=2, hang=2)
        return
    index = exercise.layer.layout.user_kernel_cell(differ[0], exercise.parameters["W"].ndim)
    other = (*differ[0][:2], *(s - 1 - i for s, i in zip(kernel.shape[2:], differ[0][2:], strict=True)))
    mirrored = exercise.layer.layout.user_kernel_cell(other, exercise.parameters["W"].ndim)
    names = [style.name(Cell("W", place)) for place in (index, mirrored)]
    numbers = [style.number(exercise.parameters["W"][place]) for place in (index, mirrored)]
    here = f"here {names[0]} = {numbers[0]}, {names[1]} = {numbers[1]}"
    yield words(f"they agree for every input only when K(-m,-n) = K(m,n); {here}", indent=2, hang=2)
