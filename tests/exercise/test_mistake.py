"""Every row computes on every exercise: any rank, layout, groups, padding mode, transposed, any architecture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from architectures import networks
from exercises import named
from hypothesis import given, settings
from layers import convolutions, poolings

import cnngrad
from cnngrad.exercise.attempt import attempt_of, same
from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.mistake import candidates
from cnngrad.exercise.solution import Solution
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of


def runs_everywhere(exercise: Exercise, pairs: int = 1) -> None:
    """The attempt itself is right, and no mistake stumbles; single ones and, of one in `pairs`, each with the next."""
    for name, truth in Solution(exercise, strict=False).quantities.items():
        assert same(np.asarray(attempt_of(exercise, name).result(), float), np.asarray(truth, float)), name
        found = candidates(exercise, name)
        for candidate in found:
            for result in candidate.results():
                assert result.dtype.kind in "fi", (name, candidate.mistake.id)
        for one, other in [*zip(found, [*found[1:], *found[:1]], strict=True)][::pairs]:
            for both in one.followed_by([other]):
                both.results()


@settings(max_examples=10)
@given(exercise=convolutions())
def test_convolutions(exercise: LayerExercise[Conv]) -> None:
    with np.errstate(all="ignore"):
        runs_everywhere(exercise, pairs=2)


@settings(max_examples=10)
@given(exercise=poolings())
def test_poolings(exercise: LayerExercise[Pool]) -> None:
    with np.errstate(all="ignore"):
        runs_everywhere(exercise, pairs=2)


@pytest.mark.slow
@settings(max_examples=25)
@given(exercise=convolutions() | poolings())
def test_many_layers(exercise: LayerExercise[Any]) -> None:
    with np.errstate(all="ignore"):
        runs_everywhere(exercise)


def in_a_network(spec: Any, pairs: int = 1) -> None:
    exercise = build(document_of(spec, DEFAULT), OPS).exercise
    with np.errstate(all="ignore"):
        runs_everywhere(exercise, pairs)


@settings(max_examples=2)
@given(spec=networks(most=1))
def test_networks(spec: Any) -> None:
    in_a_network(spec, pairs=10)


@pytest.mark.slow
@settings(max_examples=60)
@given(spec=networks())
def test_many_networks(spec: Any) -> None:
    in_a_network(spec)


def test_every_row_says_and_asks() -> None:
    for row in [row for op in OPS.values() for row in op.part("ROWS")]:
        assert row.says, row.id
        assert row.says[0].islower(), row.id
        assert row.ask.endswith("?"), row.id
        assert row.needs, row.id
    assert len(
        {
            (row.op, row.id, quantity)
            for row in [row for op in OPS.values() for row in op.part("ROWS")]
            for quantity in row.quantities
        }
    ) == sum(len(row.quantities) for row in [row for op in OPS.values() for row in op.part("ROWS")])


IDS = """
kernel-flipped bias-per-product bias-forgotten bias-first-for-all stride-ignored channels-first-only
channels-averaged padding-forgotten padding-once size-off-by-one same-symmetric dilation-off-by-one axes-swapped
max-pad-zero average-for-max max-for-average kernel-rotated-twice kernel-transposed delta-rotated delta-transposed
delta-not-dilated overwritten valid-not-full padding-not-cropped padding-cropped-twice pad-slice-zero
filter-last-only filter-first-only channels-swapped stride-dilation-swapped upstream-forgotten
input-instead-of-kernel batch-averaged positions-averaged sign-flipped result-rotated result-transposed
input-rotated unpadded-input all-averaged channels-summed kernel-instead-of-input bias-mean bias-batch-averaged
bias-one-cell bias-shared bias-count ties-all ties-split ties-last ties-first ties-column-major window-overwritten
mask-by-value times-value mask-only everyone minimum first-window-only divided-by-side share-only pad-counted
pad-not-counted derivative-at-output derivative-at-input derivative-forgotten mask-from-delta zero-is-one
softmax-diagonal loss-doubled loss-halved loss-averaged weights-transposed elementwise-for-dot unweighted
flatten-order updated-weights step-uphill step-twice gradient-not-reset gradient-as-weights fork-overwritten
product-not-swapped sum-scaled chain-divided exp-input max-both max-smaller rounded-early last-step-only
first-step-only state-not-previous external-delta-lost recurrent-weight-missing steps-averaged statistics-constant
gamma-forgotten slope-sign one-lost factor-lost leak-forgotten softmax-diagonal-sign softmax-of-input
softmax-overwritten mean-term-not-averaged beta-from-input minus-forgotten quotient-rule counted-again state-wraparound
training-statistics softmax-forgotten target-class-only weights-in-step batch-averaged-twice
batch-last-only batch-first-only
bias-not-summed bias-from-weights bias-other-axis remainder-lost first-window-wins never-accumulated
reshaped-not-transposed channels-mispaired delta-sliced not-divided overhang-counted window-is-output
"""


def test_the_table_is_complete() -> None:
    assert {row.id for row in [row for op in OPS.values() for row in op.part("ROWS")]} == set(IDS.split())


GRADIENTS: tuple[tuple[dict[str, Any], dict[str, tuple[int, ...]]], ...] = (
    ({"op": "activation", "function": "tanh", "input": [1, 2], "delta": [3, 4]}, {"dA": (2,)}),
    ({"op": "graph", "expression": "x * y", "values": {"x": 2, "y": 3}}, {"dx": (), "dy": ()}),
    (
        {"op": "rnn", "inputs": [1, 2], "weights": {"input": 1, "recurrent": 2}, "activation": "relu", "delta": 1},
        {"dx": (2,), "db": ()},
    ),
    (
        {
            "op": "network",
            "input": [[1, 2, 4], [3, 5, 1]],
            "layers": [{"op": "layer_norm", "gamma": [1, 2, 3]}, {"op": "dense", "weights": [[1, 3, -2]]}],
            "delta": [[1], [2]],
        },
        {"layer_norm1.dgamma": (3,), "layer_norm1.dA": (2, 3), "dense1.dW": (1, 3)},
    ),
    ({"op": "pool", "window": 2, "input": [[1, 2], [4, 3]], "delta": 5}, {"dA": (2, 2)}),
    ({"op": "batch_norm", "input": [1, 2, 4], "gamma": 3, "layout": "L", "delta": [1, 2, 5]}, {"dA": (3,)}),
    (
        {
            "op": "network",
            "input": [[1, 4], [2, -3]],
            "layers": [
                {"op": "residual", "layers": [{"op": "conv", "kernel": [[2]]}]},
                {"op": "flatten"},
                {"op": "dense", "weights": [[1, 3, -2, 5]]},
            ],
            "delta": [1],
        },
        {"residual1.dA": (2, 2), "flatten1.dA": (2, 2), "conv1.dW": (1, 1)},
    ),
)


def test_a_gradient_that_is_zero_or_turned_or_doubled_is_named_everywhere() -> None:
    for spec, quantities in GRADIENTS:
        solution = cnngrad.run(spec)
        for quantity, shape in quantities.items():
            right = np.asarray(solution.quantities[quantity], dtype=float)
            assert right.shape == shape
            for id_, wrong in (("never-accumulated", 0), ("sign-flipped", -1), ("gradient-not-reset", 2)):
                assert id_ in named(spec, quantity, right * wrong), (spec["op"], quantity, id_)


def test_a_doubled_gradient_is_named_once_in_a_network() -> None:
    """It is the same number wherever the gradient was doubled."""
    spec = GRADIENTS[-1][0]
    assert (
        named(spec, "conv1.dW", [[2 * cnngrad.run(spec).quantities["conv1.dW"].item()]]).count("gradient-not-reset")
        == 2
    )  # in conv1 itself, and in the network
