"""A network: layers on a tape, a loss (or an upstream gradient) at the end, and one step of descent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, Self

import numpy as np

from cnngrad.calculus.laws import Law
from cnngrad.calculus.tape import Amendments, Gradients, Tape, Wrap, composed, passing, pinned
from cnngrad.errors import CnngradError, Problem
from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.layer import Arrays, Layer, gradient_name
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array, Kind, kind_of, zeros
from cnngrad.ops import OPS
from cnngrad.ops.network.losses import Loss
from cnngrad.ops.network.runs import Runs
from cnngrad.records import dataclass

ENDS = {"A": "input", "dZ": "delta", "target": "loss.target"}
"""The keys of what belongs to no layer."""
INPUT = "input"
LOSS = "loss"


@cache
def _one(kind: Kind) -> Any:
    """1, the same object in every run: what it leads to is known again."""
    return np.asarray(kind.number(Fraction(1)), dtype=kind.dtype)[()]


@dataclass(frozen=True)
class NamedLayer:
    """A layer in its place, with its parameters; it reads the outputs named by `sources`."""

    name: str
    layer: Layer
    parameters: Arrays
    sources: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the layer takes from the tape: outputs of other layers, then its own parameters."""
        return (*self.sources, *(f"{self.name}.{symbol}" for symbol in self.parameters))


