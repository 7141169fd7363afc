"""Residual connections against arithmetic that is written out here."""

from __future__ import annotations

from exercises import solved

import cnngrad


def test_a_residual_connection_adds_both_ways() -> None:
    layers = [
        {"op": "residual", "layers": [{"op": "conv", "kernel": [[2]]}]},
        {"op": "conv", "kernel": [[3]]},
    ]
    found = solved(op="network", input=[[1, 4]], layers=layers, delta=[[1, 1]])
    by_name = {layer["name"]: layer["results"] for layer in found["layers"]}
    assert by_name["conv2"]["Z"] == [[(2 * 1 + 1) * 3, (2 * 4 + 4) * 3]]
    # through the block 3*2, past it 3
    assert cnngrad.run({"op": "network", "input": [[1, 4]], "layers": layers, "delta": [[1, 1]]}).arrays[
        "dA"
    ].tolist() == [[3 * 2 + 3, 3 * 2 + 3]]
