"""What is said of a convolution beside its arrays: the idea of each method, tied weights, true convolution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.conv.methods import TiedMatrix
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, words
from cnngrad.report.grids import Style, grids_of
from cnngrad.report.lines import lines_of
from cnngrad.report.view import View

SAYS = {"W": "W kernel"}
LARGEST = 20_000
"""Products of a layer up to which the places of its tied weights are listed."""
IDEAS = {
    "gather": "each cell is its own sum over the windows that touch it",
    "scatter": "every output position adds its contribution into its window",
    "rotate": "dA is a full correlation of the stretched delta D with the turned kernel R, "
    "dW the correlation of A with the delta",
    "matrix": "Z = W X with X = im2col(A), dW = dZ X', dA = col2im(W' dZ)",
}
TRANSPOSED = {
    "gather": "each cell is its own sum over the windows that touch it",
    "scatter": "every position adds its contribution into its window",
    "rotate": "Z is a full correlation of the stretched input D with the turned kernel R, "
    "dW the correlation of dZ with the input",
    "matrix": "Z = col2im(W' A), dA = W X with X = im2col(dZ), dW = A X'",
}


def ideas(exercise: LayerExercise[Conv]) -> Mapping[str, str]:
    """What each method does, in a sentence."""
    return TRANSPOSED if exercise.layer.transposed else IDEAS


def matrix_lesson(view: View[LayerExercise[Conv]], style: Style) -> Iterator[Block]:
    """Parameters and products of the dense and the convolutional layer, and dW over the tied places."""
    exercise = view.exercise
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
    count = exercise.parameters["W"].size if view.options.trace == "full" else 2
    for index in islice(np.ndindex(exercise.parameters["W"].shape), count):
        yield from lines_of(matrix.trace(index), style, brief=view.options.trace == "brief")


def lesson(view: View[LayerExercise[Conv]], style: Style) -> Iterator[Block]:
    """True convolution beside cross-correlation, and when they agree; nothing for cross-correlation itself."""
    exercise = view.exercise
    axes = exercise.layer.windows.axes
    if not axes[0].flip or exercise.layer.transposed:
        return
    plain = tuple(replace(axis, flip=False) for axis in axes)
    layer = replace(exercise.layer, windows=replace(exercise.layer.windows, axes=plain))
    Z = replace(exercise, layer=layer, dZ=None).solve()["Z"]
    kernel = exercise.layer.layout.canonical_kernel(exercise.parameters["W"])
    turned = np.flip(kernel, axis=tuple(range(2, kernel.ndim)))
    differ = [tuple(map(int, place)) for place in np.argwhere(np.asarray(kernel != turned, dtype=bool))]
    yield Heading("Convolution and cross-correlation")
    yield words(
        "flip_kernel turns the kernel by 180 degrees first: true convolution. Without it Z is", indent=2, hang=2
    )
    if Z.dtype != object and not np.isfinite(Z).all():
        yield Note("that cross-correlation is beyond float64")
    else:
        yield Grids(tuple(grids_of("Z", Z, view.derivation.letters("Z"), style, title="cross-correlation")))
    if not differ:
        yield words("they agree: the kernel equals itself turned by 180 degrees, K(-m,-n) = K(m,n)", indent=2, hang=2)
        return
    index = exercise.layer.layout.user_kernel_cell(differ[0], exercise.parameters["W"].ndim)
    other = (*differ[0][:2], *(axis.opposite(i) for axis, i in zip(axes, differ[0][2:], strict=True)))
    mirrored = exercise.layer.layout.user_kernel_cell(other, exercise.parameters["W"].ndim)
    names = [style.name(Cell("W", place)) for place in (index, mirrored)]
    numbers = [style.number(exercise.parameters["W"][place]) for place in (index, mirrored)]
    here = f"here {names[0]} = {numbers[0]}, {names[1]} = {numbers[1]}"
    yield words(f"they agree for every input only when K(-m,-n) = K(m,n); {here}", indent=2, hang=2)
