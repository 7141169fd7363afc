"""The checkers themselves: right gradients pass, a planted error does not."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from layers import conv, convolutions, exact, integers, pool

from cnngrad.calculus.gradcheck import gradcheck
from cnngrad.calculus.laws import law
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool

EXERCISE = conv(integers((4, 4), 1), integers((2, 2), 2), dZ=integers((3, 3), 3))


def gradients(exercise: LayerExercise[Conv] | LayerExercise[Pool]) -> dict[str, Array]:
    """The gradients of an exercise, by the name of what they belong to."""
    results = exercise.solve()
    return {name: results[f"d{name}"].copy() for name in exercise.given if f"d{name}" in results}


@settings(max_examples=20)
@given(convolutions())
def test_right_gradients_pass(exercise: LayerExercise[Conv]) -> None:
    found = gradcheck(exercise.loss, exercise.given, gradients(exercise))
    assert found.passed
    assert found.skipped == []
    assert found.cells == exercise.A.size + exercise.parameters["W"].size + exercise.parameters["b"].size


@pytest.mark.parametrize("name", ["A", "W", "b"])
def test_a_planted_error_fails_and_is_named(name: str) -> None:
    claimed = gradients(EXERCISE)
    index = (1,) * claimed[name].ndim
    claimed[name][index] += 0.001 * np.abs(claimed[name]).max()
    found = gradcheck(EXERCISE.loss, EXERCISE.given, claimed)
    assert not found.passed
    assert found.worst == (name, index)


def test_an_exact_check_finds_the_smallest_error() -> None:
    exercise = conv(exact(integers((3,), 1)), exact(integers((2,), 2)), exact(integers(())), exact(integers((2,), 3)))
    claimed = gradients(exercise)
    assert gradcheck(exercise.loss, exercise.given, claimed).passed
    claimed["W"][1] += Fraction(1, 10**30)
    found = gradcheck(exercise.loss, exercise.given, claimed)
    assert not found.passed
    assert found.worst == ("W", (1,))


def test_cells_at_a_tie_are_skipped_and_named() -> None:
    exercise = pool(np.array([[5.0, 5, 1, 4], [3, 2, 0, 2]]), 2)
    found = gradcheck(exercise.loss, exercise.given, gradients(exercise))
    assert found.skipped == [("A", (0, 0)), ("A", (0, 1))]
    assert found.passed
    assert found.cells == 8 - 2


def test_a_wrong_mask_fails() -> None:
    exercise = pool(np.array([[1.0, 2], [3, 4]]), 2)
    found = gradcheck(exercise.loss, exercise.given, {"A": np.array([[0.0, 0], [1, 0]])})
    assert not found.passed


def test_large_losses_do_not_count_rounding_as_error() -> None:
    exercise = conv(1e6 * integers((6, 6), 1), 1e6 * integers((3, 3), 2), dZ=1e3 * integers((4, 4), 3))
    assert gradcheck(exercise.loss, exercise.given, gradients(exercise)).passed


def test_a_law_compares_two_sums() -> None:
    assert law("x", np.array([1.0, 2]), np.array([3.0])).holds
    assert not law("x", np.array([1.0, 2]), np.array([3.0 + 1e-6])).holds
    assert law("x", np.array([0.1] * 10), np.array([1.0])).holds  # 0.1 ten times is not 1.0 in float64
    tenths = exact(np.zeros(10)) + Fraction(1, 10)
    assert law("x", tenths, exact(np.array([1.0]))).holds
    assert not law("x", tenths + Fraction(1, 10**30), exact(np.array([1.0]))).holds


@pytest.mark.parametrize("name", ["dA", "dW", "db"])
def test_a_planted_error_breaks_a_law(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = type(EXERCISE.layer).backward

    def wrong(self: object, *arrays: Array) -> tuple[Array, ...]:
        found = dict(zip(("dA", "dW", "db"), right(self, *arrays), strict=True))  # type: ignore[arg-type]
        found[name] = found[name] + 1
        return tuple(found.values())

    monkeypatch.setattr(type(EXERCISE.layer), "backward", wrong)
    assert not all(law.holds for law in EXERCISE.laws(EXERCISE.solve()))


def test_a_law_is_compared_where_the_absolute_values_add_up_beyond_float64() -> None:
    left = np.array([1e308, -1e308, 1e308])
    assert law("n", left, np.array([1e308])).holds
    assert not law("n", left, np.array([5e307])).holds


def test_a_law_of_numbers_with_few_digits_left_holds() -> None:
    assert law("n", np.array([5e-324, 5e-324]), np.array([1.5e-323])).holds  # 2 and 3 of the smallest numbers
