"""Networks drawn at random: shapes that fit by construction, numbers that keep clear of kinks and ties."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st

import cnngrad

FUNCTIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu")
PARAMETERS = {
    "leaky_relu": ("alpha", 0.3),
    "elu": ("alpha", 1.5),
    "softplus": ("beta", 2.5),
    "gelu": ("approximate", "tanh"),
    "softmax": ("axis", 0),
    "log_softmax": ("axis", 0),
}
"""Another value of the parameter of a function than the default."""
LAYOUTS = ("HW", "CHW", "HWC", "NCHW", "NHWC", "NCL", "NWC")
SIZES = {"N": 2, "C": 2, "H": 4, "W": 3, "L": 5}


class Numbers:
    """Distinct numbers of moderate size, always the same for a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self, *shape: int) -> Any:
        """An array of this shape as nested lists."""
        return self.rng.uniform(-1.5, 1.5, shape).round(4).tolist()


@st.composite
def networks(draw: st.DrawFn, most: int = 3) -> dict[str, Any]:
    """A spec: at most so many spatial layers, then perhaps flatten and dense layers, then a loss or a delta."""
    numbers = Numbers(draw(st.integers(0, 10**6)))
    layout = draw(st.sampled_from(LAYOUTS))
    shape = [SIZES[letter] for letter in layout]
    spec: dict[str, Any] = {"op": "network", "layout": layout, "input": numbers(*shape), "layers": []}
    for _ in range(draw(st.integers(1, most))):
        draw(_spatial(spec["layers"], layout, shape, numbers))
        shape = [*cnngrad.run(spec).results["layers"][-1]["results"]["Z"].shape]
    if draw(st.booleans()) or layout in ("HW", "CHW", "HWC"):
        shape = draw(_dense(spec["layers"], "N" in layout, shape, numbers))
    spec |= draw(_end(spec["layers"], shape, numbers))
    return spec


@st.composite
def _spatial(draw: st.DrawFn, layers: list[Any], layout: str, shape: list[int], numbers: Numbers) -> None:
    large = all(n >= 3 for n, letter in zip(shape, layout, strict=True) if letter in "HWL")
    cells = prod(n for n, letter in zip(shape, layout, strict=True) if letter != "C")
    ops = (
        ("conv", "pool") * large
        + ("activation", "residual", "dense")
        + ("batch_norm",) * (cells > 1)
        + ("layer_norm",) * (shape[-1] > 1)
    )
    op = draw(st.sampled_from(ops))
    if op == "conv":
        layers.append(draw(_conv(layout, shape, numbers)))
    elif op == "pool":
        mode = draw(st.sampled_from(("max", "average")))
        layers.append({"op": "pool", "mode": mode, "window": 2, "stride": 1, "padding": draw(st.integers(0, 1))})
    elif op == "dense":
        neurons = draw(st.integers(1, 3))
        layers.append({"op": "dense", "weights": _small(numbers(neurons, shape[-1])), "bias": numbers(neurons)})
    elif op == "activation":
        layers.append(draw(_activation()))
    elif op == "batch_norm":
        channels = SIZES["C"] if "C" in layout else None
        size = () if channels is None else (shape[layout.index("C")],)
        layers.append({"op": "batch_norm", "gamma": numbers(*size), "beta": numbers(*size), "eps": 0.1})
    elif op == "layer_norm":
        over = draw(st.sampled_from(("last", "all")))
        each = [n for n, letter in zip(shape, layout, strict=True) if letter != "N"] if over == "all" else shape[-1:]
        layers.append({"op": "layer_norm", "gamma": numbers(*each), "beta": numbers(*each), "eps": 0.1, "over": over})
    else:
        inner = [{"op": "activation", "function": "tanh"}]
        whole = draw(st.booleans()) and _keeps_shape(layers)
        layers.append({"op": "residual", "from": "input"} if whole else {"op": "residual", "layers": inner})


@st.composite
def _activation(draw: st.DrawFn) -> dict[str, Any]:
    function = draw(st.sampled_from((*FUNCTIONS, "softmax", "log_softmax")))
    layer: dict[str, Any] = {"op": "activation", "function": function}
    if function in PARAMETERS and draw(st.booleans()):
        name, value = PARAMETERS[function]
        layer[name] = value
    return layer


def _keeps_shape(layers: list[Any]) -> bool:
    return all(layer["op"] not in ("conv", "pool", "dense") for layer in layers)


@st.composite
def _conv(draw: st.DrawFn, layout: str, shape: list[int], numbers: Numbers) -> dict[str, Any]:
    layer: dict[str, Any] = {"op": "conv", "stride": draw(st.integers(1, 2)), "padding": draw(st.integers(0, 1))}
    taps = [2] * sum(letter in "HWL" for letter in layout)
    filters = draw(st.integers(1, 3))
    if "C" not in layout:
        layer["kernel"] = numbers(*taps)
    else:
        channels = shape[layout.index("C")]
        first = layout.index("C") < min(layout.index(letter) for letter in "HWL" if letter in layout)
        layer["kernel"] = numbers(filters, channels, *taps) if first else numbers(*taps, channels, filters)
        layer["bias"] = numbers(filters)
    return layer


@st.composite
def _dense(draw: st.DrawFn, layers: list[Any], batched: bool, shape: list[int], numbers: Numbers) -> list[int]:
    batch = shape[:1] if batched else []
    features = int(np.prod(shape[len(batch) :]))
    layers.append({"op": "flatten"})
    for _ in range(draw(st.integers(1, 2))):
        neurons = draw(st.integers(2, 3))
        layers.append({"op": "dense", "weights": _small(numbers(neurons, features)), "bias": numbers(neurons)})
        layers.append(draw(_activation()))
        features = neurons
    return [*batch, features]


def _small(weights: Any) -> Any:
    """Weights under which a sigmoid does not saturate: 1 - Z would lose its digits, and log(1 - Z) with it."""
    return (np.array(weights) / np.shape(weights)[1]).tolist()


@st.composite
def _end(draw: st.DrawFn, layers: list[Any], shape: list[int], numbers: Numbers) -> dict[str, Any]:
    kinds = ["delta", "mse", "sum", "binary_cross_entropy"] + ["cross_entropy"] * (layers[-1]["op"] != "residual")
    kind = draw(st.sampled_from(kinds))
    if kind == "delta":
        return {"delta": numbers(*shape)}
    if kind == "sum":
        return {"loss": {"op": "sum", "factor": 0.5}}
    reduction = draw(st.sampled_from(("sum", "mean")))
    if kind == "mse":
        return {"loss": {"op": "mse", "target": numbers(*shape), "reduction": reduction, "factor": 2}}
    if kind == "binary_cross_entropy":
        layers.append({"op": "activation", "function": "sigmoid"})
        target = np.abs(np.array(numbers(*shape))) / 2
        return {"loss": {"op": kind, "target": target.tolist(), "reduction": reduction}}
    axis = draw(st.sampled_from((-1, *range(len(shape)))))
    rows = np.zeros(np.delete(shape, axis), dtype=int).tolist()
    return {"loss": {"op": kind, "target": rows, "reduction": reduction, "axis": axis}}
