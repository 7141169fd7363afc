"""Whole architectures against PyTorch's autograd, to 1e-12."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from architectures import Numbers, networks
from hypothesis import HealthCheck, given, settings
from pytorch import INSTALLED, F, torch

import cnngrad

pytestmark = INSTALLED
MANY = settings(max_examples=40, suppress_health_check=list(HealthCheck))


NAMES = {"alpha": "alpha", "beta": "beta", "approximate": "approximate", "axis": "dim"}
"""What PyTorch calls the parameters of functions; leaky_relu has negative_slope."""


def activated(function: str, Z: Any, **parameter: Any) -> Any:
    """PyTorch's function of this name with our parameter, along the last axis where it mixes cells."""
    if function == "identity":
        return Z
    named = {"negative_slope" if function == "leaky_relu" else NAMES[key]: value for key, value in parameter.items()}
    if "softmax" in function:
        named.setdefault("dim", -1)
    return getattr(F, function)(Z, **named)


FUNCTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("leaky_relu", {}),
    ("leaky_relu", {"alpha": 0.25}),
    ("leaky_relu", {"alpha": -1.5}),
    ("elu", {}),
    ("elu", {"alpha": 2.5}),
    ("elu", {"alpha": -0.5}),
    ("softplus", {}),
    ("softplus", {"beta": 3}),
    ("softplus", {"beta": -0.5}),
    ("gelu", {}),
    ("gelu", {"approximate": "none"}),
    ("gelu", {"approximate": "tanh"}),
    *((function, {"axis": axis}) for function in ("softmax", "log_softmax") for axis in range(-3, 3)),
)


def test_every_parameter_of_an_activation() -> None:
    numbers = Numbers(5)
    A, dZ = numbers(2, 3, 4), numbers(2, 3, 4)
    for function, parameter in FUNCTIONS:
        leaf = torch.tensor(A, dtype=torch.float64, requires_grad=True)
        Z = activated(function, leaf, **parameter)
        Z.backward(torch.tensor(dZ, dtype=torch.float64))
        found = cnngrad.run({"op": "activation", "function": function, **parameter, "input": A, "delta": dZ}).results
        assert np.abs(found["Z"] - Z.detach().numpy()).max() < 1e-12, (function, parameter)
        assert np.abs(found["dA"] - leaf.grad.numpy()).max() < 1e-12, (function, parameter)


