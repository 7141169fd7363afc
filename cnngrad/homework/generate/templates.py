"""The form of a new exercise: a spec whose numbers are still to be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

import numpy as np
from numpy.random import Generator

from cnngrad.errors import CnngradError, Problem
from cnngrad.exercise.op import Ops
from cnngrad.homework.generate.kinks import RELU, with_kinks
from cnngrad.homework.generate.settings import Settings, size_problem
from cnngrad.limits import DEFAULT
from cnngrad.records import dataclass
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of
from cnngrad.windows.layout import Layout
from cnngrad.wording import counted

Spec = dict[str, Any]
VARIABLES = ("x", "y", "z", "w", "u", "v")


def _zeros(*shape: int) -> Any:
    return np.zeros(shape, dtype=int)


def _input(settings: Settings, layout: Layout, *sides: int) -> Spec:
    """The input and its layout; `sides` are the usual ones with one, two and three spatial axes."""
    chosen = settings.sides(sides[layout.rank - 1], layout.spatial)
    counts = {"N": settings.batch, "C": settings.channels, **dict(zip(layout.spatial, chosen, strict=True))}
    named: Spec = {"layout": settings.layout} if settings.layout else {}
    return named | {"input": _zeros(*(counts[letter] for letter in layout.letters))}


def _kernel(settings: Settings, layout: Layout) -> tuple[int, ...]:
    """The shape of a kernel."""
    counts = {"O": settings.filters, "I": settings.channels}
    return tuple(counts.get(letter, settings.window or 2) for letter in layout.letters_of_kernel(layout.rank + 2))


def _bias(settings: Settings, layout: Layout) -> Any:
    return _zeros(settings.filters) if layout.channels else _zeros()


def conv_backward(settings: Settings, _: Generator, _ops: Ops) -> Spec:
    """A convolution: A, W, b and dZ."""
    layout = settings.axes()
    spec: Spec = {"op": "conv"} | _input(settings, layout, 8, 4, 3)
    spec |= {"kernel": _zeros(*_kernel(settings, layout)), "bias": _bias(settings, layout)}
    return spec | _sliding(settings) | {"delta": 0}


def pool(settings: Settings, _: Generator, _ops: Ops) -> Spec:
    """A pooling layer: A and dZ; windows overlap where the stride is less than the window."""
    window, layout = settings.window or 3, settings.axes()
    spec: Spec = {"op": "pool", "mode": settings.mode, "window": window} | _input(settings, layout, 13, 7, 5)
    if settings.mode == "max":
        spec["ties"] = settings.ties
    return spec | _sliding(settings) | {"stride": settings.stride, "delta": 0}


def _sliding(settings: Settings) -> Spec:
    steps = {"stride": settings.stride, "padding": settings.padding, "dilation": settings.dilation}
    return {key: value for key, value in steps.items() if value != (0 if key == "padding" else 1)}


def network(settings: Settings, _: Generator, ops: Ops) -> Spec:
    """Convolution, max pooling, relu, two neurons, and half the squared error."""
    layout, k = settings.axes(), settings.window or 2
    layers = [
        {"op": "conv", "kernel": _zeros(*_kernel(settings, layout)), "bias": _bias(settings, layout)},
        {"op": "pool", "window": 2},
        RELU,
        {"op": "flatten"},
    ]
    spec: Spec = {"op": "network"} | _input(settings, layout, 15, 7, 5) | {"layers": layers}
    try:
        features = build(document_of(spec, DEFAULT), ops).exercise.solve()["flatten1.Z"].shape[-1]
    except CnngradError:
        says = f"is too small for a kernel of {k} and then pooling, which need {k + 1} cells along each side"
        raise CnngradError(settings.problem(Problem(says, "input"))) from None
    layers.append({"op": "dense", "weights": _zeros(2, features), "bias": _zeros(2)})
    target = [1, -1]
    return spec | {"loss": {"op": "mse", "target": [target] * settings.batch if layout.batched else target}}


def graph(settings: Settings, rng: Generator, _ops: Ops) -> Spec:
    """An expression of sums, products and a max, in which at least one value is used twice."""
    gates = settings.size[0] if settings.size else 5
    if not 3 <= gates <= 12:
        raise size_problem(f"a graph of {counted(gates, 'gate')}; take 3 to 12")
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
    plant: Callable[[Settings, Ops, dict[str, Any], Generator], bool] | None = None
    """puts into drawn numbers what they seldom have; False where not all of it is found"""


_SHAPE = ("size", "window", "digits")
TEMPLATES = {
    "conv-backward": Template(
        conv_backward,
        ("dA", "dW", "db"),
        (*_SHAPE, "layout", "stride", "padding", "dilation", "channels", "filters", "batch"),
        "Compute dA, dW and db of this convolution",
    ),
    "pool": Template(
        pool,
        ("dA",),
        (*_SHAPE, "layout", "stride", "padding", "dilation", "channels", "batch", "mode", "ties"),
        "Compute dA of this pooling layer",
        {"stride": 2},
    ),
    "network": Template(
        network,
        ("conv1.dW",),
        (*_SHAPE, "layout"),
        "Compute the gradient of the kernel of this network",
        plant=with_kinks,
    ),
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
