"""Exact results of convolutions and dense layers without arithmetic on fractions: whole numbers in float64."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

import numpy as np

from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.layer import Arrays
from cnngrad.numbers.kinds import Array

MOST = 2**53
"""Below it float64 holds every whole number."""


def exact_results(exercise: Exercise) -> Arrays | None:
    """The results of an exercise in fractions, as fractions; None where they are no sums of products, or would need
    numbers beyond those that float64 holds.

    Each array times the common denominator of its cells is whole. A result is a sum of products of one cell of each of
    A, W and dZ but the one that it belongs to, so its cells are whole numbers over the product of the denominators.
    """
    if not isinstance(exercise, LayerExercise) or not exercise.layer.sums_of_products:
        return None
    given, bias = exercise.given, "b" in exercise.given
    scales = {name: _denominator(array) for name, array in given.items()}
    if bias:  # it is added to products of A and W
        scales["A"] = lcm(scales["A"], scales["b"])
        scales["b"] = scales["A"] * scales["W"]
    cells = {name: _whole(array, scales[name]) for name, array in given.items()}
    largest = {name: max(map(abs, each), default=0) for name, each in cells.items()}
    one, other = sorted([largest[name] for name in largest if name != "b"])[-2:]
    if max(exercise.multiply_adds() * one * other + largest.get("b", 0), *largest.values()) >= MOST:
        return None
    whole = {name: np.array(cells[name], dtype=float).reshape(array.shape) for name, array in given.items()}
    found = exercise.with_arrays(whole).solve()
    return {name: _fractions(array, _scale(name, scales)) for name, array in found.items()}


def _denominator(array: Array) -> int:
    return lcm(*{cell.denominator for cell in array.flat})


def _whole(array: Array, scale: int) -> list[int]:
    """The cells times a multiple of their denominators."""
    return [cell.numerator * (scale // cell.denominator) for cell in array.flat]


def _scale(name: str, scales: dict[str, int]) -> int:
    """The denominator of a result."""
    if name == "db":
        return scales["dZ"]
    missing = {"Z": "dZ"}.get(name, name.removeprefix("d"))
    return int(np.prod([scales[each] for each in ("A", "W", "dZ") if each in scales and each != missing], dtype=object))


def _fractions(array: Array, scale: int) -> Array:
    cells = np.empty(array.size, dtype=object)
    cells[:] = [Fraction(int(cell), scale) if scale > 1 else Fraction(int(cell)) for cell in array.flat]
    return cells.reshape(array.shape)
