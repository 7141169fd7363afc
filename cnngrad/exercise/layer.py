"""A layer: settings fitted to shapes, without any numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any, ClassVar, Self

import numpy as np

from cnngrad.calculus.laws import Law, law
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.windows.layout import Layout
from cnngrad.windows.windows import Windows

Arrays = Mapping[str, Array]
"""Arrays by symbol: A, W, b, dZ, Z, dA, ..."""
SPATIAL = frozenset("LDHW")
"""The letters of the axes along which windows slide."""


def gradient_name(name: str) -> str:
    """The gradient of a quantity: dW of W, conv1.dW of conv1.W."""
    owner, dot, quantity = name.rpartition(".")
    return f"{owner}{dot}d{quantity}"


@dataclass(frozen=True)
class Output:
    """What a layer gives, and the next one reads: a shape, and one letter for each of its axes (F for features)."""

    shape: tuple[int, ...]
    letters: str


@dataclass(frozen=True)
class Layer(ABC):
    """A layer fitted to the shapes of its arrays; `input` is the shape of A.

    It is an `Operation` of the tape, whose inputs are A, the outputs of other layers that it reads too, and its
    parameters, in the order of `inputs`.
    """

    record: ClassVar[Op]
    """that of its op"""
    multilinear: ClassVar[bool] = True
    """whether Z is linear in each array by itself, so that differences are exact"""
    sums_of_products: ClassVar[bool] = False
    """whether the results are sums of products of A, W and dZ and nothing else, but for a bias b"""

    input: Output

    @property
    def op(self) -> str:
        """The layer's key in a spec."""
        return self.record.name

    @property
    def parameters(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of what is learned, by symbol."""
        return {}

    @property
    def keys(self) -> Mapping[str, str]:
        """What the parameters are called in a spec, where it is not their symbol."""
        return {}

    @property
    def others(self) -> tuple[str, ...]:
        """The symbols of inputs beside A: S, what a residual connection adds."""
        return ()

    @property
    def constants(self) -> Arrays:
        """Numbers that enter beside the inputs and have no gradient, by symbol: given statistics."""
        return {}

    @property
    def inputs(self) -> tuple[str, ...]:
        """The symbols of all that `forward` takes."""
        return ("A", *self.others, *self.parameters)

    @property
    def passed(self) -> tuple[str, ...]:
        """What `backward` gives, by name: dA, dS, a gradient for each parameter."""
        return tuple(map(gradient_name, self.inputs))

    @property
    @abstractmethod
    def output(self) -> Output:
        """The shape of Z and the letters of its axes."""

    def axis_letters(self, symbol: str) -> str:
        """The letter of each axis of A, Z or a parameter: N, C, O (filters), I (what they read), U (units) and the
        spatial ones; nothing where the axes have no names."""
        return {"A": self.input.letters, "Z": self.output.letters}.get(symbol, "")

    @property
    def factors(self) -> Mapping[str, int]:
        """Counts that people multiply a gradient with, or divide it by, without need: what each is."""
        sizes = [*zip(self.output.letters, self.output.shape, strict=False)]
        return {
            "number of examples": prod(size for letter, size in sizes if letter == "N"),
            "number of positions": prod(size for letter, size in sizes if letter in SPATIAL),
            "number of filters": prod(self.parameters.get("b", ())),
            "number of weights": prod(self.parameters.get("W", ())),
        }

    @abstractmethod
    def forward(self, A: Array, *others: Array) -> Array:
        """Z, for the arrays named by `inputs`."""

    @abstractmethod
    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> Sequence[Array]:
        """The gradients named by `passed`, each in the shape of what it is the gradient of."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The settings in full, one entry per axis, as plain JSON values."""

    @abstractmethod
    def multiply_adds(self) -> int:
        """Products of one forward pass."""

    def computed(self, quantity: str, dZ: Array, *inputs: Array) -> Array:
        """Z alone, or the gradient `quantity` alone for the upstream gradient dZ."""
        Z = self.forward(*inputs)
        if quantity == "Z":
            return Z
        return np.asarray(self.backward(dZ, Z, *inputs)[self.passed.index(quantity)])

    def follows(self, own: Arrays, A: Array, dZ: Array) -> Array | None:
        """dA as it follows from a student's own Z, mask or argmax; None where it does not."""
        return None

    def canonical(self) -> Self:
        """This layer for arrays in the axes that it computes in; itself where that is every order of axes."""
        return self

    def arranged(self, symbol: str, array: Array) -> Array:
        """An array as the user gives it in the axes that the layer computes in."""
        return array

    def restored(self, symbol: str, array: Array) -> Array:
        """An array in the axes that the layer computes in as the user reads it."""
        return array

    def laid_out(self) -> int:
        """Cells that are laid out on the way to Z, beside the arrays themselves."""
        return self.multiply_adds()

    @property
    def extra_names(self) -> tuple[str, ...]:
        """The names of results beside Z: what pooling chose."""
        return ()

    def extras(self, A: Array, left_out: frozenset[str] = frozenset()) -> dict[str, Array]:
        """The results beside Z, but for some that nobody asks for."""
        return {}

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        """The identities that hold between the arrays of a whole solution, dZ and the gradients among them."""
        return ()

    def may_be_infinite(self, name: str) -> bool:
        """Whether -inf is a right value in the result `name`."""
        return False

    def weighted(self, Z: Array, dZ: Array) -> Any:
        """<dZ, Z>, whose derivatives are the gradients."""
        return np.asarray(Z * dZ).sum()  # numpy gives the product of two single fractions as a fraction


@dataclass(frozen=True)
class WindowLayer(Layer):
    """A layer that reads its input in windows; `layout` says which axes of A they slide along."""

    layout: Layout
    windows: Windows

    @property
    def batch(self) -> int:
        """How many images A has."""
        return self.input.shape[0] if self.layout.batched else 1

    @property
    def sliding(self) -> dict[str, Any]:
        """The settings of how the windows slide, one entry per axis."""
        axes = self.windows.axes
        return {
            "stride": [axis.stride for axis in axes],
            "padding": [[axis.before, axis.after] for axis in axes],
            "dilation": [axis.dilation for axis in axes],
        }

    @property
    def wide(self) -> str:
        """The array that the windows slide over."""
        return "A"

    @property
    def depth(self) -> int:
        """Channels that one window reads."""
        return 1

    def canonical(self) -> Self:
        """The layer for (N, C, *spatial), and kernels (O, I, *taps)."""
        letters = f"NC{self.layout.spatial}"
        input_ = Output(self.layout.plane_cell(self.input.shape, 1), letters)
        return replace(self, input=input_, layout=replace(self.layout, letters=letters))

    def arranged(self, symbol: str, array: Array) -> Array:
        """A plane quantity as (N, C, *spatial)."""
        return self.layout.canonical(array)

    def restored(self, symbol: str, array: Array) -> Array:
        """A plane quantity in the user's layout."""
        return self.layout.restore(array)

    def takes(self, windows: Windows) -> bool:
        """Whether the layer can have these windows in place of its own."""
        return True

    def moves(self, cells: tuple[int, ...]) -> tuple[int, ...] | None:
        """How far Z moves along each spatial axis when A does by `cells`; None where that is no whole number."""
        steps = [axis.moves(cell) for axis, cell in zip(self.windows.axes, cells, strict=True)]
        return None if None in steps else tuple(step for step in steps if step is not None)


def linear_laws(arrays: Arrays, bias: Array) -> tuple[Law, ...]:
    """The laws of a layer that is linear in A and in W once its bias, as it is added to Z, is taken away."""
    dZ = arrays["dZ"]
    without_bias = dZ * (arrays["Z"] - bias)
    return (
        law("<A,dA> = <dZ,Z-b>", arrays["A"] * arrays["dA"], without_bias),
        law("<W,dW> = <dZ,Z-b>", arrays["W"] * arrays["dW"], without_bias),
        law("sum(db) = sum(dZ)", arrays["db"], dZ),
    )
