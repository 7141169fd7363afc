"""Gather, scatter, rotate and matrix: four computations, one result."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from layers import conv, convolutions, exact, integers, pool, poolings

from cnngrad.explain.methods import METHODS
from cnngrad.explain.methods.matrix import Matrix
from cnngrad.explain.methods.rotate import Rotate
from cnngrad.explain.readings import derived
from cnngrad.ops.conv import ConvExercise
from cnngrad.ops.pool import PoolExercise

EXAMPLES = settings(max_examples=40, deadline=None)


@pytest.mark.parametrize("method", METHODS)
@EXAMPLES
@given(exercise=convolutions())
def test_convolutions(method: str, exercise: ConvExercise) -> None:
    results = exercise.solve().results
    for name, array in derived(exercise, method).items():
        np.testing.assert_array_equal(array, results[name], err_msg=name)


@pytest.mark.parametrize("method", METHODS)
@EXAMPLES
@given(exercise=poolings())
def test_pooling(method: str, exercise: PoolExercise) -> None:
    results = exercise.solve().results
    real = results["Z"] > -np.inf
    computed = derived(exercise, method)
    np.testing.assert_allclose(computed["dA"], results["dA"], rtol=0, atol=1e-12)
    if exercise.pool.mode == "average" or exercise.pool.ties != "all":
        np.testing.assert_allclose(computed["Z"][real], results["Z"][real], rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_exact_numbers(method: str) -> None:
    ours = conv(*(exact(integers(s, 1)) for s in ((4, 5), (2, 3), (), (2, 2))), stride=(2, 2), padding=((0, 1), (1, 0)))
    results = ours.solve().results
    for name, array in derived(ours, method).items():
        assert array.tolist() == results[name].tolist()


@EXAMPLES
@given(convolutions())
def test_the_layer_is_one_matrix_of_tied_weights(exercise: ConvExercise) -> None:
    layer, layout = exercise.conv, exercise.conv.layout
    matrix = Matrix(layer.correlation.windows, layer.correlation.channels).tied(layout.canonical_kernel(exercise.W))
    if layer.transposed:
        matrix = matrix.T
    results = exercise.solve().results
    assert exercise.dZ is not None
    Z = layout.canonical(layer.forward(exercise.A, exercise.W, 0 * exercise.b))
    A, dZ = layout.canonical(exercise.A), layout.canonical(exercise.dZ)
    for n in range(len(A)):
        np.testing.assert_array_equal(matrix @ A[n].ravel(), Z[n].ravel())
        np.testing.assert_array_equal(matrix.T @ dZ[n].ravel(), layout.canonical(results["dA"])[n].ravel())


def test_the_stretched_delta_and_the_turned_kernel_by_hand() -> None:
    exercise = conv(integers((5, 5)), np.array([[1.0, 2], [3, 4]]), dZ=np.array([[1.0, 2], [3, 4]]), stride=3)
    method = Rotate(exercise.conv.correlation.windows, exercise.conv.correlation.channels)
    assert exercise.dZ is not None
    stretched = method.stretched(exercise.dZ[None, None])[0, 0].tolist()
    assert stretched == [[1, 0, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]
    assert method.turned(exercise.W[None, None])[0, 0].tolist() == [[4, 3], [2, 1]]


def test_im2col_by_hand() -> None:
    exercise = conv(np.arange(1.0, 7).reshape(2, 3), np.ones((2, 2)))
    method = Matrix(exercise.conv.correlation.windows, exercise.conv.correlation.channels)
    # columns are the windows 1 2 / 4 5 and 2 3 / 5 6
    assert method.columns(exercise.A[None, None])[0, 0].tolist() == [[1, 2], [2, 3], [4, 5], [5, 6]]


def test_a_wrong_method_is_a_bug_and_not_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    import cnngrad

    monkeypatch.setattr(Rotate, "turned", lambda _self, kernel: kernel)
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [1, 5], "delta": 1}, method="rotate")
    with pytest.raises(AssertionError, match="rotate disagrees on dA"):
        str(result)


def test_pooling_rows_sum_to_one() -> None:
    exercise = pool(integers((5, 5), 1), 2, stride=1, ties="split")
    planes = exercise.pool.layout.canonical(exercise.A)
    weights = exercise.pool.weights(planes)
    method = Matrix(exercise.pool.windows, conv(integers((1, 1)), integers((1, 1))).conv.correlation.channels)
    np.testing.assert_allclose(method.selection(weights).sum(axis=-1), 1)
