"""Networks, computed wrongly: a mistake in one layer that reaches others, in the loss, or in the step of descent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from cnngrad.calculus.matrix_gates import softmax
from cnngrad.calculus.tape import Wrap, with_backward, with_forward
from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import LAYER, LEAST, Budget, TapeAttempt, attempt_of
from cnngrad.exercise.attempt import run_cost as layer_cost
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.mistake import Candidate, Mistake, Variants, Way, about, gradient_not_reset, rows
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import rounded_array
from cnngrad.ops.network.losses import LOG_SOFTMAX
from cnngrad.ops.network.network import LOSS, NetworkExercise

MOST_DECIMALS = 4
"""Decimals to which intermediate results are rounded, at most, when people work by hand."""


@dataclass(frozen=True, kw_only=True)
class NetworkAttempt(TapeAttempt):
    """A quantity of a network; `conv1.W` is the new value after the step of descent."""

    exercise: NetworkExercise

    def nearest(self) -> list[Candidate]:
        try:
            return of_own_layer(self.amended, self.quantity, self.decimals)
        except CnngradError:
            return []


def _scaled(factor: Any) -> Variants:
    """Another factor of the loss."""

    def variants(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
        loss = attempt.exercise.loss_of
        if loss is not None:
            for scale in factor(attempt.exercise, loss):
                yield replace(attempt, exercise=replace(attempt.exercise, loss_of=replace(loss, scale=scale)))

    return variants


def _averages(exercise: NetworkExercise, loss: Any) -> list[Any]:
    """The sum divided by its cells or rows; a mean that is not divided."""
    Z = exercise.tape.values[exercise.last]
    counts = {Z.size, len(Z) if Z.ndim > 1 else Z.size} - {1}
    divided = [loss.scale / count for count in sorted(counts, reverse=True)]
    return [loss.scale * count for count in counts] if loss.reduction == "mean" else divided


def _softmax_twice(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
    loss = attempt.exercise.loss_of
    if loss is None or LOG_SOFTMAX not in (gate for gate, *_ in loss.row.steps.values()):
        return

    def wrong(right: Any, upstream: Any, output: Any, Z: Any) -> Sequence[Any]:
        p = softmax(loss.axis).forward(Z)
        (dZ,) = right.backward(upstream, output, Z)
        return (dZ * p * (1 - p),)

    yield attempt.wrapping({LOSS: with_backward(wrong)})


def _other_weights(of: Callable[[NetworkExercise], Mapping[str, Any]]) -> Variants:
    """The deltas of earlier layers computed with other weights than those of the forward pass, given by name."""

    def variants(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
        weights = of(attempt.exercise)
        wraps = {
            layer.name: with_backward(partial(_with_weights, np.asarray(weights[f"{layer.name}.W"])))
            for layer in attempt.exercise.layers
            if f"{layer.name}.W" in weights
        }
        if wraps:
            yield attempt.wrapping(wraps)

    return variants


def _gradients(exercise: NetworkExercise) -> Mapping[str, Any]:
    return {} if exercise.gradients is None else exercise.gradients.total


def _with_weights(W: Array, right: Any, upstream: Any, Z: Any, A: Any, old: Any, *others: Any) -> Sequence[Any]:
    _, *rest = right.backward(upstream, Z, A, old, *others)
    return [right.backward(upstream, Z, A, W, *others)[0], *rest]


def _step(*ways: Callable[[Any, Array, Array], Array]) -> Variants:
    """Other steps of descent: each way gives the new value of (rate, old, step), where old - step is right."""

    def variants(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
        exercise, name = attempt.exercise, attempt.quantity
        if name in exercise.parameters:
            taken = partial(_taken, exercise.learning_rate, exercise.parameters[name])
            yield from (attempt.then(partial(taken, way)) for way in ways)

    return variants


def _taken(rate: Any, old: Array, way: Callable[[Any, Array, Array], Array], new: Array) -> Array:
    return way(rate, old, old - new)


def _rounded(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
    """The outputs of the activations rounded, or those of all layers, to fewer decimals than the answer has."""
    layers = attempt.exercise.layers
    activations = [layer.name for layer in layers if layer.layer.record.part("FUNCTIONS")]
    for names in (activations, [layer.name for layer in layers]):
        for decimals in range(1, min(attempt.decimals, MOST_DECIMALS) + 1) if names else ():
            yield attempt.wrapping(dict.fromkeys(names, with_forward(partial(_rounded_to, decimals))))


def _rounded_to(decimals: int, Z: Array, *_: Array) -> Array:
    return rounded_array(np.asarray(Z), decimals)


def _forks(attempt: NetworkAttempt) -> Iterable[NetworkAttempt]:
    return attempt.one_path() if any(len(layer.sources) > 1 for layer in attempt.exercise.layers) else ()


def _doubled(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
    if attempt.quantity in map(gradient_name, attempt.exercise.parameters):
        yield attempt.then(lambda gradient: gradient * 2)


_row = about("network", "gradient", "update")
_step_row = about("network", "update")
ROWS = (
    _row("loss-doubled", _scaled(lambda _, loss: [loss.scale * 2]), "gradient", "update", "loss")(
        says="everything is twice as large: the factor of the loss was left out",
        ask="Which factor is before the sum of the loss, and what becomes of it in the derivative?",
        needs="a loss",
    ),
    _row("loss-halved", _scaled(lambda _, loss: [loss.scale / 2]), "gradient", "update", "loss")(
        says="everything is half as large: a factor 1/2 was put before the loss",
        ask="Which factor is before the sum of the loss, and what becomes of it in the derivative?",
        needs="a loss",
    ),
    _row("loss-averaged", _scaled(_averages), "gradient", "update", "loss")(
        says="the loss was averaged where it is a sum, or added up where it is a mean",
        ask="Is the loss a sum or a mean?",
        needs="a loss of more than one number",
    ),
    _row("softmax-diagonal", _softmax_twice)(
        says="after p - t the slope p*(1 - p) of softmax was multiplied once more",
        ask="Is softmax in p - t already?",
        needs="cross entropy",
    ),
    _row("updated-weights", _other_weights(NetworkExercise.updates))(
        says="earlier deltas were computed with the weights after the step",
        ask="With which weights did the forward pass run?",
        needs="a learning rate, and a layer with weights further on",
    ),
    _row("gradient-as-weights", _other_weights(_gradients))(
        says="the gradient dW was used where the weights W belong in an earlier delta",
        ask="What is between the input and the output of that layer: its weights, or their gradient?",
        needs="a layer with weights further on",
    ),
    _row("fork-overwritten", _forks)(
        says="an output goes two ways, and only one of its paths was followed back",
        ask="How many layers read this output, and what happens to their gradients?",
        needs="a residual connection",
    ),
    gradient_not_reset("network", "gradient", variants=_doubled),
    _row("rounded-early", _rounded, "gradient", "update", "loss", "value")(
        says="the outputs of layers were rounded before they were used again",
        ask="How many decimals does a number need that is used again?",
        needs="numbers with more decimals than are written",
    ),
    _step_row("step-uphill", _step(lambda rate, old, step: old + step))(
        says="the step went uphill: + instead of -",
        ask="In which direction does the loss shrink?",
        needs="a learning rate",
    ),
    _step_row("step-twice", _step(lambda rate, old, step: old - rate * step, lambda rate, old, step: old - step * 2))(
        says="the learning rate was applied twice",
        ask="How often is the learning rate in the formula of the step?",
        needs="a learning rate",
    ),
    _step_row("gradient-not-reset", _step(lambda rate, old, step: old - step * 2))(
        says="the step is twice as long: the gradient was added to that of an earlier pass",
        ask="What is in the gradient before the backward pass begins?",
        needs="a learning rate",
    ),
)
attempt = NetworkAttempt.at


def candidates(exercise: NetworkExercise, quantity: str, decimals: int = 17) -> list[Candidate]:
    """Those of the layer itself, of the network, and of other layers whose mistake reaches the quantity."""
    whole = NetworkAttempt.at(exercise, quantity, decimals)
    known = [*rows(exercise.record, exercise.role(quantity)), *_from_layers(exercise, quantity)]
    return [*of_own_layer(exercise, quantity, decimals), *(Candidate(row, whole) for row in known)]


def of_own_layer(exercise: NetworkExercise, quantity: str, decimals: int = 17) -> list[Candidate]:
    """The mistakes of the layer itself, given what reaches it."""
    owner, _, symbol = quantity.rpartition(".")
    if owner not in exercise.parts or quantity in exercise.parameters:
        return []
    part = exercise.parts[owner][0]
    right = attempt_of(part, symbol, decimals)
    return [Candidate(row, right) for row in rows(part.record, symbol)]


def _from_layers(exercise: NetworkExercise, quantity: str) -> Iterator[Mistake]:
    """The mistakes of single layers that reach `quantity` of the network, each as a row of its own."""
    owner, _, symbol = quantity.rpartition(".")
    names = [layer.name for layer in exercise.layers]
    reached = names.index(owner) if owner in names else -1
    for place, layer in enumerate(exercise.layers):
        part = exercise.parts[layer.name][0]
        wrong = ["Z"]
        if exercise.gradients is not None and place > reached and symbol != "Z":
            wrong.append("dA")
        if place == reached and quantity in exercise.parameters:
            wrong.append(gradient_name(symbol))
        for name in wrong:
            if place == reached and symbol == name:
                continue  # the layer's own rows say it
            for row in rows(part.record, name):
                yield _row_of(row, layer.name, part, name)


def _row_of(row: Mistake, layer: str, part: LayerExercise[Any], quantity: str) -> Mistake:
    def variants(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
        start = attempt if quantity == "Z" else attempt.forward_kept()
        for way in row.ways(attempt_of(part, quantity)):
            yield start.wrapping({layer: wrong_layer(part, quantity, way)})

    return replace(row, op="network", variants=variants, says=f"in {layer}, {quantity}: {row.says}")


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


def run_cost(exercise: NetworkExercise) -> int:
    """What a run with one mistake costs, in multiply-adds."""
    layers = (LayerExercise(x.layer, exercise.A, x.parameters) for x in exercise.layers)
    return sum(LAYER + 3 * (layer_cost(layer) - LEAST) for layer in layers)


def layers_missing_kinks(exercise: NetworkExercise, budget: Budget) -> int:
    """How many ties, zeros and negative numbers the layers lack that some mistakes need; `budget` pays for looking.

    To count them is much quicker than to run the network for every mistake.
    """
    values, missing = exercise.tape.values, 0
    for layer in exercise.layers:
        count = layer.layer.record.part("missing_kinks")
        if count is not None:
            before, after = values[layer.sources[0]], values[layer.name]
            missing += count(layer.layer, layer.parameters, before, after, budget)
    return missing
