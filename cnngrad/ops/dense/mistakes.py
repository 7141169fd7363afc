"""A dense layer, computed wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from cnngrad.exercise.common_mistakes import sign_flipped
from cnngrad.exercise.mistake import LayerAttempt, Mistake


def _square(attempt: LayerAttempt) -> bool:
    """As many neurons as features."""
    return bool(attempt.W.shape[0] == attempt.W.shape[1])


def _weights_transposed(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if _square(attempt):
        yield attempt.given(W=attempt.W.T)


def _elementwise(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Each unit with its own partner; or the table of products before it is added up."""
    W, source = attempt.W, attempt.A if attempt.quantity == "Z" else attempt.dZ
    if _square(attempt):
        yield attempt.given(W=np.where(np.eye(len(W), dtype=bool), W, W * 0))
    if source.ndim == 1:
        yield replace(attempt, product=lambda _: W * (source if attempt.quantity == "Z" else source[:, None]))


def _matched(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """dZ times A, unit by unit, where every pair of them belongs to a weight."""
    A, dZ = attempt.A, attempt.dZ
    if A.ndim == 1 and A.shape == dZ.shape:
        yield replace(attempt, product=lambda _: dZ * A)


def _unweighted(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    yield attempt.given(W=attempt.W * 0 + 1)


def _ones(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    yield attempt.given(dZ=attempt.dZ * 0 + 1)


def _averaged(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.A.ndim > 1 and len(attempt.A) > 1:
        yield attempt.divided(len(attempt.A))


def _gradient_as_weights(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    dW = replace(attempt, quantity="dW").computed()
    yield attempt.given(W=dW)


def _bias_forgotten(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    yield attempt.given(b=attempt.b * 0)


_row = partial(Mistake, op="dense")
ROWS = (
    _row(
        id="weights-transposed",
        quantities=("Z", "dA"),
        variants=_weights_transposed,
        says="the weights were used as they are where their transpose belongs, or the other way round",
        ask="Which index of W counts the neurons, and over which one is the sum?",
        needs="as many neurons as features, and weights that are not symmetric",
    ),
    _row(
        id="elementwise-for-dot",
        quantities=("Z", "dA"),
        variants=_elementwise,
        says="an element-wise product is taken where a sum over units belongs",
        ask="How many units does one number of the result depend on?",
        needs="more than one unit",
    ),
    _row(
        id="elementwise-for-dot",
        quantities=("dW",),
        variants=_matched,
        says="dZ and A were multiplied element by element; every weight joins one cell of each",
        ask="How many weights are there, and which two numbers does each of them join?",
        needs="as many neurons as features",
    ),
    _row(
        id="unweighted",
        quantities=("dA",),
        variants=_unweighted,
        says="the upstream gradients were added up without the weights",
        ask="By what is each neuron's gradient multiplied on its way back?",
        needs="weights that are not all ones",
    ),
    _row(
        id="upstream-forgotten",
        quantities=("dA", "dW", "db"),
        variants=_ones,
        says="the upstream gradient was taken as ones",
        ask="By what is each local gradient multiplied in the chain rule?",
        needs="an upstream gradient that is not all ones",
    ),
    _row(
        id="gradient-as-weights",
        quantities=("dA",),
        variants=_gradient_as_weights,
        says="the gradient dW was used where the weights W belong",
        ask="What is between the input and the output: the weights, or their gradient?",
        needs="weights other than their gradient",
    ),
    _row(
        id="batch-averaged",
        quantities=("dA", "dW", "db"),
        variants=_averaged,
        says="the gradient was divided by the number of rows of the batch",
        ask="Is the loss here a sum over the batch or a mean?",
        needs="a batch of more than one row",
    ),
    _row(
        id="result-transposed",
        quantities=("dW",),
        variants=lambda a: [a.then(np.transpose)],
        says="the result's rows and columns are exchanged",
        ask="Which weight belongs to the first row and the second column?",
        needs="a gradient that is not symmetric",
    ),
    _row(
        id="bias-forgotten",
        quantities=("Z",),
        variants=_bias_forgotten,
        says="the bias was not added",
        ask="What is still to be added when all products of a neuron are summed?",
        needs="a bias that is not 0",
    ),
    _row(
        id="gradient-not-reset",
        quantities=("dW", "db"),
        variants=lambda a: [a.then(lambda gradient: gradient * 2)],
        says="the gradient is doubled: it was added to that of an earlier pass",
        ask="What is in the gradient before the backward pass begins?",
        needs="a gradient that is not zero",
    ),
    sign_flipped("dense", "dA", "dW", "db"),
)
