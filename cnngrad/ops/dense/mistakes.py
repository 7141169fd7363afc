"""A dense layer, computed wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np

from cnngrad.exercise.attempt import LayerAttempt
from cnngrad.exercise.mistake import (
    about,
    batch_averaged,
    batch_averaged_twice,
    batch_first_only,
    batch_last_only,
    bias_forgotten,
    bias_not_summed,
    gradient_not_reset,
    never_accumulated,
    not_summed,
    result_transposed,
    sign_flipped,
    upstream_forgotten,
    when,
)
from cnngrad.numbers.kinds import Array


def _square(attempt: LayerAttempt) -> bool:
    return bool(attempt.W.shape[0] == attempt.W.shape[1])


def _elementwise(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Each unit with its own partner; or the table of products before it is added up."""
    W, source = attempt.W, attempt.A if attempt.quantity == "Z" else attempt.dZ
    if _square(attempt):
        yield attempt.given(W=np.where(np.eye(len(W), dtype=bool), W, W * 0))
    if source.ndim == 1:
        yield replace(attempt, product=lambda _: W * (source if attempt.quantity == "Z" else source[:, None]))


def _averaged(times: int, attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Divided by the examples of the batch, so many times; by all rows of features; by the rows of one example."""
    examples = attempt.A.shape[:-1]
    for count in dict.fromkeys((*examples[:1], prod(examples), prod(examples[1:]))):
        if count > 1:
            yield attempt.divided(count**times)


def _matched(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """dZ times A, unit by unit, where every pair of them belongs to a weight."""
    A, dZ = attempt.A, attempt.dZ
    if A.ndim == 1 and A.shape == dZ.shape:
        yield replace(attempt, product=lambda _: dZ * A)


def _several_neurons(attempt: LayerAttempt) -> bool:
    return bool(attempt.layer.neurons > 1)


def _over_neurons(attempt: LayerAttempt) -> Array:
    return np.asarray(attempt.dZ.sum(axis=-1))


def _from_weights(attempt: LayerAttempt) -> Array:
    """dW added up over the features."""
    dW = replace(attempt, quantity="dW", product=None).computed()
    return np.reshape(dW.sum(axis=1), attempt.layer.bias_shape)


_row = about("dense")
ROWS = (
    _row("weights-transposed", when(_square, lambda a: a.given(W=a.W.T)), "Z", "dA")(
        says="the weights were used as they are where their transpose belongs, or the other way round",
        ask="Which index of W counts the neurons, and over which one is the sum?",
        needs="as many neurons as features, and weights that are not symmetric",
    ),
    _row("elementwise-for-dot", _elementwise, "Z", "dA")(
        says="an element-wise product is taken where a sum over units belongs",
        ask="How many units does one number of the result depend on?",
        needs="more than one unit",
    ),
    _row("elementwise-for-dot", _matched, "dW")(
        says="dZ and A were multiplied element by element; every weight joins one cell of each",
        ask="How many weights are there, and which two numbers does each of them join?",
        needs="as many neurons as features",
    ),
    _row("unweighted", lambda a: [a.given(W=a.W * 0 + 1)], "dA")(
        says="the upstream gradients were added up without the weights",
        ask="By what is each neuron's gradient multiplied on its way back?",
        needs="weights that are not all ones",
    ),
    upstream_forgotten("dense", "dA", "dW", "db"),
    _row("gradient-as-weights", lambda a: [a.given(W=replace(a, quantity="dW").computed())], "dA")(
        says="the gradient dW was used where the weights W belong",
        ask="What is between the input and the output: the weights, or their gradient?",
        needs="weights other than their gradient",
    ),
    batch_averaged(
        "dense",
        *("dA", "dW", "db"),
        variants=partial(_averaged, 1),
        says="the gradient was divided by the number of rows of the batch",
        needs="a batch of more than one row",
    ),
    result_transposed("dense", "dW"),
    bias_forgotten("dense", "Z", ask="What is still to be added when all products of a neuron are summed?"),
    bias_not_summed("dense", "db", variants=lambda a: not_summed(a, range(a.dZ.ndim - 1))),
    _row("bias-other-axis", when(_several_neurons, lambda a: replace(a, product=_over_neurons)), "db")(
        says="the upstream gradient was added up over the neurons instead of over the batch",
        ask="Which numbers of dZ does the bias of one neuron reach?",
        needs="more than one neuron",
    ),
    _row("bias-from-weights", lambda a: [replace(a, product=_from_weights)], "db")(
        says="the gradient of the weights was added up: db was taken from dW instead of from dZ",
        ask="What is beside the bias in the formula of Z: the input, or a 1?",
        needs="an input that is not all ones",
    ),
    batch_first_only("dense", "dW", "db"),
    batch_last_only("dense", "dW", "db"),
    batch_averaged_twice("dense", "dA", "dW", "db", variants=partial(_averaged, 2)),
    gradient_not_reset("dense", "dA", "dW", "db"),
    never_accumulated("dense", "dA", "dW", "db"),
    sign_flipped("dense", "dA", "dW", "db"),
)
