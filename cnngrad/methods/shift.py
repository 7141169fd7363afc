"""What a shifted input does to a layer: convolutions and their gradients move along, pooling hardly notices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnngrad.errors import CnngradError, Problem, option
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import WindowLayer
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass
from cnngrad.wording import counted


@dataclass(frozen=True)
class Compared:
    """Two arrays cell by cell: where both have a cell to compare, and where these agree."""

    before: Array
    after: Array
    seen: NDArray[np.bool_]
    same: NDArray[np.bool_]

    @property
    def count(self) -> tuple[int, int]:
        """Cells that agree, and cells that were compared."""
        return int((self.same & self.seen).sum()), int(self.seen.sum())


@dataclass(frozen=True)
class Shifted:
    """The same layer on an input that is moved by `cells` along each spatial axis, zeros moving in.

    `steps` is how far the output should move: cells / stride, None where that is no whole number.
    """

    exercise: LayerExercise[Any]
    cells: tuple[int, ...]
    steps: tuple[int, ...] | None
    A: Array
    moving: dict[str, Compared]
    staying: dict[str, Compared]


def shifted(exercise: LayerExercise[Any], cells: tuple[int, ...]) -> Shifted:
    """Run a convolution or pooling layer again on the shifted input and compare every result; CnngradError for another
    layer, and for numbers of cells that do not fit its axes."""
    layer = exercise.layer
    if not isinstance(layer, WindowLayer):
        raise _refusal(f"{exercise.op} has no spatial axes to shift; it works on conv and pool")
    cells, letters = _per_axis(cells, layer.layout.rank), layer.layout.letters
    steps = layer.moves(cells)
    along_A, along_Z = _along_axes(cells, letters), None if steps is None else _along_axes(steps, letters)
    A = _moved(exercise.A, along_A)
    dZ = None if exercise.dZ is None or along_Z is None else _moved(exercise.dZ, along_Z)
    before, after = exercise.solve(), exercise.at(A, dZ).solve()
    if any(array.dtype != object and (np.isnan(array) | np.isposinf(array)).any() for array in after.values()):
        raise _refusal("the shifted input gives numbers beyond float64; scale the numbers")
    moving = {}
    if along_Z is not None:
        moving["Z"] = _compared(before["Z"], after["Z"], along_Z)
        if dZ is not None:
            moving["dA"] = _compared(before["dA"], after["dA"], along_A)
    names = (*(["Z"] if exercise.op == "pool" else []), "dW", "db")
    staying = {name: _compared(before[name], after[name]) for name in names if name in before and name in after}
    return Shifted(exercise, cells, steps, A, moving, staying)


def _per_axis(cells: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number of cells for each spatial axis, where a single one is for all."""
    if len(cells) not in (1, rank):
        axes = f"there {'is' if rank == 1 else 'are'} {counted(rank, 'spatial axis', 'spatial axes')}"
        raise _refusal(f"has {counted(len(cells), 'number')}, but {axes}; give one per axis")
    return cells * rank if len(cells) == 1 else cells


def _refusal(says: str) -> CnngradError:
    return CnngradError(Problem(says, option("shift")))


def _along_axes(cells: tuple[int, ...], letters: str) -> tuple[int, ...]:
    """By how much to move along each axis, where `cells` are the moves along the spatial ones."""
    spatial = iter(cells)
    return tuple(next(spatial) if letter in "DHWL" else 0 for letter in letters)


def _moved(array: Array, moves: tuple[int, ...]) -> Array:
    """`array` moved along its axes, zeros moving in."""
    result = zeros(array.shape, array)
    to, source = _overlap(array.shape, moves)
    result[to] = array[source]
    return result


def _compared(before: Array, after: Array, moves: tuple[int, ...] | None = None) -> Compared:
    """`after` against `before` moved, or as it is."""
    moves = moves or (0,) * before.ndim
    expected = _moved(before, moves)
    seen = np.zeros(before.shape, dtype=bool)
    seen[_overlap(before.shape, moves)[0]] = True
    return Compared(expected, after, seen, _equal(expected, after))


def _equal(left: Array, right: Array) -> NDArray[np.bool_]:
    if left.dtype == object:
        return np.asarray(left == right, dtype=bool)
    return np.asarray(np.isclose(left, right, rtol=1e-9, atol=1e-12))


def _overlap(shape: tuple[int, ...], moves: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where moved cells land, and where they come from."""
    axes = [*zip(shape, moves, strict=True)]
    to = tuple(slice(max(0, move), max(0, size + min(0, move))) for size, move in axes)
    return to, tuple(slice(max(0, -move), max(0, size - max(0, move))) for size, move in axes)
