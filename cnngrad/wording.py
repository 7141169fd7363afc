"""Shapes and cells in words, and what is wrong with the shape of a bias or an upstream gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, SupportsInt

from cnngrad.errors import first_index


def times(shape: tuple[int, ...]) -> str:
    """A shape as people say it: 3x4; a single number is 'one number'."""
    return "x".join(map(str, shape)) if shape else "one number"


def cell_name(name: str, index: Sequence[Any]) -> str:
    """`input[0,2]`; a single number has the name of its array."""
    return f"{name}[{','.join(map(str, index))}]" if len(index) else name


def read_cell(name: str, index: Sequence[SupportsInt]) -> str:
    """A cell of what is read, its index as the reader counts: `input[0,2]`, or `input[1,3]` from 1."""
    return cell_name(name, [int(place) + first_index() for place in index])


def shaped(shape: tuple[int, ...]) -> str:
    """`has shape 3x4`, or `is one number`."""
    return f"has shape {times(shape)}" if shape else "is one number"


def bias_problem(shape: tuple[int, ...], filters: int) -> str | None:
    """Why a bias of this shape does not fit `filters` filters, if it does not."""
    if math.prod(shape) == filters and max(shape, default=1) == filters:
        return None
    there = f"there {'is' if filters == 1 else 'are'} {counted(filters, 'filter')}"
    return f"{shaped(shape)}, but {there}; give {counted(filters, 'number')}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 filter`, `2 filters`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def delta_problem(shape: tuple[int, ...], Z: tuple[int, ...], letters: str) -> str | None:
    """Why an upstream gradient of this shape does not fit Z, if it does not."""
    return f"{misfit(shape, 'Z', Z, letters)}; give one number per cell of Z" if shape != Z else None


def misfit(shape: tuple[int, ...], name: str, wanted: tuple[int, ...], letters: str) -> str:
    """How a shape differs from that of the array `name`, whose axes have these letters."""
    if len(shape) != len(wanted):
        differs = f"it has {counted(len(shape), 'axis', 'axes')}, not {len(wanted)}"
    else:
        axis = next(i for i, sizes in enumerate(zip(shape, wanted, strict=True)) if sizes[0] != sizes[1])
        differs = f"axis {axis} ({letters[axis]}) is {shape[axis]}, not {wanted[axis]}"
    return f"{shaped(shape)}, but {name} {shaped(wanted)} ({letters}): {differs}"


def axis_problem(axis: int, shape: tuple[int, ...], what: str) -> str | None:
    """Why an array of this shape, called `what`, has no axis of this number, if it has none."""
    rank = len(shape)
    if not rank or -rank <= axis < rank:
        return None
    has = f"the {what}, shape {times(shape)}, has {counted(rank, 'axis', 'axes')}"
    return f"is {axis}, but {has}; take one from {-rank} to {rank - 1}"


def listed(names: Sequence[str]) -> str:
    """`dA`, `dA and dW`, `dA, dW and db`."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def numbered(place: int) -> str:
    """`first`, `second`, `third`; 0 is the first."""
    return ORDINALS[place] if place < len(ORDINALS) else f"number {place + 1}"


ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
