"""Networks, computed wrongly: a mistake in one layer that reaches others, in the loss, or in the step of descent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.matrix_gates import softmax
from cnngrad.calculus.tape import with_backward, with_forward
from cnngrad.exercise.cost import LAYER, LEAST, Budget
from cnngrad.exercise.cost import run_cost as layer_cost
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.mistake import Candidate, Variants, about, gradient_not_reset, rows
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.printing import rounded_array
from cnngrad.ops.network.layer_mistakes import NetworkAttempt, from_layers, of_own_layer
from cnngrad.ops.network.losses import LOG_SOFTMAX
from cnngrad.ops.network.network import LOSS, NetworkExercise

MOST_DECIMALS = 4
"""Decimals to which intermediate results are rounded, at most, when people work by hand."""


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


def _at_probabilities(way: Callable[[Any, Array, Array], Array]) -> Variants:
    """Another gradient at the input of softmax: `way` has the loss, the probabilities and the right gradient."""

    def variants(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
        loss = attempt.exercise.loss_of
        if loss is None or LOG_SOFTMAX not in (gate for gate, *_ in loss.row.steps.values()):
            return

        def wrong(right: Any, upstream: Any, output: Any, Z: Any) -> Sequence[Any]:
            (dZ,) = right.backward(upstream, output, Z)
            return (way(loss, softmax(loss.axis).forward(Z), dZ),)

        yield attempt.wrapping({LOSS: with_backward(wrong)})

    return variants


def _without_softmax(loss: Any, p: Array, _: Array) -> Array:
    """The gradient at p, -t/p."""
    (slope,) = GATES["log"].partials(None, p)
    return np.asarray(-loss.scale * loss.target * slope)


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


def _averaged_twice(attempt: NetworkAttempt) -> Iterator[NetworkAttempt]:
    """By the mean of the loss and once more, or two times beside it."""
    exercise = attempt.exercise
    count, loss = len(exercise.A) if "N" in exercise.letters else 1, exercise.loss_of
    if count > 1:
        if loss is not None and loss.reduction == "mean":
            yield attempt.divided(count)
        yield attempt.divided(count**2)


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
    _row("softmax-diagonal", _at_probabilities(lambda _, p, dZ: dZ * p * (1 - p)))(
        says="after p - t the slope p*(1 - p) of softmax was multiplied once more",
        ask="Is softmax in p - t already?",
        needs="cross entropy",
    ),
    _row("softmax-forgotten", _at_probabilities(_without_softmax))(
        says="the gradient at the probabilities, -t/p, was passed on as if it were the one at the input of softmax",
        ask="What is between the last layer's output and the probabilities p?",
        needs="cross entropy",
    ),
    _row("target-class-only", _at_probabilities(lambda loss, _, dZ: np.where(loss.target != 0, dZ, dZ * 0)))(
        says="only the class of the target has a gradient, p - 1; the other classes got 0",
        ask="Does the loss change when the score of a wrong class grows?",
        needs="cross entropy, and a class that the target leaves out",
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
    gradient_not_reset("network", "gradient"),
    _row("batch-averaged-twice", _averaged_twice, "gradient")(
        says="the gradient was divided by the number of examples two times",
        ask="How often is the number of examples in the formula of the loss?",
        needs="a batch of more than one example",
    ),
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
    _step_row("weights-in-step", _step(lambda rate, old, _: old - rate * old))(
        says="the weights themselves were taken for their gradient in the step: W - rate*W",
        ask="What does the learning rate multiply in the step?",
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
    """Those of the layer itself, of the network, and of layers whose mistakes reach the quantity."""
    whole = NetworkAttempt.at(exercise, quantity, decimals)
    known = [*rows(exercise.record, exercise.role(quantity)), *from_layers(exercise, quantity)]
    return [*of_own_layer(exercise, quantity, decimals), *(Candidate(row, whole) for row in known)]


def run_cost(exercise: NetworkExercise) -> int:
    """What a run with one mistake costs, in multiply-adds: three passes through half of the layers, because a run has
    the other half in common with the right one."""
    layers = (LayerExercise(x.layer, exercise.A, x.parameters) for x in exercise.layers)
    return sum(LAYER + 3 * (layer_cost(layer) - LEAST) // 2 for layer in layers)


def decimals_told(decimals: int) -> int:
    """As many as intermediate results are rounded to."""
    return min(decimals, MOST_DECIMALS)


def layers_missing_kinks(exercise: NetworkExercise, budget: Budget) -> int:
    """How many ties, zeros and negative numbers the layers lack that some mistakes need; `budget` pays for looking.

    To count them is much quicker than to run the network for every mistake.
    """
    layers, missing = exercise.layers, 0
    counts = [layer.layer.record.part("missing_kinks") for layer in layers]
    last = max((place for place, count in enumerate(counts) if count is not None), default=-1)
    values = replace(exercise, layers=layers[: last + 1], loss_of=None, dZ=None).tape.values
    for layer, count in zip(layers, counts, strict=True):
        if count is not None:
            before, after = values[layer.sources[0]], values[layer.name]
            missing += count(layer.layer, layer.parameters, before, after, budget)
    return missing