class Model:
    """The same network in PyTorch: channels first inside, the spec's layout outside."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec, self.layout = spec, spec["layout"]
        self.leaves: dict[str, Any] = {"A": self.leaf(spec["input"])}
        self.counts: dict[str, int] = {}
        self.outputs = {"input": self.leaves["A"]}

    def leaf(self, values: Any) -> Any:
        """A tensor with a gradient."""
        return torch.tensor(values, dtype=torch.float64, requires_grad=True)

    def loss(self) -> Any:
        """The loss, or the output times the delta."""
        Z = self.layers(self.spec["layers"], self.leaves["A"])
        if "delta" in self.spec:
            return (Z * torch.tensor(self.spec["delta"], dtype=torch.float64)).sum()
        loss = self.spec["loss"]
        if loss["op"] == "sum":
            return Z.sum() * loss["factor"]
        target = torch.tensor(loss["target"], dtype=torch.int64 if loss["op"] == "cross_entropy" else torch.float64)
        if loss["op"] == "mse":
            return loss["factor"] * F.mse_loss(Z, target, reduction=loss["reduction"])
        if loss["op"] == "binary_cross_entropy":
            return F.binary_cross_entropy(Z, target, reduction=loss["reduction"])
        Z = Z.movedim(loss["axis"], -1)
        return F.cross_entropy(Z.reshape(-1, Z.shape[-1]), target.reshape(-1), reduction=loss["reduction"])

    def layers(self, layers: list[Any], Z: Any) -> Any:
        """All layers, one after the other."""
        for layer in layers:
            op = layer["op"]
            self.counts[op] = self.counts.get(op, 0) + 1
            Z = getattr(self, op)(layer, f"{op}{self.counts[op]}", Z)
        return Z

    def parameter(self, name: str, values: Any) -> Any:
        """A learned tensor under its name in the program."""
        self.leaves[name] = self.leaf(values)
        return self.leaves[name]

    def planes(self, Z: Any) -> Any:
        """(N, C, *spatial)."""
        for place, letter in enumerate("NC"):
            if letter not in self.layout:
                Z = Z.unsqueeze(place)
        return Z.movedim(-1, 1).contiguous() if self.layout.endswith("C") else Z

    def restored(self, planes: Any) -> Any:
        """Back in the layout."""
        Z = planes.movedim(1, -1) if self.layout.endswith("C") else planes
        for letter in "CN":
            if letter not in self.layout:
                Z = Z.squeeze(1 if letter == "C" else 0)
        return Z

    def conv(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """Cross-correlation."""
        W = kernel = self.parameter(f"{name}.W", layer["kernel"])
        rank = len([letter for letter in self.layout if letter in "HWL"])
        if "C" not in self.layout:
            W = kernel[None, None]
        elif self.layout.endswith("C"):
            W = kernel.movedim((-1, -2), (0, 1)).contiguous()
        b = self.parameter(f"{name}.b", layer.get("bias", 0.0)).reshape(-1)
        apply = (F.conv1d, F.conv2d)[rank - 1]
        return self.restored(apply(self.planes(Z), W, b, stride=layer["stride"], padding=layer["padding"]))

    def pool(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """Max or average pooling."""
        rank = len([letter for letter in self.layout if letter in "HWL"])
        apply = {"max": (F.max_pool1d, F.max_pool2d), "average": (F.avg_pool1d, F.avg_pool2d)}[layer["mode"]][rank - 1]
        return self.restored(apply(self.planes(Z), 2, stride=1, padding=layer["padding"]))

    def activation(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """A function of every cell."""
        return activated(layer["function"], Z, **{key: layer[key] for key in NAMES if key in layer})

    def flatten(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """Features in a row."""
        return Z.reshape(len(Z), -1) if "N" in self.layout else Z.reshape(-1)

    def dense(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """Fully connected."""
        W = self.parameter(f"{name}.W", layer["weights"])
        return F.linear(Z, W, self.parameter(f"{name}.b", layer["bias"]))

    def batch_norm(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """The statistics of the batch."""
        gamma, beta = (self.parameter(f"{name}.{key}", layer[key]) for key in ("gamma", "beta"))
        planes = self.planes(Z)
        normed = F.batch_norm(planes, None, None, gamma.reshape(-1), beta.reshape(-1), training=True, eps=layer["eps"])
        return self.restored(normed)

    def layer_norm(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """The statistics of each row, or of each example."""
        gamma, beta = (self.parameter(f"{name}.{key}", layer[key]) for key in ("gamma", "beta"))
        return F.layer_norm(Z, gamma.shape, gamma, beta, eps=layer["eps"])

    def residual(self, layer: dict[str, Any], name: str, Z: Any) -> Any:
        """A sum with the block's input, or with that of the network."""
        return Z + self.outputs["input"] if "from" in layer else Z + self.layers(layer["layers"], Z)


@MANY
@given(networks())
def test_random_networks(spec: dict[str, Any]) -> None:
    ours = cnngrad.run(spec)
    model = Model(spec)
    loss = model.loss()
    loss.backward()
    if "loss" in spec:
        assert float(ours.arrays["loss"]) == pytest.approx(loss.item(), rel=1e-12, abs=1e-13)
    for name, leaf in model.leaves.items():
        owner, dot, symbol = name.rpartition(".")
        found = np.reshape(ours.arrays[f"{owner}{dot}d{symbol}"], leaf.shape)
        expected = leaf.grad.numpy()
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize("function", ["tanh", "sigmoid", "relu", "identity"])
def test_backpropagation_through_time(function: str) -> None:
    numbers = Numbers(7)
    shapes = {"x": (5, 2), "W_input": (3, 2), "W_recurrent": (3, 3), "b": (3,), "h0": (3,)}
    given_ = {name: numbers(*shape) for name, shape in shapes.items()}
    deltas = numbers(5, 3)
    leaves = {name: torch.tensor(values, dtype=torch.float64, requires_grad=True) for name, values in given_.items()}
    h, total = leaves["h0"], torch.zeros((), dtype=torch.float64)
    for x, delta in zip(leaves["x"], torch.tensor(deltas, dtype=torch.float64), strict=True):
        h = activated(function, leaves["W_input"] @ x + leaves["W_recurrent"] @ h + leaves["b"])
        total = total + (h * delta).sum()
    total.backward()
    weights = {"input": given_["W_input"], "recurrent": given_["W_recurrent"], "bias": given_["b"]}
    spec = {"op": "rnn", "inputs": given_["x"], "weights": weights, "h0": given_["h0"], "activation": function}
    found = cnngrad.run({**spec, "deltas": deltas}).results
    for name, leaf in leaves.items():
        np.testing.assert_allclose(found[f"d{name}"], leaf.grad.numpy(), rtol=1e-12, atol=1e-12)
