"""dA by the turned kernel over the stretched delta; and a layer as one matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from layers import conv, convolutions, integers, pool

import cnngrad
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.methods.matrix import Matrix, Rotate
from cnngrad.ops.conv.layer import Conv

EXAMPLES = settings(max_examples=20)


def test_the_stretched_delta_and_the_turned_kernel_by_hand() -> None:
    exercise = conv(integers((5, 5)), np.array([[1.0, 2], [3, 4]]), dZ=np.array([[1.0, 2], [3, 4]]), stride=3)
    method = Rotate(exercise.layer.windows, exercise.layer.channels)
    assert exercise.dZ is not None
    stretched = method.stretched(exercise.dZ[None, None])[0, 0].tolist()
    assert stretched == [[1, 0, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]
    assert method.turned(exercise.parameters["W"][None, None])[0, 0].tolist() == [[4, 3], [2, 1]]


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({}, "P: one row of weights per window, Z = P A, dA = P' dZ"),
        ({"ties": "all"}, "P: one row of weights per window, dA = P' dZ"),
        (
            {"dilation": 3, "padding": 2, "stride": 1},
            "P: one row of weights per window, Z = P A, dA = P' dZ; Z is -inf in a row without weights",
        ),
    ],
)
def test_the_matrix_of_pooling_says_what_holds(settings: dict[str, Any], title: str) -> None:
    spec = {"op": "pool", "input": [1, 1], "window": 2, "delta": 1} | settings
    assert f"  {title}  " in str(cnngrad.run(spec, method="matrix"))


@EXAMPLES
@given(convolutions())
def test_the_layer_is_one_matrix_of_tied_weights(exercise: LayerExercise[Conv]) -> None:
    layer, layout = exercise.layer, exercise.layer.layout
    kernel = layout.canonical_kernel(exercise.parameters["W"])
    matrix = Matrix(layer.windows, layer.channels).tied(kernel)
    if layer.transposed:
        matrix = matrix.T
    results = exercise.solve()
    assert exercise.dZ is not None
    Z = layout.canonical(layer.forward(exercise.A, exercise.parameters["W"], 0 * exercise.parameters["b"]))
    A, dZ = layout.canonical(exercise.A), layout.canonical(exercise.dZ)
    for n in range(len(A)):
        np.testing.assert_array_equal(matrix @ A[n].ravel(), Z[n].ravel())
        np.testing.assert_array_equal(matrix.T @ dZ[n].ravel(), layout.canonical(results["dA"])[n].ravel())


def test_im2col_by_hand() -> None:
    exercise = conv(np.arange(1.0, 7).reshape(2, 3), np.ones((2, 2)))
    method = Matrix(exercise.layer.windows, exercise.layer.channels)
    # columns are the windows 1 2 / 4 5 and 2 3 / 5 6
    assert method.columns(exercise.A[None, None])[0, 0].tolist() == [[1, 2], [2, 3], [4, 5], [5, 6]]


def test_pooling_rows_sum_to_one() -> None:
    exercise = pool(integers((5, 5), 1), 2, stride=1, ties="split")
    planes = exercise.layer.layout.canonical(exercise.A)
    weights = exercise.layer.weights(planes)
    method = Matrix(exercise.layer.windows, conv(integers((1, 1)), integers((1, 1))).layer.channels)
    np.testing.assert_allclose(method.selection(weights).sum(axis=-1), 1)
