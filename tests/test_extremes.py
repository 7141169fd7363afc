"""Numbers at the ends of float64: a result that float64 holds comes out, another is refused, nothing is warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from commands import cnngrad as command

import cnngrad

pytestmark = pytest.mark.filterwarnings("error")
BIG = 1e308
BEYOND = "is beyond float64, whose largest number is 1.8e308; scale the numbers, or take numbers: exact"
HOLD: list[tuple[dict[str, Any], str, list[Any]]] = [
    ({"op": "activation", "function": "gelu", "input": [1e200, -1e200, 1e308], "delta": 1}, "Z", [1e200, 0, 1e308]),
    ({"op": "activation", "function": "gelu", "input": [1e200, -1e200, 1e308], "delta": 1}, "dA", [1, 0, 1]),
    ({"op": "activation", "function": "silu", "input": [1e308, -1e308], "delta": 1}, "Z", [1e308, 0]),
    ({"op": "activation", "function": "silu", "input": [1e308, -1e308], "delta": 1}, "dA", [1, 0]),
    ({"op": "activation", "function": "softplus", "input": [1e308, -1e308], "delta": 1}, "Z", [1e308, 0]),
    ({"op": "activation", "function": "elu", "input": [1e308, -1e308], "delta": 1}, "Z", [1e308, -1]),
    ({"op": "activation", "function": "softmax", "input": [1e308, -1e308], "delta": 1}, "Z", [1, 0]),
    ({"op": "activation", "function": "log_softmax", "input": [1e300, 0], "delta": 1}, "Z", [0, -1e300]),
    ({"op": "pool", "mode": "average", "input": [BIG, BIG, -BIG, -BIG], "window": 2, "delta": 1}, "Z", [BIG, -BIG]),
    ({"op": "pool", "mode": "average", "input": [BIG, BIG, 1, 3], "window": 2, "delta": BIG}, "Z", [BIG, 2]),
    ({"op": "pool", "mode": "average", "input": [BIG] * 3, "window": 3, "padding": 1}, "Z", [BIG / 1.5]),
    ({"op": "pool", "mode": "average", "input": [BIG, BIG], "window": 2, "delta": BIG}, "dA", [BIG / 2, BIG / 2]),
    ({"op": "pool", "input": [BIG, 1, -BIG, -BIG], "window": 2, "delta": BIG}, "Z", [BIG, -BIG]),
    (
        {"op": "network", "input": [[BIG], [BIG]], "layers": [{"op": "batch_norm"}], "delta": [[1], [1]]},
        "batch_norm1.Z",
        [[0], [0]],
    ),
]


@pytest.mark.parametrize("number", range(len(HOLD)))
@pytest.mark.parametrize("shape", ["table", "json"])
def test_what_float64_holds_comes_out(number: int, shape: str, tmp_path: Path) -> None:
    spec, name, expected = HOLD[number]
    result = cnngrad.run(spec)
    np.testing.assert_allclose(result.arrays[name], expected, rtol=1e-15)
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump(spec))
    check = ["--gradcheck"] if "delta" in spec else []
    done = command("run", path, "--format", shape, "--trace", "full", *check)
    assert (done.code, done.err) == (0, "")
    assert "inf" not in done.out
    assert "nan" not in done.out


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"op": "pool", "input": [BIG, BIG], "window": 2, "mode": "average", "divisor_override": 1}, "Z[0]"),
    ({"op": "pool", "input": [1, BIG, 1], "window": 2, "stride": 1, "delta": BIG}, "dA[1]"),
    ({"op": "dense", "input": [BIG, BIG], "weights": [[1, 1]], "delta": [1]}, "Z[0]"),
    ({"op": "conv", "input": [BIG], "kernel": [BIG], "delta": [1]}, "Z[0]"),
    (
        {"op": "rnn", "inputs": [BIG], "weights": {"input": 10, "recurrent": 1}, "activation": "relu", "delta": 1},
        "h[0]",
    ),
    (
        {"op": "network", "input": [BIG], "layers": [{"op": "flatten"}], "loss": {"op": "mse", "target": [-1]}},
        "loss",
    ),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
@pytest.mark.parametrize("name", ["run", "audit"])
def test_what_is_beyond_is_one_line(number: int, name: str, tmp_path: Path) -> None:
    spec, cell = REFUSED[number]
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump(spec))
    done = command(name, path)
    assert (done.code, done.out, done.err) == (2, "", f"error: {path}: {cell}: {BEYOND}\n")


def test_a_cross_correlation_beyond_float64_does_not_take_the_convolution_along(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("op: conv\ninput: [1, 1e308]\nkernel: [1, 10]\nflip_kernel: true\n")
    done = command("run", path)
    assert (done.code, done.err) == (0, "")
    assert "Z[0] = A[0]*W[1] + A[1]*W[0]\n" in done.out
    assert "(that cross-correlation is beyond float64)" in done.out
