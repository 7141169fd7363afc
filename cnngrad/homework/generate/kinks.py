"""Inputs on which a network shows what chance seldom gives: ties, zeros, closed windows."""

from __future__ import annotations

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
    many = rng.choice(A.ravel(), (max(1, min(MANY, MOST_CELLS // A.size)), *one))
    batch = Layout(layout.letters if layout.batched else f"N{layout.letters}")
    Z = _convolved(batch, ops, arrays["conv1.W"], arrays["conv1.b"], many)
    first, last = _pooled(batch, ops, Z), _pooled(batch, ops, Z, "last")
    pooled, smallest = _rows(first["pool1.Z"]), -_rows(_pooled(batch, ops, -Z)["pool1.Z"])
    chosen = [_rows(each) for each in (first["pool1.dA"], last["pool1.dA"], _by_columns(batch, ops, Z))]
    shows = [
        *((one != other).any(axis=1) for one, other in combinations(chosen, 2)),
        (pooled == 0).any(axis=1),
        (pooled < 0).any(axis=1),
        pooled[:, 0] > 0,
        (smallest > 0).any(axis=1),
        chosen[0][:, -1] > 0,
    ]
    shown = np.sum(shows, axis=0)
    A[...] = many[int(np.argmax(shown))].reshape(A.shape)
    return bool(shown.max() == sum(each.any() for each in shows))  # in one dimension columns are rows


def _convolved(batch: Layout, ops: Ops, W: Any, b: Any, A: Any) -> Any:
    """The outputs of the convolution for a batch."""
    spec = {"op": "conv", "layout": batch.letters, "input": A, "kernel": W, "bias": b}
    return build(document_of(spec, DEFAULT), ops).exercise.result("Z")


def _pooled(batch: Layout, ops: Ops, Z: Any, ties: str = "first") -> dict[str, Any]:
    """What pooling and relu give behind it; pool1.dA has 1 for the cells that open windows chose."""
    layers = [{"op": "pool", "window": 2, "ties": ties}, RELU]
    spec = {"op": "network", "layout": batch.letters, "input": Z, "layers": layers, "delta": 1}
    network = build(document_of(spec, DEFAULT), ops).exercise
    return {name: network.result(name) for name in ("pool1.Z", "pool1.dA")}


def _by_columns(batch: Layout, ops: Ops, Z: Any) -> Any:
    """pool1.dA where the windows are read in the order of columns: spatial axes the other way round."""
    found = _pooled(batch, ops, _turned(Z, batch.letters, batch.spatial))["pool1.dA"]
    return _turned(found, batch.letters, batch.spatial)


def _rows(array: Any) -> Any:
    """A row for each image."""
    return array.reshape(len(array), -1)


def _turned(array: Any, letters: str, spatial: str) -> Any:
    """The array with its spatial axes in the opposite order."""
    places = dict(zip(spatial, reversed(spatial), strict=True))
    return array.transpose([letters.index(places.get(letter, letter)) for letter in letters])
