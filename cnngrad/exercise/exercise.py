"""An exercise: an op with its arrays, ready to be solved. What the packages above need to know of any op."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Generic, Self, TypeVar

import numpy as np

from cnngrad.calculus.laws import Law
from cnngrad.exercise.layer import Arrays, Layer
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array, Kind, kind_of
from cnngrad.records import dataclass


class Exercise(ABC):
    """An op with its numbers, ready to run."""

    @property
    @abstractmethod
    def record(self) -> Op:
        """That of its op."""

    @property
    def op(self) -> str:
        """The op's key in a spec."""
        return self.record.name

    @property
    def multilinear(self) -> bool:
        """Whether the loss is linear in each array by itself, so that differences are exact."""
        return False

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """The kind of its numbers."""

    @property
    @abstractmethod
    def given(self) -> Arrays:
        """The arrays that the spec gives, by symbol: A, W, b, dZ."""

    @property
    def constants(self) -> Arrays:
        """Arrays that enter beside the given ones and have no gradient of their own name."""
        return {}

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The settings in full, one entry per axis, as plain JSON values."""

    def narrowed(self, names: frozenset[str]) -> Self:
        """This exercise without the work that none of these results needs."""
        return self

    @abstractmethod
    def solve(self) -> Arrays:
        """Forward and, where there is an upstream gradient, backward; what is beyond float64 is infinite."""

    def result(self, name: str) -> Array:
        """One of the results of `solve`."""
        return self.solve()[name]

    def laws(self, results: Arrays) -> tuple[Law, ...]:
        """The identities that the results obey."""
        return ()

    @abstractmethod
    def loss(self, arrays: Arrays) -> Any:
        """The loss as a function of the arrays that have gradients: what `gradcheck` differentiates."""

    @abstractmethod
    def multiply_adds(self) -> int:
        """Products of one forward pass."""

    def laid_out(self) -> int:
        """Cells that are laid out on the way to the results, beside the arrays themselves."""
        return self.multiply_adds()

    @property
    def reruns(self) -> bool:
        """Whether every mistake runs the whole exercise again, as in a network."""
        return False

    def saturates(self, name: str) -> bool:
        """Whether large numbers in an array make all others irrelevant, as recurrent weights do."""
        return False

    def arrays(self) -> Arrays:
        """All arrays that the spec gives, the upstream gradients too, by symbol."""
        return self.given

    @abstractmethod
    def with_arrays(self, arrays: Arrays) -> Self:
        """The same exercise with other numbers in some of its arrays."""

    @abstractmethod
    def spec_key(self, name: str) -> str:
        """The key of an array in the spec: input, conv1.kernel, values.x."""

    def recomputed(self, own: Arrays) -> Self | None:
        """The exercise with a student's own numbers where they are steps on the way; None where it has no steps."""
        return None

    def follows(self, name: str, own: Arrays) -> Array | None:
        """A quantity of an exercise without steps as it follows from a student's own numbers; None where none does."""
        return None

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names of everything that can be asked: of `judged_quantities`, before anything is solved."""

    def judged_quantities(self, results: Arrays) -> Arrays:
        """Everything that can be asked: the results, and the new values after a step of descent."""
        return results

    @abstractmethod
    def judged_together(self) -> Mapping[str, tuple[str, ...]]:
        """What is looked at together when the exercise is judged, by a name for all of it."""

    def role(self, quantity: str) -> str:
        """What the rows of mistakes call a quantity: its own name, or gradient, value, update, loss."""
        return quantity

    def axis_letters(self, quantity: str) -> str:
        """The letter of each axis of a quantity, as `Layer.axis_letters` has them; nothing where they have none."""
        return ""

    def factors(self, quantity: str) -> Mapping[str, Any]:
        """The numbers that people multiply a gradient with, or divide it by, without need: what each is."""
        return {}

    def layer_of(self, quantity: str, results: Arrays) -> tuple[LayerExercise[Any], Arrays] | None:
        """The layer whose quantity this is, with its own results; None where there is none."""
        return None

    def derivation(self, results: Arrays, base: int = 0) -> Any:
        """Why every number of the results is what it is; `base` is what the first index is called."""
        return self.record.part("DERIVATION")(self, results, base)

    def structure(self, results: Arrays) -> Mapping[str, Any]:
        """The results as scripts see them: nested where an op has parts, arrays at the leaves."""
        return results

    def may_be_infinite(self, name: str) -> bool:
        """Whether -inf is a right value in the result `name`."""
        return False


@dataclass(frozen=True)
class Fitted:
    """A layer fitted to the shape of its input, and the arrays of its parameters."""

    layer: Layer
    parameters: Arrays = field(default_factory=dict)


Kindred = TypeVar("Kindred", bound=Layer, covariant=True)
"""A kind of layer."""


@dataclass(frozen=True)
class LayerExercise(Exercise, Generic[Kindred]):
    """A layer with its numbers; `dZ` is missing for a forward pass alone.

    A and dZ have the shapes of the layer's input and output, `others` and `parameters` those that the layer names.
    """

    layer: Kindred
    A: Array
    parameters: Arrays = field(default_factory=dict)
    dZ: Array | None = None
    others: Arrays = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    """results beside Z that nobody asks for"""

    @property
    def record(self) -> Op:
        return self.layer.record

    @property
    def multilinear(self) -> bool:
        return self.layer.multilinear

    @property
    def kind(self) -> Kind:
        return kind_of(self.A)

    @property
    def given(self) -> Arrays:
        given = {"A": self.A, **self.parameters}
        return given if self.dZ is None else given | {"dZ": self.dZ}

    @property
    def constants(self) -> Arrays:
        return {**self.others, **self.layer.constants}

    @property
    def inputs(self) -> tuple[Array, ...]:
        """What `forward` of the layer takes."""
        return (self.A, *self.others.values(), *self.parameters.values())

    def settings(self) -> dict[str, Any]:
        return self.layer.settings()

    def at(self, A: Array, dZ: Array | None, *others: Array) -> Self:
        """This layer with other inputs and another upstream gradient."""
        return replace(self, A=A, dZ=dZ, others=dict(zip(self.layer.others, others, strict=True)))

    def spec_key(self, name: str) -> str:
        """input, delta, and what the layer calls its parameters."""
        return {"A": "input", "dZ": "delta"}.get(name) or self.layer.keys.get(name, name)

    def follows(self, name: str, own: Arrays) -> Array | None:
        """dA, where the layer has a step that a student may have written down."""
        return None if self.dZ is None or name != "dA" else self.layer.follows(own, self.A, self.dZ)

    def judged_together(self) -> Mapping[str, tuple[str, ...]]:
        """Each quantity by itself, but for those that say which cells were chosen."""
        return {name: (name,) for name in ("Z", *(() if self.dZ is None else self.layer.passed))}

    def axis_letters(self, quantity: str) -> str:
        return self.layer.axis_letters(quantity.removeprefix("d"))

    def factors(self, quantity: str) -> Mapping[str, Any]:
        return self.layer.factors

    def layer_of(self, quantity: str, results: Arrays) -> tuple[LayerExercise[Any], Arrays] | None:
        return self, results

    def with_arrays(self, arrays: Arrays) -> Self:
        parameters = {name: arrays.get(name, array) for name, array in self.parameters.items()}
        return replace(self, A=arrays.get("A", self.A), dZ=arrays.get("dZ", self.dZ), parameters=parameters)

    @property
    def names(self) -> tuple[str, ...]:
        return ("Z", *self.layer.extra_names, *(() if self.dZ is None else self.layer.passed))

    def narrowed(self, names: frozenset[str]) -> Self:
        """Without the extras that nobody asks for, and without the backward pass where no gradient is."""
        dZ = self.dZ if names & {*self.layer.passed} else None
        return replace(self, dZ=dZ, left_out=frozenset(self.layer.extra_names) - names)

    @np.errstate(all="ignore")
    def solve(self) -> Arrays:
        """Z and, with an upstream gradient, the gradients."""
        results = {"Z": self.layer.forward(*self.inputs)}
        if self.dZ is not None:
            gradients = self.layer.backward(self.dZ, results["Z"], *self.inputs)
            results |= zip(self.layer.passed, gradients, strict=True)
        return self.completed(results)

    def completed(self, results: Arrays) -> Arrays:
        """The whole answer, where Z and the gradients are known."""
        return {"Z": results["Z"], **self.layer.extras(self.A, self.left_out), **results}

    @np.errstate(all="ignore")
    def laws(self, results: Arrays) -> tuple[Law, ...]:
        return () if self.dZ is None else self.layer.laws({**self.given, **self.constants, **results})

    def loss(self, arrays: Arrays) -> Any:
        """<dZ, Z> for other values of A and the parameters."""
        assert self.dZ is not None
        others = (arrays[name] for name in self.layer.parameters)
        return self.layer.weighted(self.layer.forward(arrays["A"], *self.others.values(), *others), self.dZ)

    def laid_out(self) -> int:
        return self.layer.laid_out()

    def multiply_adds(self) -> int:
        return self.layer.multiply_adds()

    def may_be_infinite(self, name: str) -> bool:
        return self.layer.may_be_infinite(name)
