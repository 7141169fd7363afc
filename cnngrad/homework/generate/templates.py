"""The form of a new exercise: a spec whose numbers are still to be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator

from cnngrad.errors import CnngradError, Problem, option
from cnngrad.exercise.op import Ops
from cnngrad.limits import DEFAULT
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of
from cnngrad.wording import counted

Spec = dict[str, Any]
MOST_CELLS = 10_000
"""Cells of an input or a kernel: more than anybody works out, and few enough to search."""
VARIABLES = ("x", "y", "z", "w", "u", "v")


MADE = {"kernel": "window", "input": "size"}
"""The setting that decides the shape of a key, where it has another name."""


@dataclass(frozen=True)
class Settings:
    """What the user asks for; each kind of exercise reads what it knows."""

    size: tuple[int, ...] = ()
    window: int = 0
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    channels: int = 1
    filters: int = 1
    batch: int = 1
    mode: str = "max"
    ties: str = "first"
    steps: int = 3
    hidden: int = 1
    activation: str = "relu"
    digits: int = 1
    given: tuple[str, ...] = ()
    """the settings that the user gave"""

    def problem(self, found: Problem) -> Problem:
        """A problem of the spec that these settings make, with the setting that it comes from in place of the key."""
        key = found.key.rpartition(".")[2]
        name = MADE.get(key, key)
        given = [name] if name in self.given else [each for each in self.given if each != "digits"]
        if not given:
            return found
        place = " ".join(option(each, _written(getattr(self, each))) for each in given)
        return Problem(found.message, place if name in self.given else f"{place}: {found.key}")

    @property
    def largest(self) -> int:
        """The largest number that is drawn: with one digit those that are multiplied in the head."""
        return 5 if self.digits == 1 else 10**self.digits - 1

    def sides(self, default: int) -> tuple[int, int]:
        """Height and width."""
        if len(self.size) > 2:
            raise _size_problem(f"has {len(self.size)} numbers; give one, or height and width")
        height, *rest = self.size or (default,)
        width = rest[0] if rest else height
        kernel = self.window**2 * self.channels * self.filters
        for what, cells in (("an input", height * width * self.channels * self.batch), ("a kernel", kernel)):
            if cells > MOST_CELLS:
                raise _size_problem(f"makes {what} of {cells:,} cells; exercises have at most {MOST_CELLS:,}")
        return height, width


def _size_problem(says: str) -> CnngradError:
    return CnngradError(Problem(says, option("size")))


def _zeros(*shape: int) -> Any:
    return np.zeros(shape, dtype=int)


def conv_backward(settings: Settings, _: Generator, _ops: Ops) -> Spec:
    """A convolution: A, W, b and dZ."""
    height, width = settings.sides(4)
    k = settings.window or 2
    planes = settings.channels > 1 or settings.filters > 1 or settings.batch > 1
    input_ = (settings.batch,) * (settings.batch > 1) + (height, width) + (settings.channels,) * planes
    kernel = (k, k) + (settings.channels, settings.filters) * planes
    spec: Spec = {"op": "conv", "input": _zeros(*input_), "kernel": _zeros(*kernel)}
    spec["bias"] = _zeros(settings.filters) if planes else _zeros()
    return spec | _sliding(settings) | {"delta": 0}


def pool(settings: Settings, _: Generator, _ops: Ops) -> Spec:
    """A pooling layer: A and dZ; windows overlap where the stride is less than the window."""
    window = settings.window or 3
    spec: Spec = {"op": "pool", "mode": settings.mode, "window": window, "input": _zeros(*settings.sides(7))}
    if settings.mode == "max":
        spec["ties"] = settings.ties
    return spec | _sliding(settings) | {"stride": settings.stride, "delta": 0}


def _sliding(settings: Settings) -> Spec:
    steps = {"stride": settings.stride, "padding": settings.padding, "dilation": settings.dilation}
    return {key: value for key, value in steps.items() if value != (0 if key == "padding" else 1)}


def network(settings: Settings, _: Generator, ops: Ops) -> Spec:
    """Convolution, max pooling, relu, two neurons, and half the squared error."""
    height, width = settings.sides(7)
    k = settings.window or 2
    layers = [
        {"op": "conv", "kernel": _zeros(k, k), "bias": _zeros()},
        {"op": "pool", "window": 2},
        {"op": "activation", "function": "relu", "name": "relu1"},
        {"op": "flatten"},
    ]
    spec: Spec = {"op": "network", "input": _zeros(height, width), "layers": layers}
    try:
        (features,) = build(document_of(spec, DEFAULT), ops).exercise.solve()["flatten1.Z"].shape
    except CnngradError:
        too_small = f"{height},{width} is too small for a kernel of {k} and pooling; take a larger one"
        raise _size_problem(too_small) from None
    layers.append({"op": "dense", "weights": _zeros(2, features), "bias": _zeros(2)})
    return spec | {"loss": {"op": "mse", "target": [1, -1]}}


def graph(settings: Settings, rng: Generator, _ops: Ops) -> Spec:
    """An expression of sums, products and a max, in which at least one value is used twice."""
    gates = settings.size[0] if settings.size else 5
    if not 3 <= gates <= 12:
        raise _size_problem(f"a graph of {counted(gates, 'gate')}; take 3 to 12")
    steps: dict[str, str] = {}
    names = list(VARIABLES[: max(2, min(len(VARIABLES), gates - 1))])
    waiting = [*names, names[int(rng.integers(len(names)))]]  # one of them goes two ways
    kinds = ["*", "+", "max", *(str(kind) for kind in rng.choice(["*", "+", "-", "max"], gates - 3))]
    for number, kind in enumerate(kinds):
        one, other = _two(waiting, steps, names, rng)
        name = "f" if number == gates - 1 else f"q{number + 1}"
        steps[name] = f"max({one}, {other})" if kind == "max" else f"{one} {kind} {other}"
        waiting.append(name)
    return {"op": "graph", "expression": steps, "values": dict.fromkeys(names, 0)}


def _two(waiting: list[str], steps: dict[str, str], names: list[str], rng: Generator) -> tuple[str, str]:
    """Two different values that still wait to be used, the oldest first; any variable where too few wait."""
    one = waiting.pop(0)
    others = [name for name in waiting if name != one] or [name for name in (*names, *steps) if name != one]
    other = others[int(rng.integers(len(others)))]
    if other in waiting:
        waiting.remove(other)
    return one, other


def rnn(settings: Settings, _: Generator, _ops: Ops) -> Spec:
    """A recurrent network through a few steps."""
    T, H = settings.steps, (settings.hidden,) if settings.hidden > 1 else ()
    weights = {"input": _zeros(*H, *(1 for _ in H)), "recurrent": _zeros(*H, *H), "bias": _zeros(*H)}
    spec = {"op": "rnn", "inputs": _zeros(T), "weights": weights, "h0": _zeros(*H)}
    return spec | {"activation": settings.activation, "deltas": _zeros(T, *H)}


@dataclass(frozen=True)
class Template:
    """A kind of exercise: the form of its spec, the quantities that are asked for, and the options that it knows."""

    spec: Callable[[Settings, Generator, Ops], Spec]
    asked: tuple[str, ...]
    options: tuple[str, ...]
    title: str
    defaults: dict[str, Any] = field(default_factory=dict)
    forms: int = 1
    """how many forms are tried, where each draw has its own"""


_SHAPE = ("size", "window", "digits")
TEMPLATES = {
    "conv-backward": Template(
        conv_backward,
        ("dA", "dW", "db"),
        (*_SHAPE, "stride", "padding", "dilation", "channels", "filters", "batch"),
        "Compute dA, dW and db of this convolution",
    ),
    "pool": Template(
        pool,
        ("dA",),
        (*_SHAPE, "stride", "padding", "dilation", "mode", "ties"),
        "Compute dA of this pooling layer",
        {"stride": 2},
    ),
    "network": Template(network, ("conv1.dW",), _SHAPE, "Compute the gradient of the kernel of this network"),
    "graph": Template(
        graph,
        ("gradients",),
        ("size", "digits"),
        "Compute the gradient of every variable",
        forms=40,
    ),
    "rnn": Template(
        rnn,
        ("gradients",),
        ("steps", "hidden", "activation", "digits"),
        "Compute the gradients of this recurrent network",
    ),
}


def _written(value: object) -> str:
    """A setting as it is typed: 5, or 4,6."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
