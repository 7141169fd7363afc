"""Mistakes in the layers of a network: in the layer that has a quantity, in another one, in all layers of a kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.calculus.tape import Amendments, Known, Wrap, composed, with_backward, with_forward
from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import Attempt, TapeAttempt, attempt_of
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.mistake import Candidate, Mistake, Way, rows
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network.network import NamedLayer, NetworkExercise
from cnngrad.records import dataclass
from cnngrad.wording import listed

ALL = "all"
"""The place of a mistake that is made in every layer of a kind."""


ANYWHERE = ("gradient-not-reset",)
"""Mistakes that double what arrives from whatever layer they are made in: the row of the network says it once."""


@dataclass(frozen=True, kw_only=True)
class NetworkAttempt(TapeAttempt):
    """A quantity of a network; `conv1.W` is the new value after the step of descent."""

    exercise: NetworkExercise

    @cached_property
    def amended(self) -> Any:
        return self.exercise.runs.amended(self.amendments)

    @property
    def known(self) -> Known | None:
        return Known.of(self.exercise.tape, self.exercise.gradients)

    def nearest(self) -> list[Candidate]:
        try:
            return of_own_layer(self.amended, self.quantity, self.decimals)
        except CnngradError:
            return []


def of_own_layer(exercise: NetworkExercise, quantity: str, decimals: int = 17) -> list[Candidate]:
    """The mistakes of the layer itself, given what reaches it."""
    owner, _, symbol = quantity.rpartition(".")
    layer = next((layer for layer in exercise.layers if layer.name == owner), None)
    if layer is None or quantity in exercise.parameters:
        return []
    right = attempt_of(exercise.part(layer), symbol, decimals)
    found = rows(layer.layer.record, symbol)
    return [Candidate(replace(row, layer=owner, says=f"in {owner}, {row.says}"), right) for row in found]


Place = tuple[NamedLayer, str, Mistake]
"""A layer, the quantity of it that goes wrong, and how."""


@dataclass(frozen=True)
class _Reach:
    """From where a mistake reaches `quantity` of the network."""

    exercise: NetworkExercise
    quantity: str
    _attempts: dict[tuple[str, str], Attempt] = field(default_factory=dict)

    @cached_property
    def owner(self) -> NamedLayer | None:
        """The layer that has the quantity; none for the loss and the input's gradient."""
        name = self.quantity.rpartition(".")[0]
        return next((layer for layer in self.exercise.layers if layer.name == name), None)

    @cached_property
    def own(self) -> str:
        """What its owner computes; the gradient where the quantity is a parameter after the step."""
        symbol = self.quantity.rpartition(".")[2]
        return gradient_name(symbol) if self.quantity in self.exercise.parameters else symbol

    @cached_property
    def forward(self) -> Sequence[NamedLayer]:
        """The layers whose Z it depends on, beside its own."""
        layers = self.exercise.layers
        return layers if self._goes_back or self.owner is None else layers[: layers.index(self.owner)]

    @cached_property
    def backward(self) -> Sequence[NamedLayer]:
        """The layers whose dA it depends on, beside its own."""
        layers = self.exercise.layers
        if not self._goes_back:
            return ()
        return layers if self.owner is None else layers[layers.index(self.owner) + 1 :]

    @property
    def _goes_back(self) -> bool:
        return self.exercise.gradients is not None and self.own.startswith("d")

    def places(self) -> Iterator[Place]:
        """Each mistake of a single layer; what the owner's own rows say is left out."""
        found = [(layer, "Z") for layer in self.forward] + [(layer, "dA") for layer in self.backward]
        if self.owner is not None and self.quantity in self.exercise.parameters:
            found.append((self.owner, self.own))
        places = ((layer, symbol, row) for layer, symbol in found for row in rows(layer.layer.record, symbol))
        return (place for place in places if place[2].id not in ANYWHERE)

    def everywhere(self) -> Iterator[tuple[str, list[Place]]]:
        """Each mistake that is made in all layers of a kind, with the kind and the quantities in words."""
        for kind, layers in _kinds(self.exercise.layers):
            own = self.owner if self.owner in layers else None
            ahead = [layer for layer in layers if layer in self.forward or (layer is own and self.own == "Z")]
            yield from ((f"{kind}, Z", places) for places in _together(ahead, "Z"))
            behind = [layer for layer in layers if layer in self.backward]
            for places in _together(behind, "dA", least=1):
                if len(places) > 1:
                    yield f"{kind}, dA", places
                also = [place for place in self._own_places(own) if place[2].id == places[0][2].id]
                if also:
                    yield f"{kind}, {listed(list(dict.fromkeys(('dA', self.own))))}", [*places, also[0]]

    def _own_places(self, owner: NamedLayer | None) -> Iterator[Place]:
        found = rows(owner.layer.record, self.own) if owner is not None and self._goes_back else ()
        return ((owner, self.own, row) for row in found if owner is not None)

    def attempt(self, layer: NamedLayer, symbol: str) -> Attempt:
        """The right way to compute a quantity of a layer."""
        if (layer.name, symbol) not in self._attempts:
            self._attempts[layer.name, symbol] = attempt_of(self.exercise.part(layer), symbol)
        return self._attempts[layer.name, symbol]