@dataclass(frozen=True)
class NetworkExercise(Exercise):
    """A (in `letters`) through the layers in order; `loss_of` or `dZ` is at the last output."""

    A: Array
    letters: str
    layers: tuple[NamedLayer, ...]
    loss_of: Loss | None = None
    dZ: Array | None = None
    learning_rate: Any = None
    amendments: Amendments = field(default_factory=Amendments)

    @property
    def record(self) -> Op:
        return OPS["network"]

    @property
    def kind(self) -> Kind:
        return kind_of(self.A)

    @property
    def given(self) -> Mapping[str, Array]:
        return {"A": self.A, **self.parameters}

    @cached_property
    def parameters(self) -> Mapping[str, Array]:
        return {f"{layer.name}.{symbol}": array for layer in self.layers for symbol, array in layer.parameters.items()}

    @property
    def last(self) -> str:
        return self.layers[-1].name

    def settings(self) -> dict[str, Any]:
        layers = [{"name": x.name, "op": x.layer.op, **x.layer.settings()} for x in self.layers]
        settings: dict[str, Any] = {"layout": self.letters, "layers": layers}
        if self.loss_of is not None:
            settings["loss"] = self.loss_of.settings()
        if self.learning_rate is not None:
            settings["learning_rate"] = self.kind.plain(self.learning_rate)
        return settings

    @cached_property
    def tape(self) -> Tape:
        return self._run(self.given)

    @cached_property
    def gradients(self) -> Gradients | None:
        """What flowed back; nothing where there is neither a loss nor an upstream gradient."""
        if self.loss_of is not None:
            return self.tape.backward({LOSS: _one(self.kind)})
        return None if self.dZ is None else self.tape.backward({self.last: self.dZ})

    @cached_property
    def runs(self) -> Runs:
        """What was run wrongly before."""
        return Runs(self)

    @cached_property
    def parts(self) -> Mapping[str, tuple[LayerExercise[Any], Arrays]]:
        """Every layer as an exercise of its own with its answer."""
        return {layer.name: self._part(layer) for layer in self.layers}

    @property
    def names(self) -> tuple[str, ...]:
        backward = self.loss_of is not None or self.dZ is not None
        found = [
            f"{x.name}.{symbol}"
            for x in self.layers
            for symbol in ("Z", *x.layer.extra_names, *((*x.layer.passed, "dZ") if backward else ()))
        ]
        updated = self.parameters if backward and self.learning_rate is not None else ()
        return (*found, *([LOSS] if self.loss_of is not None else []), *(["dA"] if backward else []), *updated)

    @np.errstate(all="ignore")
    def solve(self) -> Arrays:
        """Every layer's arrays as `conv1.dW`, the loss, and dA of the input."""
        results: dict[str, Array] = {}
        for name, (exercise, own) in self.parts.items():
            upstream = {} if exercise.dZ is None else {"dZ": exercise.dZ}
            results |= {f"{name}.{symbol}": array for symbol, array in {**own, **upstream}.items()}
        if self.loss_of is not None:
            results[LOSS] = np.asarray(self.tape.values[LOSS])
        if self.gradients is not None:
            results["dA"] = self._gradient(INPUT, self.A)
        return results

    def result(self, name: str) -> Array:
        """One quantity, straight from the tape: all layers solved would cost ten times as much."""
        if name in self.parameters:
            return self._updated(name)
        if name == LOSS:
            return np.asarray(self.tape.values[LOSS])
        if name == "dA":
            return self._gradient(INPUT, self.A)
        owner, _, symbol = name.rpartition(".")
        layer = next(layer.layer for layer in self.layers if layer.name == owner)
        if symbol == "Z":
            return np.asarray(self.tape.values[owner])
        if symbol == "dZ":
            return self._gradient(owner, self.tape.values[owner])
        if self.gradients is not None and symbol in layer.passed:
            return np.asarray(self.gradients.parts[owner][layer.passed.index(symbol)])
        return self.parts[owner][1][symbol]

    def laws(self, results: Arrays) -> tuple[Law, ...]:
        return tuple(
            replace(law, name=f"{name}: {law.name}")
            for name, (exercise, own) in self.parts.items()
            for law in exercise.laws(own)
        )

    def with_arrays(self, arrays: Arrays) -> Self:
        layers = tuple(
            replace(x, parameters={s: arrays.get(f"{x.name}.{s}", array) for s, array in x.parameters.items()})
            for x in self.layers
        )
        return replace(self, layers=layers, A=arrays.get("A", self.A), dZ=arrays.get("dZ", self.dZ))

    @property
    def reruns(self) -> bool:
        return True

    def arrays(self) -> Arrays:
        return self.given if self.dZ is None else {**self.given, "dZ": self.dZ}

    def spec_key(self, name: str) -> str:
        owner, _, symbol = name.rpartition(".")
        keys = next((x.layer.keys for x in self.layers if x.name == owner), ENDS)
        return ".".join(filter(None, (owner, keys.get(symbol, symbol))))

    def recomputed(self, own: Arrays) -> Self:
        values: dict[str, Array] = {}
        gradients: dict[str, Array] = {}
        operations: dict[str, Wrap] = {}
        layers = {x.name: x.layer for x in self.layers}
        for name, array in own.items():
            owner, _, symbol = name.rpartition(".")
            if symbol in ("Z", LOSS):
                values[owner or LOSS] = array
            elif symbol == "dZ" or name == "dA":
                gradients[owner or INPUT] = array
            elif owner in layers and symbol in layers[owner].passed:
                place = layers[owner].passed.index(symbol)
                operations[owner] = composed(operations.get(owner), passing(place, array))
        return replace(self, amendments=Amendments(values, operations, pinned(gradients)))

    def judged_quantities(self, results: Arrays) -> Arrays:
        return {**results, **self.updates()}

    def judged_together(self) -> Mapping[str, tuple[str, ...]]:
        """Each gradient of a parameter, each new value and the loss by itself."""
        backward = self.loss_of is not None or self.dZ is not None
        gradients = map(gradient_name, self.parameters if backward else ())
        updated = self.parameters if backward and self.learning_rate is not None else ()
        return {name: (name,) for name in (*gradients, *updated, *([LOSS] if self.loss_of is not None else []))}

    def role(self, quantity: str) -> str:
        if quantity in self.parameters:
            return "update"
        if quantity == LOSS:
            return LOSS
        return "gradient" if quantity.rpartition(".")[2].startswith("d") else "value"

    def axis_letters(self, quantity: str) -> str:
        owner, _, symbol = quantity.rpartition(".")
        own = next((x.layer for x in self.layers if x.name == owner), None)
        return own.axis_letters(symbol.removeprefix("d")) if own else self.letters if quantity == "dA" else ""

    def factors(self, quantity: str) -> Mapping[str, Any]:
        owner = quantity.rpartition(".")[0]
        own = next((x.layer.factors for x in self.layers if x.name == owner), {})
        return ({} if self.learning_rate is None else {"learning rate": self.learning_rate}) | {**own}

    def layer_of(self, quantity: str, results: Arrays) -> tuple[LayerExercise[Any], Arrays] | None:
        """The layer before the dot."""
        return self.parts.get(quantity.rpartition(".")[0])

    def derivation(self, results: Arrays, base: int = 0) -> Any:
        parts = {name: part.derivation(own, base) for name, (part, own) in self.parts.items()}
        return self.record.part("DERIVATION")(self, results, base, parts)

    def updates(self) -> Mapping[str, Array]:
        """Every parameter after one step: old - learning_rate * gradient."""
        if self.learning_rate is None or self.gradients is None:
            return {}
        return {name: self._updated(name) for name in self.parameters}

    def _updated(self, name: str) -> Array:
        old = self.parameters[name]
        return np.asarray(old - self.learning_rate * self._gradient(name, old))

    def structure(self, results: Mapping[str, Array]) -> Mapping[str, Any]:
        whole: dict[str, Any] = {LOSS: results[LOSS]} if LOSS in results else {}
        whole["layers"] = []
        for x in self.layers:
            own = {name.removeprefix(f"{x.name}."): a for name, a in results.items() if name.startswith(f"{x.name}.")}
            if own:
                whole["layers"].append({"name": x.name, "op": x.layer.op, "results": own})
        updates = dict(self.updates())
        return whole | ({"updates": updates} if updates and all(gradient_name(n) in results for n in updates) else {})

    def may_be_infinite(self, name: str) -> bool:
        owner, _, quantity = name.rpartition(".")
        return owner in self.parts and self.parts[owner][0].may_be_infinite(quantity)

    def loss(self, arrays: Mapping[str, Array]) -> Any:
        tape = self._run(arrays)
        if self.loss_of is not None:
            return np.asarray(tape.values[LOSS])[()]  # a sum of fractions has no axes to index
        return (tape.values[self.last] * self.dZ).sum()

    def multiply_adds(self) -> int:
        return sum(layer.layer.multiply_adds() for layer in self.layers)

    def _run(self, arrays: Mapping[str, Array]) -> Tape:
        tape = Tape(self.amendments)
        tape.place(INPUT, arrays["A"])
        for name in self.parameters:
            tape.place(name, arrays[name])
        for layer in self.layers:
            try:
                tape.record(layer.name, layer.layer, *layer.inputs)
            except CnngradError as error:
                raise CnngradError(f"{layer.name}: {error}") from None
        if self.loss_of is not None:
            if message := self.loss_of.row.refuses(tape.values[self.last]):
                raise CnngradError(Problem(f"{self.loss_of.op} {message}", "loss"))
            tape.record(LOSS, self.loss_of, self.last)
        return tape

    def part(self, layer: NamedLayer) -> LayerExercise[Any]:
        """A layer as an exercise of its own, without the answer."""
        A, *others = (self.tape.values[source] for source in layer.sources)
        dZ = None if self.gradients is None else self._gradient(layer.name, self.tape.values[layer.name])
        return LayerExercise(layer.layer, A, layer.parameters).at(A, dZ, *others)

    def _part(self, layer: NamedLayer) -> tuple[LayerExercise[Any], Arrays]:
        exercise, found = self.part(layer), {"Z": self.tape.values[layer.name]}
        if self.gradients is not None:
            passed = zip(layer.layer.passed, self.gradients.parts[layer.name], strict=True)
            found |= {name: np.asarray(gradient) for name, gradient in passed}
        return exercise, exercise.completed(found)

    def _gradient(self, name: str, like: Array) -> Array:
        """The gradient that arrived at a value, all paths added; zeros where none leads to the loss."""
        assert self.gradients is not None
        found = self.gradients.total.get(name)
        return zeros(like.shape, like) if found is None else np.asarray(found)
