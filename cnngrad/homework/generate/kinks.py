"""Inputs on which a network shows what chance seldom gives: ties, zeros, closed windows."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.random import Generator

from cnngrad.exercise.op import Ops
from cnngrad.homework.generate.settings import Settings
from cnngrad.limits import DEFAULT
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of
from cnngrad.windows.layout import Layout

RELU = {"op": "activation", "function": "relu", "name": "relu1"}
MANY = 800
"""Inputs that are drawn at once, because few have what is needed."""
MOST_CELLS = 200_000
"""Cells that they have together."""


def with_kinks(settings: Settings, ops: Ops, arrays: dict[str, Any], rng: Generator) -> bool:
    """Put the input among many that shows most, and whether it shows all that any does: open windows in which the rules
    for ties choose different cells, an output of 0, one below 0, an open first window, one with nothing but positive
    cells, one that chose the last cell. They run as one batch."""
    layout, A = settings.axes(), arrays["A"]
    one = A.shape[layout.batched :]
    network = partial(_first_layers, layout, ops, arrays["conv1.W"], arrays["conv1.b"])
    many = rng.choice(A.ravel(), (max(1, min(MANY, MOST_CELLS // A.size)), *one))
    first, last, by_columns = network(many), network(many, ties="last"), network(many, by_columns=True)
    pooled, smallest = first["pool1.Z"], -network(many, sign=-1)["pool1.Z"]
    chosen = [each["pool1.dA"] for each in (first, last, by_columns)]
    shows = [
        *((one != other).any(axis=1) for one, other in combinations(chosen, 2)),
        (pooled == 0).any(axis=1),
        (pooled < 0).any(axis=1),
        pooled[:, 0] > 0,
        (smallest > 0).any(axis=1),
        first["pool1.dA"][:, -1] > 0,
    ]
    shown = np.sum(shows, axis=0)
    A[...] = many[int(np.argmax(shown))].reshape(A.shape)
    return bool(shown.max() == sum(each.any() for each in shows))  # in one dimension columns are rows


def _first_layers(
    layout: Layout, ops: Ops, W: Any, b: Any, A: Any, *, ties: str = "first", sign: int = 1, by_columns: bool = False
) -> dict[str, Any]:
    """What the layers up to relu give for a batch, a row for each image; pool1.dA has 1 for the cells that open windows
    chose. `by_columns` reads the windows in the order of columns: spatial axes the other way round."""
    letters = layout.letters if layout.batched else f"N{layout.letters}"
    batch = Layout(letters)
    if by_columns:
        A, W = _turned(A, letters, batch.spatial), _turned(W, batch.letters_of_kernel(W.ndim), batch.spatial)
    layers = [{"op": "conv", "kernel": sign * W, "bias": sign * b}, {"op": "pool", "window": 2, "ties": ties}, RELU]
    spec = {"op": "network", "layout": letters, "input": A, "layers": layers, "delta": 1}
    found = build(document_of(spec, DEFAULT), ops).exercise.solve()
    turn = partial(_turned, letters=letters, spatial=batch.spatial) if by_columns else np.asarray
    return {name: turn(found[name]).reshape(len(A), -1) for name in ("pool1.Z", "pool1.dA")}


def _turned(array: Any, letters: str, spatial: str) -> Any:
    """The array with its spatial axes in the opposite order."""
    places = dict(zip(spatial, reversed(spatial), strict=True))
    return array.transpose([letters.index(places.get(letter, letter)) for letter in letters])
