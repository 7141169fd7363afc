"""An exercise: one op with its given arrays. What the rooms above need to know of any op."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from cnngrad.calculus.laws import Law
from cnngrad.numbers.kinds import Array, Kind, kind_of


@dataclass(frozen=True)
class Solved:
    """What an op gives: arrays by name, and the laws they obey."""

    results: Mapping[str, Array]
    laws: tuple[Law, ...] = ()


def gradient_name(name: str) -> str:
    """The gradient of a quantity: dW of W, conv1.dW of conv1.W."""
    owner, dot, quantity = name.rpartition(".")
    return f"{owner}{dot}d{quantity}"


class Exercise(ABC):
    """An op with its numbers, ready to run."""

    op: str
    """the op's key in a spec"""
    multilinear: ClassVar[bool] = True
    """whether the loss is linear in each array by itself, so that differences are exact"""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """The kind of its numbers."""

    @property
    @abstractmethod
    def given(self) -> Mapping[str, Array]:
        """The arrays that the spec gives, by symbol: A, W, b, dZ."""

    @property
    def constants(self) -> Mapping[str, Array]:
        """Arrays that enter beside the given ones and have no gradient of their own name."""
        return {}

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The settings in full, one entry per axis, as plain JSON values."""

    @abstractmethod
    def solve(self) -> Solved:
        """Forward and, where there is an upstream gradient, backward; what is beyond float64 is infinite."""

    def result(self, name: str) -> Array:
        """One of the results of `solve`."""
        return self.solve().results[name]

    def narrowed(self, names: frozenset[str]) -> Self:
        """This exercise without the work that none of these results needs."""
        return self

    @abstractmethod
    def loss(self, arrays: Mapping[str, Array]) -> Any:
        """The loss as a function of the arrays that have gradients: what `gradcheck` differentiates."""

    @abstractmethod
    def multiply_adds(self) -> int:
        """Products of one forward pass."""

    def structure(self, results: Mapping[str, Array]) -> Mapping[str, Any]:
        """The results as scripts see them: nested where an op has parts, arrays at the leaves."""
        return results

    def may_be_infinite(self, name: str) -> bool:
        """Whether -inf is a right value in the result `name`."""
        return False


class LayerExercise(Exercise):
    """A layer with its numbers; `dZ` is missing for a forward pass alone.

    It is an `Operation` of the tape too, whose inputs are A and the parameters: a network records its
    layers, and `at` then gives each of them as an exercise of its own.
    """

    A: Array
    dZ: Array | None

    @property
    def parameters(self) -> Mapping[str, Array]:
        """What is learned, by symbol, in the order of `forward`."""
        return {}

    @property
    def others(self) -> tuple[Array, ...]:
        """Inputs beside A: what a residual connection adds."""
        return ()

    @property
    def passed(self) -> tuple[str, ...]:
        """What `backward` gives, by name: dA, dS of what a residual connection adds, a gradient for each parameter."""
        return tuple(map(gradient_name, ("A", *("S" for _ in self.others), *self.parameters)))

    @property
    def kind(self) -> Kind:
        """The kind of the numbers."""
        return kind_of(self.A)

    @property
    def given(self) -> Mapping[str, Array]:
        """A, the parameters and, where given, dZ."""
        given = {"A": self.A, **self.parameters}
        return given if self.dZ is None else given | {"dZ": self.dZ}

    @abstractmethod
    def output_shape(self) -> tuple[int, ...]:
        """The shape of Z."""

    @abstractmethod
    def output_letters(self) -> str:
        """The axes of Z, by the letters of a layout."""

    @abstractmethod
    def forward(self, A: Array, *parameters: Array) -> Array:
        """Z."""

    @abstractmethod
    def backward(self, upstream: Array, Z: Array, A: Array, *parameters: Array) -> Sequence[Array]:
        """dA, and the gradient of every parameter."""

    def extras(self) -> dict[str, Array]:
        """Results beside Z: what pooling chose."""
        return {}

    def laws(self, results: Mapping[str, Array]) -> tuple[Law, ...]:
        """The identities that Z and the gradients obey."""
        return ()

    def at(self, A: Array, dZ: Array | None, *others: Array) -> Self:
        """This layer with other inputs and another upstream gradient."""
        return replace(self, A=A, dZ=dZ)  # type: ignore[type-var]

    @np.errstate(all="ignore")
    def solve(self) -> Solved:
        """Z and, with an upstream gradient, the gradients and their laws."""
        parameters = tuple(self.parameters.values())
        results = {"Z": self.forward(self.A, *parameters)}
        if self.dZ is not None:
            results |= zip(self.passed, self.backward(self.dZ, results["Z"], self.A, *parameters), strict=True)
        return self.completed(results)

    def completed(self, results: Mapping[str, Array]) -> Solved:
        """The whole answer, where Z and the gradients are known."""
        laws = self.laws(results) if self.dZ is not None else ()
        return Solved({"Z": results["Z"], **self.extras(), **results}, laws)

    def loss(self, arrays: Mapping[str, Array]) -> Any:
        """<dZ, Z> for other values of A and the parameters."""
        return (self.forward(arrays["A"], *(arrays[name] for name in self.parameters)) * self.dZ).sum()
