"""Pooling against a slow oracle of nested loops that shares nothing with the program."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from layers import exact, integers, pool, poolings

import cnngrad
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.pool.layer import Pool

EXAMPLES = settings(max_examples=20)


def oracle(exercise: LayerExercise[Pool]) -> tuple[Array, Array, Array]:
    """Z, dA and argmax by the textbook's loops, one window at a time."""
    layer, A, dZ = exercise.layer, exercise.A, exercise.dZ
    assert dZ is not None
    axes = layer.windows.axes
    Z, dA, argmax = np.zeros(dZ.shape), np.zeros(A.shape), np.full(dZ.shape, -1)
    for n, c in np.ndindex(A.shape[:2]):
        for out in np.ndindex(dZ.shape[2:]):
            cells, padded = [], 0
            for tap in product(*(range(axis.window) for axis in axes)):
                at = [o * a.stride + k * a.dilation - a.before for o, k, a in zip(out, tap, axes, strict=True)]
                padded += all(x < a.size + a.after for x, a in zip(at, axes, strict=True))
                if all(0 <= x < a.size for x, a in zip(at, axes, strict=True)):
                    cells.append(tuple(at))
            values = [A[(n, c, *cell)] for cell in cells]
            here = (n, c, *out)
            if layer.mode == "average":
                divisor = layer.divisor_override or (padded if layer.count_include_pad else max(len(cells), 1))
                Z[here] = sum(values) / divisor
                for cell in cells:
                    dA[(n, c, *cell)] += dZ[here] / divisor
                continue
            Z[here] = max(values, default=-np.inf)
            best = [cell for cell, value in zip(cells, values, strict=True) if value == Z[here]]
            if not best:
                continue
            kept = {"first": best[:1], "last": best[-1:]}.get(layer.ties, best)
            share = dZ[here] / len(best) if layer.ties == "split" else dZ[here]
            for cell in kept:
                dA[(n, c, *cell)] += share
            argmax[here] = np.ravel_multi_index(kept[0], A.shape[2:])
    return Z, dA, argmax


@EXAMPLES
@given(poolings(mode="max"))
def test_max_pooling(exercise: LayerExercise[Pool]) -> None:
    Z, dA, argmax = oracle(exercise)
    results = exercise.solve()
    np.testing.assert_array_equal(results["Z"], Z)
    np.testing.assert_array_equal(results["argmax"], argmax)
    np.testing.assert_allclose(results["dA"], dA, rtol=0, atol=1e-12 if exercise.layer.ties == "split" else 0)


