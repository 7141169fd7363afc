"""Flatten, and flatten in another order."""

from __future__ import annotations

from exercises import named


def test_flatten_in_another_order() -> None:
    """HWC 1x2x2: cells (1 2) (3 4) flatten to 1 2 3 4; channels first they are 1 3 2 4."""
    spec = {
        "op": "network",
        "input": [[[1, 2], [3, 4]]],
        "layers": [{"op": "flatten"}, {"op": "dense", "weights": [[1, 10, 100, 1000]]}],
        "delta": [1],
    }
    assert "flatten-order" in named(spec, "flatten1.Z", [1, 3, 2, 4])
    assert "flatten-order" in named(spec, "dense1.Z", [1 + 30 + 200 + 4000])
    assert "flatten-order" in named(spec, "flatten1.dA", [[[1, 100], [10, 1000]]])
