"""Medians, ratios and exponents, on numbers whose answers are known."""

from __future__ import annotations

import pytest

from benchmarks.figures import Spread, exponent, geometric_mean, quantile, ratio, spread


def test_the_quartiles_lie_between_the_values() -> None:
    assert spread([5, 1, 4, 2, 3]) == Spread(3, 2, 4)
    assert spread([1, 2]) == Spread(1.5, 1.25, 1.75)
    assert spread([7]) == Spread(7, 7, 7)
    assert quantile([10, 20, 40], 0.75) == 30  # half the way from 20 to 40


def test_a_ratio_is_taken_round_by_round() -> None:
    """The third round was disturbed, for both: 60/30 is 2 as before, where the means would give 64/33."""
    assert ratio([2, 2, 60], [1, 2, 30]).middle == 2


def test_rounds_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio([1, 2], [1])


def test_the_geometric_mean_of_a_half_and_two_is_one() -> None:
    assert geometric_mean([0.5, 2]) == pytest.approx(1)
    assert geometric_mean([1, 10, 100]) == pytest.approx(10)


@pytest.mark.parametrize("power", [0.5, 1, 1.1, 2])
def test_the_exponent_of_planted_growth(power: float) -> None:
    work = [1000 * 2.0**doubling for doubling in range(5)]
    assert exponent(work, [3e-6 * each**power for each in work]) == pytest.approx(power)


def test_a_constant_cost_hides_growth() -> None:
    """1, 2, 4, 8, 16 with 1000 on top of each."""
    assert 0 < exponent([1, 2, 4, 8, 16], [1001, 1002, 1004, 1008, 1016]) < 0.01


def test_one_size_has_no_exponent() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        exponent([8, 8], [1, 2])
