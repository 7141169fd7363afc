"""Specs of layers whose terms are in columns."""

from __future__ import annotations

from typing import Any

from layers import integers

PLANES: dict[str, dict[str, Any]] = {
    "plain": {"input": integers((3, 4), 1), "kernel": integers((2, 2), 2)},
    "padded": {"input": integers((4, 5), 1), "kernel": integers((3, 3), 2), "stride": 2, "padding": 1},
    "NHWC": {"input": integers((2, 3, 3, 2), 1), "kernel": integers((2, 2, 2, 3), 2), "padding": [[1, 0], [0, 1]]},
    "groups": {"input": integers((2, 4, 4), 1), "kernel": integers((6, 2, 2), 2), "layout": "NCL", "groups": 2},
    "one filter": {"input": integers((3, 3, 2), 1), "kernel": integers((2, 2, 2), 2)},
    "reflect": {"input": integers((4, 4), 1), "kernel": integers((3, 2), 2), "padding_mode": "reflect", "padding": 1},
    "circular": {"input": integers((5,), 1), "kernel": integers((3,), 2), "padding_mode": "circular", "padding": 2},
    "transposed": {
        "input": integers((2, 2, 3), 1),
        "kernel": integers((2, 3, 2), 2),
        "transposed": True,
        "layout": "NCL",
        "padding": 1,
        "stride": 2,
    },
    "flipped": {
        "input": integers((7,), 1),
        "kernel": integers((3,), 2),
        "flip_kernel": True,
        "dilation": 2,
        "padding": [[2, 1]],
    },
}
SPECS: dict[str, dict[str, Any]] = {
    **{name: {"op": "conv", "delta": 3, **keys} for name, keys in PLANES.items()},
    "dense": {"op": "dense", "input": integers((2, 3), 1), "weights": integers((4, 3), 2), "delta": 2},
    "one vector": {"op": "dense", "input": [1, 0, 2], "weights": [[1, 2, 3]], "bias": 4, "delta": [5]},
}


NETWORK: dict[str, Any] = {
    "op": "network",
    "input": integers((3, 3), 1),
    "layers": [
        {"op": "conv", "kernel": integers((2, 2), 2), "padding": 1},
        {"op": "flatten"},
        {"op": "dense", "weights": integers((2, 16), 3)},
    ],
    "delta": [1, 2],
}
