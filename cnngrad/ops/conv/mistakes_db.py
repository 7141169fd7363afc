"""db of a convolution, computed wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from cnngrad.exercise.attempt import LayerAttempt, only, whole
from cnngrad.exercise.mistake import about, batch_averaged, bias_not_summed, not_summed, when
from cnngrad.numbers.kinds import Array


def _cells(attempt: LayerAttempt) -> int:
    """Cells of one channel of Z, over all images."""
    return int(len(attempt.A) * attempt.layer.positions)


def _bias_mean(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Over images and positions of each filter; over the filters too."""
    count = _cells(attempt)
    if count > 1:
        yield attempt.divided(count)
    if attempt.layer.filters > 1:
        every = count * attempt.layer.filters
        yield attempt.then(lambda db: db * 0 + db.sum()).divided(every)


def _one_cell(place: int, attempt: LayerAttempt) -> LayerAttempt:
    """One cell of every plane of dZ alone."""
    return attempt.given(dZ=only(attempt.dZ, place, *range(2, attempt.dZ.ndim)))


def _counted(attempt: LayerAttempt, count: int) -> LayerAttempt:
    return attempt.then(lambda db: db * 0 + whole(count, db))


_filters_summed = when(
    lambda a: a.layer.filters > 1,
    lambda a: a.then(lambda db: db * 0 + db.sum()),
    lambda a: a.then(lambda db: np.asarray(db.sum())),
)


def _from_weights(attempt: LayerAttempt) -> Array:
    """dW added up over everything but the filters."""
    layer, dW = attempt.layer, replace(attempt, quantity="dW", product=None).computed()
    grouped = dW.reshape(layer.channels.groups, -1, dW.shape[1], dW[0, 0].size)  # (groups, O/groups, I/groups, taps)
    sums = grouped.sum(axis=(1, 3) if layer.transposed else (2, 3))
    return np.reshape(sums, layer.bias_shape)


_db = about("conv", "db")
BIAS = (
    _db("bias-mean", _bias_mean)(
        says="the upstream gradient was averaged instead of added",
        ask="The bias is in every output cell; do its contributions add up, or are they averaged?",
        needs="more than one output cell",
    ),
    batch_averaged(
        "conv", "db", id="bias-batch-averaged", says="the gradient of the bias was divided by the number of images"
    ),
    _db("bias-one-cell", when(lambda a: a.layer.positions > 1, partial(_one_cell, 0), partial(_one_cell, -1)))(
        says="only one cell of the upstream gradient was taken",
        ask="In how many output cells is the bias?",
        needs="more than one output position",
    ),
    _db("bias-shared", _filters_summed)(
        says="the upstream gradient was added up over all filters together",
        ask="Which output cells does the bias of one filter reach?",
        needs="more than one filter",
    ),
    _db("bias-count", lambda a: [_counted(a, _cells(a)), _counted(a, a.layer.positions)])(
        says="the output cells were counted: the upstream gradient was taken as ones",
        ask="By what is the local gradient 1 of the bias multiplied?",
        needs="an upstream gradient that is not all ones",
    ),
    bias_not_summed("conv", "db", variants=lambda a: not_summed(a, (0, *range(2, a.dZ.ndim)))),
    _db("bias-from-weights", lambda a: [replace(a, product=_from_weights)])(
        says="the gradient of the weights was added up: db was taken from dW instead of from dZ",
        ask="What is beside the bias in the formula of Z: the input, or a 1?",
        needs="an input that is not all ones",
    ),
)
