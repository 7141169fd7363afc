"""Numbers that courses and forums published, recomputed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import cnngrad


def test_the_forum_question_exactly() -> None:
    result = cnngrad.run(
        {
            "op": "conv",
            "numbers": "exact",
            "input": "0.51 0.90 0.88 0.84 0.05\n0.40 0.62 0.22 0.59 0.10\n0.11 0.20 0.74 0.33 0.14\n"
            "0.47 0.01 0.85 0.70 0.09\n0.76 0.19 0.72 0.17 0.57\n",
            "kernel": "-0.13 0.15\n-0.51 0.62\n",
            "delta": "0 0 0.0686 0\n0 0.0364 0 0\n0 0.0467 0 0\n0 0 0 0.0681\n",
        }
    )
    expected = [["0.139946", "0.106319"], ["0.034416", "0.145922"]]
    assert result.results["dW"].tolist() == [[Fraction(text) for text in row] for row in expected]


def test_the_wrong_accepted_answer_comes_from_one_sign() -> None:
    def dW(last: float) -> list[list[float]]:
        delta = np.zeros((4, 4))
        delta[0, 2], delta[1, 1], delta[2, 1], delta[3, 3] = 0.0686, 0.0364, 0.0467, last
        A = [
            [0.51, 0.90, 0.88, 0.84, 0.05],
            [0.40, 0.62, 0.22, 0.59, 0.10],
            [0.11, 0.20, 0.74, 0.33, 0.14],
            [0.47, 0.01, 0.85, 0.70, 0.09],
            [0.76, 0.19, 0.72, 0.17, 0.57],
        ]
        found: list[list[float]] = cnngrad.conv_backward(A, [[-0.13, 0.15], [-0.51, 0.62]], delta)[1].tolist()
        return found

    assert dW(-0.0681) == [pytest.approx([0.044606, 0.094061]), pytest.approx([0.011262, 0.068288])]


def test_the_convolution_of_the_coursera_notebook() -> None:
    rng = np.random.RandomState(1)
    A, W, b = rng.randn(10, 4, 4, 3), rng.randn(2, 2, 3, 8), rng.randn(1, 1, 1, 8)
    Z = cnngrad.conv_forward(A, W, b, stride=2, padding=2)
    dA, dW, db = cnngrad.conv_backward(A, W, Z, stride=2, padding=2)
    assert (dA.shape, dW.shape) == (A.shape, W.shape)
    assert dA.mean() == pytest.approx(1.4524377775388075, rel=1e-14)
    assert dW.mean() == pytest.approx(1.7269914583139083, rel=1e-14)
    assert db.mean() == pytest.approx(7.839232564616925, rel=1e-14)


def test_the_pooling_of_the_coursera_notebook() -> None:
    rng = np.random.RandomState(1)
    A = rng.randn(5, 5, 3, 2)
    dA = rng.randn(5, 4, 2, 2)
    by_max = cnngrad.pool_backward(A, dA, window=2, stride=1, ties="all")[1, 1]
    by_average = cnngrad.pool_backward(A, dA, window=2, stride=1, mode="average")[1, 1]
    assert by_max.tolist() == [[0, 0], pytest.approx([5.05844394, -1.68282702], abs=5e-9), [0, 0]]
    expected = [[0.08485462, 0.2787552], [1.26461098, -0.25749373], [1.17975636, -0.53624893]]
    assert by_average.tolist() == [pytest.approx(row, abs=5e-9) for row in expected]
