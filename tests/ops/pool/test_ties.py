"""Which answers are right where cells tie: the rule of the exercise, or any share with `ties: any`."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

import pytest
from commands import cnngrad

from cnngrad import check
from cnngrad.ops.pool.ties import Capacities, largest_flow

TIES = {"op": "pool", "input": [[3, 1, 3], [3, 2, 0], [1, 3, 3]], "window": 2, "stride": 1, "delta": [[1, 2], [4, 8]]}
"""Windows: (3 1; 3 2) ties at (0,0) (1,0); (1 3; 2 0) does not; (3 2; 1 3) ties at (1,0) (2,1); (2 0; 3 3) at (2,1)
(2,2)."""


@pytest.mark.parametrize(
    ("rule", "dA"),
    [
        ("ties-all", [[1, 0, 2], [5, 0, 0], [0, 12, 8]]),
        ("ties-split", [["0.5", 0, 2], ["2.5", 0, 0], [0, 6, 4]]),
        ("ties-last", [[0, 0, 2], [1, 0, 0], [0, 4, 8]]),
    ],
)
def test_another_tie_rule_is_named_or_accepted(rule: str, dA: Any) -> None:
    judged = check(TIES, {"dA": dA}).answers["dA"]
    assert (judged.verdict, judged.mistakes[0].id) == ("wrong", rule)
    accepted = check({**TIES, "ties": "any"}, {"dA": dA}).verdict
    assert accepted == ("wrong" if rule == "ties-all" else "right")


@pytest.mark.parametrize(
    ("dA", "verdict"),
    [
        ([["0.25", 0, 2], ["3.75", 0, 0], [0, 7, 2]], "right"),  # 1: 1/4, 3/4; 4: 3/4, 1/4; 8: 3/4, 1/4
        ([[0, 0, 2], [5, 0, 0], [0, 0, 8]], "right"),
        ([[1, 0, 2], [5, 0, 0], [0, 0, 7]], "wrong"),  # the first window would give 1 + 1
        ([[1, 0, 2], [4, 0, 0], [0, 8, 0]], "right"),
        ([[1, 0, 1], [4, 1, 0], [0, 8, 0]], "wrong"),
    ],
)
def test_any_shares_of_tied_cells_are_right_with_ties_any(dA: Any, verdict: str) -> None:
    assert check({**TIES, "ties": "any"}, {"dA": dA}).verdict == verdict


def test_any_largest_cell_may_be_the_argmax() -> None:
    spec = {**TIES, "ties": "any"}
    assert check(spec, {"argmax": [[3, 2], [7, 8]]}).verdict == "right"
    assert check(spec, {"argmax": [[4, 2], [7, 8]]}).verdict == "wrong"
    assert cnngrad("run", "example:ties", "--ties", "any").code == 0


THREE: dict[str, Any] = {"op": "pool", "input": [1, 1, 1], "window": 3, "ties": "any", "delta": [1]}
"""One window, three tied cells."""


@pytest.mark.parametrize("numbers", ["float", "exact"])
@pytest.mark.parametrize(
    ("delta", "shares", "verdict"),
    [
        ("1", ["1/3", "1/3", "1/3"], "right"),
        ("1", ["0.3333", "0.3333", "0.3333"], "right"),
        ("1", ["0.33", "0.33", "0.33"], "right"),
        ("1", ["0.333333333333", "1/3", "1/3"], "right"),  # up to 1/3 + 2/3 * 10^-12 away
        ("1", ["0.3333", "1/3", "0.3"], "right"),  # 0.33335, 1/3 and 0.31665 to 0.3334 are all meant
        ("1", ["1/7", "2/7", "4/7"], "right"),
        ("1", ["0.5", "0.5", "0"], "right"),
        ("1", ["1", "0", "0"], "right"),
        ("1", ["3333/10000", "3333/10000", "3333/10000"], "wrong"),  # 0.9999 in all, and fractions promise everything
        ("1", ["0.35", "0.35", "0.35"], "wrong"),
        ("1", ["0.3333", "1/3", "0.32"], "wrong"),  # at most 0.33335 + 0.33334 + 0.325
        ("1", ["1", "1", "-1"], "wrong"),  # the sum is right, but a share is negative
        ("1", ["1", "1", "1"], "wrong"),
        ("0.7", ["7/30", "7/30", "7/30"], "right"),
        ("0.7", ["0.2333", "0.2333", "0.2333"], "right"),
        ("0.7", ["0.1", "0.2", "0.4"], "right"),
        ("0.7", ["1/3", "1/3", "1/3"], "wrong"),
        ("-3", ["-1", "-1", "-1"], "right"),
        ("-3", ["-4", "1", "0"], "wrong"),
        ("0", ["0", "0", "0"], "right"),
    ],
)
def test_three_tied_cells_share_as_they_like(delta: str, shares: list[str], verdict: str, numbers: str) -> None:
    judged = check({**THREE, "numbers": numbers, "delta": [delta]}, {"dA": shares}).answers["dA"]
    assert judged.verdict == verdict
    if verdict == "right" and shares[1:] != ["0", "0"] and delta != "0":
        assert judged.message == "right under one of the rules for ties"
    if delta == "1":
        assert check({**THREE, "numbers": numbers}, {"mask": shares}).verdict == verdict


@pytest.mark.parametrize(
    ("delta", "answer", "verdict"),
    [
        ("1", ["1", "1"], "unclear"),  # a half each, rounded; or the whole for both, which is a mistake
        ("1", ["0.5", "0.5"], "right"),
        ("1", ["1.0", "1.0"], "wrong"),
        ("0.25", ["0.13", "0.13"], "right"),  # 0.125 each
        ("0.25", ["0.13", "0.12"], "right"),
        ("0.25", ["0.14", "0.13"], "wrong"),
        ("100", ["33", "67"], "right"),
        ("100", ["33", "66"], "wrong"),
    ],
)
def test_two_tied_cells_to_the_decimals_written(delta: str, answer: list[str], verdict: str) -> None:
    spec = {"op": "pool", "input": [2, 2], "window": 2, "ties": "any", "delta": [delta]}
    assert check(spec, {"dA": answer}).verdict == verdict


@pytest.mark.parametrize(
    ("dA", "verdict"),
    [
        (["1/3", "1/3", "2/3", "2/3", "0"], "wrong"),  # 2 in all, not 1 + 2 + 4
        (["1/3", "1/3", "7/3", "0", "4"], "right"),  # 1 = 1/3 + 1/3 + 1/3, 2 at the third, 4 at the last
        (["1/3", "1/3", "4/3", "4/3", "11/3"], "right"),  # 1; then 2 = 1 + 1 + 0, and 4 = 0 + 1/3 + 11/3
        (["0", "0", "0", "0", "7"], "wrong"),  # the first window does not reach the last cell
        (["0", "0", "1", "0", "6"], "wrong"),  # and it has 4
        (["0", "0", "1", "2", "4"], "right"),
    ],
)
def test_windows_that_overlap_share_the_same_cells(dA: list[str], verdict: str) -> None:
    """Windows (0 1 2), (1 2 3), (2 3 4) of five equal cells, with 1, 2 and 4 to share; cell 4 is in the last alone."""
    spec = {"op": "pool", "input": [5] * 5, "window": 3, "stride": 1, "ties": "any", "delta": [1, 2, 4]}
    assert check(spec, {"dA": dA}).verdict == verdict


def test_an_argmax_under_any_rule_is_one_of_the_largest_cells() -> None:
    """Windows (pad 2), (pad pad), (1 pad) where nothing ties, and one window where all three do."""
    empty = {"op": "pool", "input": [1, 2], "window": 2, "dilation": 3, "padding": 2, "stride": 1, "ties": "any"}
    assert check(empty, {"argmax": [1, -1, 0]}).verdict == "right"
    assert check(empty, {"argmax": [1, None, 0]}).verdict == "right"
    assert check(empty, {"argmax": [1, 1, 0]}).verdict == "wrong"
    assert check(THREE, {"argmax": [2]}).verdict == "right"
    assert check(THREE, {"argmax": [3]}).verdict == "wrong"
    assert check(THREE, {"argmax": ["1.5"]}).verdict == "wrong"


def test_the_largest_flow_by_hand() -> None:
    """From 0 to 3: 3 over 1, 2 over 2, and 1 from 1 to 2; 2 to 3 holds 2."""
    ways = {0: {1: 3, 2: 2}, 1: {2: 1, 3: 2}, 2: {3: 2}}
    room: Capacities = defaultdict(lambda: defaultdict(Fraction))
    for start, ends in ways.items():
        for end, held in ends.items():
            room[start][end] = Fraction(held)
    assert largest_flow(room, 0, 3) == 4
