"""What is said of a convolution beside its arrays: the idea and the matrices of each method, the whole layer as one
dense layer whose weights are tied (Goodfellow et al., Deep Learning, 9.2), true convolution."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term
from cnngrad.methods.matrix import Exhibit, Matrix, Rotate, only_first, plane
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.records import dataclass
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, words
from cnngrad.report.grids import grids_of
from cnngrad.report.lines import lines_of
from cnngrad.report.planes import Style
from cnngrad.report.view import View
from cnngrad.windows.correlation import inside
from cnngrad.windows.windows import Index

SAYS = {"W": "W kernel"}
WHOLE_LAYER = 2_000
"""Cells up to which the layer is written as one matrix."""
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


def exhibits(exercise: LayerExercise[Conv], method: str) -> list[Exhibit]:
    """The matrices of `method`, for the first image; gather and scatter need none."""
    if method == "matrix":
        return _matrices(exercise)
    return _rotation(exercise) if method == "rotate" else []


def _matrices(exercise: LayerExercise[Conv]) -> list[Exhibit]:
    conv = exercise.layer
    method = Matrix(conv.windows, conv.channels)
    kernel = conv.layout.canonical_kernel(exercise.parameters["W"])
    wide = "dZ" if conv.transposed else "A"
    source = exercise.dZ if conv.transposed else exercise.A
    shown = [Exhibit("W", "W: one row per filter", method.channels.grouped_kernel(kernel)[0])]
    if source is not None:
        columns = method.columns(conv.layout.canonical(source)[:1])[0, 0]
        shown.append(Exhibit(wide, f"X = im2col({wide}): one column per window", columns))
    narrow, name = (exercise.A, "A") if conv.transposed else (exercise.dZ, "dZ")
    if narrow is not None:
        rows = method.rows(conv.layout.canonical(narrow)[:1])[0, 0]
        shown.append(Exhibit(name, f"{name}: one row per filter", rows))
    if math.prod(method.tied_shape) <= WHOLE_LAYER:
        product = "M' A" if conv.transposed else "M A"
        order = f", cells in the order C{conv.layout.spatial}" if conv.layout.channels else ""
        title = f"M: the whole layer as one matrix of tied weights, Z = {product} + b{order}"
        shown.append(Exhibit("W", title, method.tied(kernel), sparse=True))
    return shown


def _rotation(exercise: LayerExercise[Conv]) -> list[Exhibit]:
    conv = exercise.layer
    method = Rotate(conv.windows, conv.channels)
    narrow, name = (exercise.A, "A") if conv.transposed else (exercise.dZ, "dZ")
    if narrow is None:
        return []
    stretched = method.full_windows().pad(method.stretched(conv.layout.canonical(narrow)))
    turned = method.turned(conv.layout.canonical_kernel(exercise.parameters["W"]))
    return [
        Exhibit(name, f"D: {name} with zeros between (stride) and around{only_first(stretched)}", plane(stretched)),
        Exhibit("W", f"R: W turned by 180 degrees{only_first(turned)}", plane(turned)),
    ]


def matrix_lesson(view: View[LayerExercise[Conv]], style: Style) -> Iterator[Block]:
    """Parameters and products of the dense and the convolutional layer, and dW over the tied places."""
    exercise = view.exercise
    if exercise.multiply_adds() > LARGEST:
        yield Note(f"the tied matrix is described up to {LARGEST:,} multiply-adds")
        return
    matrix = TiedMatrix(exercise, style.base)
    rows = [[layer, *(f"{number:,}" for number in numbers)] for layer, numbers in matrix.counts().items()]
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


@dataclass(frozen=True)
class TiedMatrix:
    """The convolution of `exercise` as one matrix M: rows are narrow cells, columns wide cells. `base` is what the
    first index is called."""

    exercise: LayerExercise[Conv]
    base: int = 0

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """The weights and biases that are learned, and the products of one image's forward pass: of the dense layer
        between the same cells, and of the convolution, which shares and leaves out weights."""
        conv = self.exercise.layer
        rows, columns = self._method.tied_shape
        outputs = columns if conv.transposed else rows
        entries = sum(len(places) for places in self._places().values())
        learned = self.exercise.parameters
        shared = learned["W"].size, learned["b"].size, entries
        return {"dense": (rows * columns, outputs, rows * columns), "convolution": shared}

    def trace(self, index: Index) -> CellTrace:
        """dW at one kernel cell as the sum of dM over the places where the weight is in M."""
        name, places = (
            Cell("W", index).name(self.base),
            self._places()[self.exercise.layer.layout.kernel_cell(index, 0)],
        )
        terms = [Term((Factor.named(Cell("dM", at).name(self.base), self._gradient(*at)),)) for at in places]
        value = sum((term.product for term in terms), start=0 * self.exercise.parameters["W"][index])
        return CellTrace(Cell("dW", index), f"sum of dM over the places of {name} in M", tuple(terms), value)

    @property
    def _method(self) -> Matrix:
        correlation = self.exercise.layer.correlation
        return Matrix(correlation.windows, correlation.channels)

    def _places(self) -> dict[Index, list[tuple[int, int]]]:
        """Where each weight is in M, row by row."""
        method = self._method
        narrow = (method.channels.outputs, *method.windows.outputs)
        wide = (method.channels.inputs, *method.windows.sizes)
        places: dict[Index, list[tuple[int, int]]] = {cell: [] for cell in np.ndindex(method.kernel_shape)}
        for row, cell in enumerate(np.ndindex(narrow)):
            for meeting in inside(method.meetings_of_narrow((0, *cell))):
                places[meeting.kernel].append((row, int(np.ravel_multi_index(meeting.wide[1:], wide))))
        return places

    def _gradient(self, row: int, column: int) -> object:
        """dM at one place: upstream times input, added up over the batch."""
        conv, dZ = self.exercise.layer, self.exercise.dZ
        assert dZ is not None
        A, upstream = _rows(conv.layout.canonical(self.exercise.A)), _rows(conv.layout.canonical(dZ))
        narrow, wide = (A, upstream) if conv.transposed else (upstream, A)
        return (narrow[:, row] * wide[:, column]).sum()


def _rows(planes: Array) -> Array:
    return planes.reshape(len(planes), math.prod(planes.shape[1:]))


def lesson(view: View[LayerExercise[Conv]], style: Style) -> Iterator[Block]:
    """True convolution beside cross-correlation, and when they agree; nothing for cross-correlation itself."""
    exercise = view.exercise
    axes, layout = exercise.layer.windows.axes, exercise.layer.layout
    if not axes[0].flip or exercise.layer.transposed:
        return
    plain = tuple(replace(axis, flip=False) for axis in axes)
    layer = replace(exercise.layer, windows=replace(exercise.layer.windows, axes=plain))
    Z = replace(exercise, layer=layer, dZ=None).solve()["Z"]
    W = exercise.parameters["W"]
    kernel = layout.canonical_kernel(W)
    turned = np.flip(kernel, axis=tuple(range(2, kernel.ndim)))
    differ = [tuple(map(int, place)) for place in np.argwhere(np.asarray(kernel != turned, dtype=bool))]
    yield Heading("Convolution and cross-correlation")
    says = "flip_kernel turns the kernel by 180 degrees first: true convolution. Without it Z is"
    yield words(says, indent=2, hang=2)
    if Z.dtype != object and not np.isfinite(Z).all():
        yield Note("that cross-correlation is beyond float64")
    else:
        yield Grids(tuple(grids_of("Z", Z, view.derivation.letters("Z"), style, title="cross-correlation")))
    if not differ:
        yield words("they agree: the kernel equals itself turned by 180 degrees, K(-m,-n) = K(m,n)", indent=2, hang=2)
        return
    index = layout.user_kernel_cell(differ[0], W.ndim)
    other = (*differ[0][:2], *(axis.opposite(i) for axis, i in zip(axes, differ[0][2:], strict=True)))
    mirrored = layout.user_kernel_cell(other, W.ndim)
    names = [style.name(Cell("W", place)) for place in (index, mirrored)]
    numbers = [style.number(W[place]) for place in (index, mirrored)]
    here = f"here {names[0]} = {numbers[0]}, {names[1]} = {numbers[1]}"
    yield words(f"they agree for every input only when K(-m,-n) = K(m,n); {here}", indent=2, hang=2)