def _together(layers: Sequence[NamedLayer], symbol: str, least: int = 2) -> Iterator[list[Place]]:
    """Each mistake about a quantity in all of the layers, where they are several."""
    for row in rows(layers[0].layer.record, symbol) if len(layers) >= least else ():
        yield [(layer, symbol, row) for layer in layers]


def _kinds(layers: Sequence[NamedLayer]) -> Iterator[tuple[str, list[NamedLayer]]]:
    """The layers of each op; those with the same function where some have another one."""
    by_op: dict[str, list[NamedLayer]] = {}
    by_function: dict[tuple[str, str], list[NamedLayer]] = {}
    for layer in layers:
        by_op.setdefault(layer.layer.op, []).append(layer)
        by_function.setdefault((layer.layer.op, layer.layer.settings().get("function", "")), []).append(layer)
    for op, found in by_op.items():
        yield _plural(found[0].layer.record.title.lower()), found
        for (other, function), some in by_function.items():
            if other == op and len(some) < len(found):
                yield f"{function} layers", some


def _plural(title: str) -> str:
    return f"{title}s" if title.endswith(("on", "layer")) else f"{title} layers"


def from_layers(exercise: NetworkExercise, quantity: str) -> Iterator[Mistake]:
    """The mistakes of single layers that reach `quantity` of the network, and those that are made in all layers of a
    kind, each as a row of its own."""
    reach = _Reach(exercise, quantity)
    for layer, symbol, row in reach.places():
        yield _row_of(reach, [(layer, symbol, row)], layer.name, f"{layer.name}, {symbol}")
    for where, places in reach.everywhere():
        yield _row_of(reach, places, ALL, f"all {where}")


def _row_of(reach: _Reach, places: list[Place], layer: str, where: str) -> Mistake:
    row, right = places[0][2], reach.exercise

    def variants(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
        def made() -> Iterator[Amendments]:
            start = attempt if any(symbol == "Z" for _, symbol, _ in places) else attempt.forward_kept()
            return (start.wrapping(wraps).amendments for wraps in _made(reach, places))

        first = attempt.exercise is right and attempt.amendments is right.amendments
        key = tuple((layer.name, symbol, row.key) for layer, symbol, row in places)
        return (replace(attempt, amendments=each) for each in (right.runs.kept(key, made) if first else made()))

    return replace(row, op="network", variants=variants, layer=layer, says=f"in {where}: {row.says}")


def _made(reach: _Reach, places: list[Place]) -> Iterator[dict[str, Wrap]]:
    """What goes wrong with each layer, in each way of making a mistake; none where fewer layers than two of several
    have a place for it."""
    each = [(layer, symbol, _ways(row, reach.attempt(layer, symbol))) for layer, symbol, row in places]
    found = [(layer, symbol, ways) for layer, symbol, ways in each if ways]
    if len(found) < min(2, len(places)):
        return
    for number in range(max(len(ways) for *_, ways in found)):
        together: dict[str, Wrap] = {}
        for layer, symbol, ways in found:
            wrap = wrong_layer(reach.exercise.part(layer), symbol, ways[min(number, len(ways) - 1)])
            together[layer.name] = composed(together.get(layer.name), wrap)
        yield together


def _ways(row: Mistake, right: Attempt) -> list[Way]:
    """The ways of making a mistake that give numbers of the shape that the network goes on with: with the others it
    would run as a whole for nothing."""
    shape = right.result().shape
    return [way for way in row.ways(right) if _shape(way, right) == shape]


def _shape(way: Way, right: Attempt) -> tuple[int, ...] | None:
    with suppress(CnngradError):
        wrong = way(right)
        return None if wrong is None else wrong.result().shape
    return None


def wrong_layer(part: LayerExercise[Any], quantity: str, way: Way) -> Wrap:
    """Computes one quantity of a layer (Z, dA, dW ...) by one way of making a mistake, where its numbers have the shape
    that the network goes on with."""
    layer = part.layer

    def mistaken(right: Array, dZ: Array | None, A: Array, *inputs: Array) -> Array:
        wrong = way(attempt_of(part.at(A, dZ, *inputs[: len(layer.others)]), quantity))
        found = right if wrong is None else wrong.result()
        return found if found.shape == right.shape else right

    def backward(right: Any, upstream: Array, Z: Array, *inputs: Array) -> Sequence[Array]:
        gradients, place = list(right.backward(upstream, Z, *inputs)), layer.passed.index(quantity)
        gradients[place] = mistaken(gradients[place], upstream, *inputs)
        return gradients

    if quantity == "Z":
        return with_forward(lambda Z, *inputs: mistaken(np.asarray(Z), None, *inputs))
    return with_backward(backward)
