"""Planes with their padding, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.windows.axis import Axis, Integers


def last(places: Iterable[Any]) -> Any:
    """An index into the last axes of an array."""
    return (..., *places)


def padded(axes: Sequence[Axis], planes: Array, fill: Any, room: Array | None) -> Array:
    """Every position that a window covers: (..., *sizes) -> (..., *reach); `room` is flat memory for it."""
    if any(axis.mode != "zeros" for axis in axes):
        for number, axis in enumerate(axes, start=-len(axes)):
            planes = _extend(planes, axis, number, fill)
        return planes
    shape = (*planes.shape[: -len(axes)], *(axis.reached for axis in axes))
    whole = np.empty(shape, planes.dtype) if room is None else room.reshape(shape)
    whole.fill(fill)
    stretches, cells = zip(*(axis.held for axis in axes), strict=True)
    whole[last(stretches)] = planes[last(cells)]
    return whole


def collected(axes: Sequence[Axis], padded: Array) -> Array:
    """What is on padding added to the cells that it repeats, or dropped: (..., *reach) -> (..., *sizes)."""
    for number, axis in enumerate(axes, start=-len(axes)):
        if not axis.covers_input:
            padded = _collect(padded, axis, number)
    return padded


def collect_into(planes: Array, axes: Sequence[Axis], padded: Array) -> None:
    """Write into `planes` (..., *sizes) what `collected` gives; zero padding is dropped from all axes at once."""
    if any(axis.mode != "zeros" for axis in axes):
        planes[...] = collected(axes, padded)
        return
    stretches, cells = zip(*(axis.held for axis in axes), strict=True)
    if any(part != slice(0, axis.size) for part, axis in zip(cells, axes, strict=True)):
        planes[...] = zeros((1,), padded)
    planes[last(cells)] = padded[last(stretches)]


def _along(number: int, place: slice | Integers) -> tuple[Any, ...]:
    """An index that picks `place` on the axis `number` (counted from the end)."""
    return (..., place, *(slice(None),) * (-number - 1))


def _extend(planes: Array, axis: Axis, number: int, fill: Any) -> Array:
    stretch, cells = axis.held
    shape = list(planes.shape)
    shape[number] = axis.reached
    padded = np.full(shape, fill, dtype=planes.dtype)
    padded[_along(number, stretch)] = planes[_along(number, cells)]
    return padded


def _collect(padded: Array, axis: Axis, number: int) -> Array:
    stretch, cells = axis.held
    shape = list(padded.shape)
    shape[number] = axis.size
    planes = zeros(tuple(shape), padded)
    if isinstance(cells, slice):
        planes[_along(number, cells)] = padded[_along(number, stretch)]
    else:  # several padding cells may repeat one input cell, and += would keep only one of them
        np.add.at(planes, _along(number, cells), padded[_along(number, stretch)])
    return planes