@EXAMPLES
@given(poolings(mode="average"))
def test_average_pooling(exercise: LayerExercise[Pool]) -> None:
    Z, dA, _ = oracle(exercise)
    results = exercise.solve()
    np.testing.assert_allclose(results["Z"], Z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(results["dA"], dA, rtol=0, atol=1e-12)


@EXAMPLES
@given(poolings())
def test_the_mask_is_the_gradient_of_ones_and_the_laws_hold(exercise: LayerExercise[Pool]) -> None:
    assert exercise.dZ is not None
    ones = replace(exercise, dZ=np.ones(exercise.dZ.shape)).solve()
    results = exercise.solve()
    laws = exercise.laws(results)
    np.testing.assert_array_equal(results["mask"], ones["dA"])
    assert laws
    assert all(law.holds for law in laws)


@EXAMPLES
@given(poolings())
def test_exact_numbers_take_the_same_way(exercise: LayerExercise[Pool]) -> None:
    assert exercise.dZ is not None
    ours = exercise.solve()
    fractions = replace(exercise, A=exact(exercise.A), dZ=exact(exercise.dZ))
    results = fractions.solve()
    assert all(law.left == law.right for law in fractions.laws(results))
    for name, array in results.items():
        np.testing.assert_allclose(array.astype(float), ours[name], rtol=0, atol=1e-12)


def test_exact_averages_are_fractions() -> None:
    results = pool(exact(np.array([1.0, 1, 3])), 3, exact(np.array([1.0])), mode="average").solve()
    assert results["Z"].tolist() == [Fraction(5, 3)]
    assert results["dA"].tolist() == [Fraction(1, 3)] * 3


@pytest.mark.parametrize(
    ("ties", "dA"),
    [
        ("first", [[6, 0], [0, 0]]),
        ("last", [[0, 0], [0, 6]]),
        ("all", [[6, 6], [0, 6]]),
        ("split", [[2, 2], [0, 2]]),
    ],
)
def test_ties_by_hand(ties: str, dA: list[list[int]]) -> None:
    exercise = pool(np.array([[5.0, 5], [3, 5]]), 2, np.array([[6.0]]), ties=ties)
    assert exercise.solve()["dA"].tolist() == dA
    assert exercise.layer.ties_at(exercise.A).tolist() == [[True]]


def test_a_window_without_a_real_cell_has_no_winner() -> None:
    # one cell, taps at -1 and 1
    results = pool(np.array([7.0]), 2, dilation=2, padding=1, stride=1).solve()
    assert results["Z"].tolist() == [-np.inf]
    assert results["argmax"].tolist() == [-1]
    assert results["dA"].tolist() == [0.0]


def test_padding_never_wins_even_over_negative_numbers() -> None:
    results = pool(np.array([-5.0, -7]), 2, padding=1).solve()
    assert results["Z"].tolist() == [-5, -7]


@pytest.mark.parametrize(
    ("settings_", "Z"),
    [
        ({"padding": 1}, [0.5, 2.5]),  # (0 + 1)/2, (2 + 3)/2
        ({"padding": 1, "count_include_pad": False}, [1, 2.5]),  # 1/1
        ({"padding": 1, "divisor_override": 4}, [0.25, 1.25]),
        ({"ceil_mode": True}, [1.5, 3]),  # the overhang never counts: 3/1
        ({}, [1.5]),
    ],
)
def test_average_divisors_by_hand(settings_: dict[str, Any], Z: list[float]) -> None:
    assert pool(np.array([1.0, 2, 3]), 2, mode="average", **settings_).solve()["Z"].tolist() == Z


@pytest.mark.parametrize("window", [(1,), (2,), (6,), (7,), (49,), (2, 3), (7, 1), (7, 7), (6, 6)], ids=str)
@pytest.mark.parametrize("numbers", ["float", "exact", "symbolic"])
def test_the_shares_of_an_average_add_up_to_one(window: tuple[int, ...], numbers: str) -> None:
    """In float64 six sixths and seven sevenths are 0.9999999999999999 or less."""
    shape = tuple(n + 1 for n in window)
    cells = np.arange(1, np.prod(shape) + 1, dtype=int).reshape(shape).tolist()
    spec = {"op": "pool", "mode": "average", "window": list(window), "stride": 1, "input": cells, "delta": 2}
    assert [law.name for law in cnngrad.run(spec | {"numbers": numbers}).laws] == LAWS


LAWS = ["sum(dA) = sum(dZ)", "<A,dA> = <dZ,Z>"]


@pytest.mark.parametrize(
    "settings_",
    [{"padding": 3}, {"divisor_override": 7}, {"ceil_mode": True, "stride": 4, "divisor_override": 5}],
    ids=str,
)
@pytest.mark.parametrize("numbers", ["float", "exact", "symbolic"])
def test_shares_that_are_no_whole_have_a_law_that_says_so(settings_: dict[str, Any], numbers: str) -> None:
    spec = {"op": "pool", "mode": "average", "window": 6, "input": [1, 2, 3, 4, 5, 6, 7, 8], "delta": 1, **settings_}
    found = [law.name for law in cnngrad.run(spec | {"numbers": numbers}).laws]
    assert found == ["sum(dA) = sum(dZ*weights)", "<A,dA> = <dZ,Z>"]


def test_the_exercise_that_separates_tie_rules() -> None:
    X = np.array(
        [
            [3, 4, -1, 4, 3, -3, 3], [-3, -2, 2, 2, 4, 0, -3], [0, 2, -3, -1, -1, 0, 5], [-2, 0, -3, 0, 0, 0, 3],
            [0, 1, -1, 0, 0, -2, 3], [-2, -2, 1, -1, -2, 2, 5], [0, 3, 3, 1, 5, 0, 5],
        ], dtype=float,
    )  # fmt: skip
    delta = np.array([[4.0, -3, 4], [-3, -3, 3], [-3, 4, 4]])
    answers = [
        pool(X, 3, delta, stride=2, ties=ties).solve()["dA"].tolist() for ties in ("first", "last", "all", "split")
    ]
    assert all(answers[i] != answers[j] for i in range(4) for j in range(i))


def test_float32_stays_float32() -> None:
    A = integers((4, 4)).astype(np.float32)
    for mode in ("max", "average"):
        results = pool(A, 2, A[:2, :2], mode=mode).solve()
        assert {array.dtype for name, array in results.items() if name != "argmax"} == {np.dtype(np.float32)}
