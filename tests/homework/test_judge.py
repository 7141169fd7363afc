"""check as students and teachers meet it: slips, carried errors, shapes, ties, hints, formats, hostile files."""

from __future__ import annotations

import json
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from commands import Outcome, cnngrad, process
from hypothesis import given
from hypothesis import strategies as st

from cnngrad import CnngradError, check
from cnngrad.ops.pool.ties import Capacities, largest_flow

SPEC = {
    "op": "conv",
    "input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    "kernel": [[1, 0], [2, -1]],
    "delta": [[1, 2], [3, 4]],
}
"""dW = [[37, 47], [67, 77]]: dW[0,0] = 1*1 + 2*2 + 3*4 + 4*5. dA = [[1, 2, 0], [5, 7, -2], [6, 5, -4]]."""


def slips(spec: Any, quantity: str, answer: Any) -> list[tuple[str, str]]:
    judged = check(spec, {quantity: answer}).answers[quantity]
    assert judged.verdict == "wrong"
    return [(slip.cell, slip.id) for slip in judged.slips]


# --- slips


@pytest.mark.parametrize(
    ("wrong", "id_"),
    [
        (37 - 12, "term-dropped"),  # without 3*4
        (37 + 12, "term-doubled"),
        (37 - 2 * 20, "term-sign"),  # 4*5 taken away
        (37 - 12 + 15, "neighbour"),  # 3*5 for 3*4
        (37 - 12 + 7, "product-as-sum"),  # 3 + 4 for 3*4
        (73, "digits-swapped"),
    ],
)
def test_one_planted_slip_of_each_kind_is_explained(wrong: int, id_: str) -> None:
    assert ("dW[0,0]", id_) in slips(SPEC, "dW", [[wrong, 47], [67, 77]])


@pytest.mark.parametrize(
    ("wrong", "taken", "for_", "term"),
    [
        (77 + 3, "A[2,1]", "A[1,1]", "dZ[0,0]*A[1,1]"),  # 1*8 for 1*5: the cell below
        (77 - 12, "A[1,2]", "A[2,2]", "dZ[1,1]*A[2,2]"),  # 4*6 for 4*9: above
        (77 + 1, "A[1,2]", "A[1,1]", "dZ[0,0]*A[1,1]"),  # 1*6: to the right
        (77 - 4, "A[2,1]", "A[2,2]", "dZ[1,1]*A[2,2]"),  # 4*8: to the left
        (77 + 10, "dZ[1,0]", "dZ[0,0]", "dZ[0,0]*A[1,1]"),  # 3*5 for 1*5: below
        (77 - 18, "dZ[0,1]", "dZ[1,1]", "dZ[1,1]*A[2,2]"),  # 2*9 for 4*9: above
        (77 + 5, "dZ[0,1]", "dZ[0,0]", "dZ[0,0]*A[1,1]"),  # 2*5: to the right
        (77 - 9, "dZ[1,0]", "dZ[1,1]", "dZ[1,1]*A[2,2]"),  # 3*9: to the left
    ],
)
def test_the_neighbour_on_each_side_is_named(wrong: int, taken: str, for_: str, term: str) -> None:
    """dW[1,1] = 1*5 + 2*6 + 3*8 + 4*9 = 77."""
    judged = check(SPEC, {"dW": [[37, 47], [67, wrong]]}).answers["dW"]
    says = f"in the term {term} {taken} was taken for {for_}"
    assert says in [slip.says for slip in judged.slips if slip.id == "neighbour"]


def test_a_misread_value_explains_all_cells() -> None:
    """dZ[1,0] read as -3: every weight loses twice 3 times its cell of A: 4, 5, 7, 8."""
    found = check(SPEC, {"dW": [[37 - 24, 47 - 30], [67 - 42, 77 - 48]]}).answers["dW"]
    assert [(slip.cell, slip.id, slip.says) for slip in found.slips] == [
        ("dZ[1,0]", "cell-misread", "dZ[1,0] was taken as -3 (with the other sign)")
    ]


def test_the_famous_answer_of_the_forum() -> None:
    answer = [["0.044606", "0.094061"], ["0.011262", "0.068288"]]
    (slip,) = check("example:forum-conv", {"dW": answer}).answers["dW"].slips
    assert (slip.cell, slip.id) == ("dZ[3,3]", "cell-misread")
    assert slip.says == "dZ[3,3] was taken as -0.0681 (with the other sign)"


SHOWN = 3
"""Slips that are named of one cell."""
PLANTED = {
    "term-dropped": "the term {} is missing",
    "term-doubled": "the term {} was added twice",
    "term-sign": "the term {} has the wrong sign",
}


@given(
    cell=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    kind=st.sampled_from(["term-dropped", "term-doubled", "term-sign"]),
    seed=st.integers(0, 999),
)
def test_planted_slips_in_random_exercises(cell: tuple[int, int], kind: str, seed: int) -> None:
    """The terms of a weight are dZ[i,j]*A[i+r,j+c], here multiplied out."""
    rng = np.random.default_rng(seed)
    A, dZ = rng.integers(1, 10, (4, 4)), rng.integers(1, 10, (3, 3))
    r, c = cell
    terms = {(i, j): int(dZ[i, j] * A[i + r, j + c]) for i in range(3) for j in range(3)}
    i, j = rng.integers(0, 3, 2).tolist()
    change = terms[i, j]
    dW = [[int((dZ * A[a : a + 3, b : b + 3]).sum()) for b in range(2)] for a in range(2)]
    dW[r][c] += {"term-dropped": -change, "term-doubled": change, "term-sign": -2 * change}[kind]
    spec = {"op": "conv", "input": A.tolist(), "kernel": [[1, 2], [3, 5]], "delta": dZ.tolist()}
    judged = check(spec, {"dW": dW}).answers["dW"]
    assert judged.explained
    slips = [slip for slip in judged.slips if slip.id != "cell-misread"]
    if not judged.mistakes and len(slips) < SHOWN:
        planted = f"dZ[{i},{j}]*A[{i + r},{j + c}]"
        assert (kind, PLANTED[kind].format(planted)) in [(slip.id, slip.says) for slip in slips]


def test_an_unexplained_answer_is_called_so_with_the_law_that_fails() -> None:
    judged = check(SPEC, {"dA": [[9, 9, 1], [1, 8, 8], [2, 2, 1]]}).answers["dA"]
    assert judged.law is not None
    assert (judged.verdict, judged.explained, judged.law.name) == ("wrong", False, "<A,dA> = <dZ,Z-b>")
    assert judged.tried.singles == 11
    assert judged.tried.pairs > 100


def test_pairs_are_found_when_no_single_mistake_fits() -> None:
    """dW from the turned delta, then divided by the four positions: (4 3; 2 1) gather A."""
    turned = [[4 + 6 + 8 + 5, 8 + 9 + 10 + 6], [16 + 15 + 14 + 8, 20 + 18 + 16 + 9]]
    judged = check(SPEC, {"dW": [[str(x / 4) for x in row] for row in turned]}).answers["dW"]
    pairs = [{one.id, other.id} for one, other in judged.pairs]
    assert {"delta-rotated", "positions-averaged"} in pairs
    assert not judged.mistakes


def test_coinciding_mistakes_are_all_named() -> None:
    """With one image the positions and all cells are the same count."""
    judged = check(SPEC, {"dW": [["9.25", "11.75"], ["16.75", "19.25"]]}).answers["dW"]
    assert [mistake.id for mistake in judged.mistakes] == ["positions-averaged", "all-averaged"]


def test_a_mistake_with_a_slip_in_it_is_the_nearest() -> None:
    judged = check(SPEC, {"dA": [[-1, 0, 4], [-3, 1, 10], [0, 3, 4]]}).answers["dA"]
    assert judged.nearest is not None
    assert (judged.nearest[0].id, judged.nearest[1]) == ("kernel-rotated-twice", 8)


# --- right so far, or right from what came before


def test_too_few_decimals_are_unclear() -> None:
    """dZ = 1.2 and 1.4: db is 2.6, the count of cells 2, the mean 1.3: 3 is right, and so is none of those;
    with dZ = 0.9 and 0.9 the sum is 1.8 and the count is 2."""
    spec = {"op": "conv", "input": [1, 2, 3], "kernel": [1, 2], "delta": ["0.9", "0.9"]}
    judged = check(spec, {"db": "2"}).answers["db"]
    assert (judged.verdict, judged.decimals) == ("unclear", 1)
    assert judged.message == "with so few decimals a known mistake has the same digits; give 1 decimals"
    assert check(spec, {"db": "1.8"}).verdict == "right"


NETWORK = {
    "op": "network",
    "input": [1, -2],
    "layers": [
        {"op": "dense", "weights": [[1, 2], [3, 1]]},
        {"op": "activation", "function": "relu"},
        {"op": "dense", "weights": [[2, -1]]},
    ],
    "loss": {"op": "mse", "target": [3]},
    "learning_rate": "0.1",
}


def test_an_error_is_carried_through_a_whole_network() -> None:
    """dense1.Z written as (1, 1) for (-3, 1): then relu (1, 1), dense2.Z 1, dZ -2, dense2.dW (-2, -2), W - 0.1 dW
    (2.2, -0.8); back (-4, 2), through relu whole, dense1.dW ((-4, 8), (2, -4))."""
    verdict = check(
        NETWORK,
        {
            "dense1.Z": [1, 1],
            "activation1.Z": [1, 1],
            "dense2.Z": [1],
            "loss": 2,
            "dense2.dW": [[-2, -2]],
            "dense2.W": [["2.2", "-0.8"]],
            "dense1.dW": [[-4, 8], [2, -4]],
        },
    )
    verdicts = {name: judged.verdict for name, judged in verdict.answers.items()}
    assert verdicts.pop("dense1.Z") == "wrong"
    assert set(verdicts.values()) == {"carried"}
    assert "dense1.Z" in verdict.answers["dense1.dW"].given


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (  # relu(-3, 1) = (0, 1) written as (0, 2): dense2.Z = -2, dZ = -2 - 3, dW = -5*(0, 2)
            {"dense1.Z": [-3, 1], "activation1.Z": [0, 2], "dense2.Z": [-2], "dense2.dW": [[0, -10]]},
            {
                "dense1.Z": ("right", (), ""),
                "activation1.Z": ("wrong", (), ""),
                "dense2.Z": ("carried", ("activation1.Z",), "follows rightly from your own activation1.Z"),
                "dense2.dW": (
                    "carried",
                    ("activation1.Z", "dense2.Z"),
                    "follows rightly from your own activation1.Z and dense2.Z",
                ),
            },
        ),
        (  # dense2.Z computed from the right numbers: dZ = -4 meets the student's (0, 2)
            {"activation1.Z": [0, 2], "dense2.Z": [-1], "dense2.dW": [[0, -8]]},
            {
                "activation1.Z": ("wrong", (), ""),
                "dense2.Z": ("right", (), ""),
                "dense2.dW": ("carried", ("activation1.Z",), "follows rightly from your own activation1.Z"),
            },
        ),
        (  # right from the right numbers, whatever was wrong before
            {"activation1.Z": [0, 2], "dense2.Z": [-1], "dense2.dW": [[0, -4]]},
            {
                "activation1.Z": ("wrong", (), ""),
                "dense2.Z": ("right", (), ""),
                "dense2.dW": ("right", (), ""),
            },
        ),
        (  # right answers before a wrong one carry nothing
            {"dense1.Z": [-3, 1], "activation1.Z": [0, 1], "dense2.Z": [-1], "dense2.dW": [[0, -3]]},
            {
                "dense1.Z": ("right", (), ""),
                "activation1.Z": ("right", (), ""),
                "dense2.Z": ("right", (), ""),
                "dense2.dW": ("wrong", (), ""),
            },
        ),
        (  # of two wrong answers the one that matters: the loss leads nowhere, dense2.Z = -2 gives dZ = -5
            {"loss": 5, "dense2.Z": [-2], "dense2.db": [-5], "dense1.dW": [[0, 0], [5, -10]]},
            {
                "loss": ("wrong", (), ""),
                "dense2.Z": ("wrong", (), ""),
                "dense2.db": ("carried", ("dense2.Z",), "follows rightly from your own dense2.Z"),
                "dense1.dW": ("carried", ("dense2.Z",), "follows rightly from your own dense2.Z"),
            },
        ),
        (  # a blank cell is no number to go on with
            {"activation1.Z": [None, 2], "dense2.Z": [-2]},
            {"activation1.Z": ("wrong", (), ""), "dense2.Z": ("wrong", (), "")},
        ),
    ],
)
def test_only_wrong_answers_that_matter_are_carried(answers: dict[str, Any], expected: dict[str, Any]) -> None:
    found = check(NETWORK, answers).answers
    assert {name: (judged.verdict, judged.given, judged.message) for name, judged in found.items()} == expected


THIRDS = {"op": "graph", "values": {"x": 1, "y": 3}}
"""x/y is 1/3, which 0.33 writes rightly."""


def test_a_right_answer_that_was_rounded_is_no_error_to_carry() -> None:
    """50/3 = 16.67, and 50*0.33 = 16.5: not carried from a wrong answer, but rounded too early."""
    found = check(THIRDS | {"expression": {"q": "x/y", "f": "50*q"}}, {"q": "0.33", "f": "16.5"}).answers
    assert [(each.verdict, each.given, each.message) for each in found.values()] == [
        ("right", (), ""),
        ("rounded", (), "the method is right, but a number was rounded too early"),
    ]


def test_a_wrong_answer_is_carried_beside_a_rounded_one() -> None:
    """p = 4 written as 5: 100/3 + 5 = 38.33 from the wrong answer alone, and 100*0.33 + 5 = 38.00 from both."""
    spec = THIRDS | {"expression": {"q": "x/y", "p": "x + y", "f": "100*q + p"}}
    for written, own in (("38.33", ("p",)), ("38.00", ("q", "p"))):
        found = check(spec, {"q": "0.33", "p": 5, "f": written}).answers
        assert [each.verdict for each in found.values()] == ["right", "wrong", "carried"]
        assert found["f"].given == own


def test_a_second_error_is_named_on_the_way_that_the_first_leaves() -> None:
    """From dense1.Z = (1, 1) as above dense1.dW is ((-4, 8), (2, -4)); with half of the loss half of that."""
    verdict = check(NETWORK, {"dense1.Z": [1, 1], "dense1.dW": [[-2, 4], [1, -2]]})
    judged = verdict.answers["dense1.dW"]
    assert "loss-halved" in [mistake.id for mistake in judged.mistakes]
    assert judged.given == ("dense1.Z",)
    assert judged.message == "computed from your own dense1.Z"


@pytest.mark.parametrize(
    ("spec", "first", "then"),
    [
        ("example:lecture-graph", {"q": 4}, {"dz": 4}),  # q = x + y written as 4 for 3: dz = q
        ("example:lecture-graph", {"dq": 4}, {"dx": 4}),
        (
            {"op": "activation", "function": "sigmoid", "input": [0], "delta": [1]},
            {"Z": ["0.6"]},
            {"dA": ["0.24"]},  # 0.6 * 0.4
        ),
        (
            {"op": "pool", "input": [[1, 2], [3, 4]], "window": 2, "delta": [[5]]},
            {"argmax": [[2]]},
            {"dA": [[0, 0], [5, 0]]},
        ),
        (
            {"op": "pool", "input": [[1, 2], [3, 4]], "window": 2, "delta": [[5]]},
            {"mask": [[0, 1], [0, 1]]},
            {"dA": [[0, 5], [0, 5]]},
        ),
        (
            {
                "op": "rnn",
                "inputs": [1, 1],
                "weights": {"input": 1, "recurrent": 1},
                "activation": "identity",
                "delta": 1,
            },
            {"h": [3, 2]},
            {"dW_recurrent": 3},  # the last step's term is h_0 = 3, the first step's is h0 = 0
        ),
    ],
)
def test_carried_in_every_op(spec: Any, first: dict[str, Any], then: dict[str, Any]) -> None:
    verdict = check(spec, {**first, **then})
    assert [judged.verdict for judged in verdict.answers.values()] == ["wrong", "carried"]
    assert check(spec, then).verdict == "wrong"


# --- shapes


@pytest.mark.parametrize(
    ("spec", "answer", "message"),
    [
        (
            {"op": "dense", "input": [1, 2], "weights": [[1, 0], [0, 1], [1, 1]], "delta": [1, 2, 3]},
            {"dW": [[1, 2, 3], [2, 4, 6]]},
            "has shape 2x3, but dW has shape 3x2: it is transposed, and the numbers are right",
        ),
        (SPEC, {"dW": [37, 47, 67, 77]}, "has shape 4, but dW has shape 2x2: the numbers are right, in another shape"),
        (SPEC, {"dW": [[1, 2, 3]]}, "has shape 1x3, but dW has shape 2x2"),
        (
            {**SPEC, "padding": 1, "delta": [[1, 0, 2, 1], [0, 1, 3, 2], [1, 1, 0, 1], [2, 0, 1, 1]]},
            {"dA": np.zeros((5, 5)).tolist()},
            "has shape 5x5, but dA has shape 3x3",
        ),
    ],
)
def test_wrong_shapes_are_named(spec: Any, answer: dict[str, Any], message: str) -> None:
    (judged,) = check(spec, answer).answers.values()
    assert (judged.verdict, judged.message) == ("refused", message)


def test_the_unpadded_input_is_named_by_its_shape() -> None:
    """Padding 1, window 3 over 4: without the padding one place of the kernel is left, the sum of dZ*A over 4x4."""
    A, dZ = np.arange(16).reshape(4, 4), np.arange(1, 17).reshape(4, 4)
    spec = {"op": "conv", "input": A, "kernel": np.eye(3, dtype=int), "padding": 1, "delta": dZ}
    judged = check(spec, {"dW": [[int((A * dZ).sum())]]}).answers["dW"]
    assert judged.verdict == "refused"
    assert judged.message == (
        "is one number, but dW has shape 3x3: the windows were read from the input without its padding"
        if judged.answer is not None and judged.answer.shape == ()
        else "has shape 1x1, but dW has shape 3x3: the windows were read from the input without its padding"
    )
    assert [mistake.id for mistake in judged.mistakes] == ["unpadded-input"]


# --- ties and kinks

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


# --- kinds of numbers, blank cells, nested names


def test_formulas_are_compared_as_formulas() -> None:
    spec = {"op": "conv", "numbers": "symbolic", "input": ["a", "b", "c"], "kernel": ["u", "v"], "delta": ["p", "q"]}
    assert check(spec, {"dW": ["q*b + a*p", "p*b + q*c"], "dA": ["p*u", "p*v + q*u", "q*v"]}).verdict == "right"
    judged = check(spec, {"dW": ["p*b + q*c", "p*a + q*b"]}).answers["dW"]
    assert "result-rotated" in [mistake.id for mistake in judged.mistakes]


def test_fractions_are_exact() -> None:
    spec = {"op": "pool", "mode": "average", "window": 3, "input": [1, 2, 4], "numbers": "exact"}
    assert check(spec, {"Z": ["7/3"]}).verdict == "right"
    assert check(spec, {"Z": ["2.333"]}).verdict == "right"
    assert check(spec, {"Z": ["233/100"]}).verdict == "wrong"


def test_open_cells_are_counted_not_judged() -> None:
    judged = check(SPEC, {"dW": [[37, None], ["_", 77]]}).answers["dW"]
    assert (judged.verdict, judged.cells_right, judged.cells) == ("wrong", 2, 4)
    assert judged.message == "2 cells are missing; what is there is right"
    assert check(SPEC, {"db": None}).answers["db"].message == "nothing is filled in"


def test_names_may_be_nested() -> None:
    verdict = check(NETWORK, {"dense1": {"dW": [[0, 0], [4, -8]]}, "updates": {"dense2.W": [[2, "-0.6"]]}})
    assert verdict.verdict == "right"
    assert check("example:lecture-graph", {"gradients": {"x": -4, "z": 3}}).verdict == "right"


# --- the command line


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("hw.yaml").write_text(json.dumps(SPEC))
    return tmp_path


def submit(text: str, *options: str) -> Outcome:
    Path("a.yaml").write_text(text)
    return cnngrad("check", "hw.yaml", "a.yaml", *options)


@pytest.mark.usefixtures("files")
def test_exit_codes() -> None:
    assert submit("dW: [[37, 47], [67, 77]]").code == 0
    assert submit("dW: [[37, 47], [67, 78]]").code == 1
    assert submit("dW: 3").code == 1
    assert submit("dX: 3").code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dw: 3", "error: a.yaml:1:1: dw: is no quantity of this exercise; did you mean 'dW'?"),
        ("{}", "error: a.yaml:1:1: holds no answers; give some, as in dW: [[1, 2], [3, 4]]"),
        ("[1]", "error: a.yaml:1:1: holds a list alone; write a mapping, one 'key: value' per line"),
        ("dW: 1\ndW: 2", "error: a.yaml:2:1: dW: is given twice, first in line 1; keep one"),
        (
            '"\\e[31mdb": 1',
            "error: a.yaml:1:1: \\x1b[31mdb: is no quantity of this exercise; it has Z, dA, dW, db",
        ),
    ],
)
@pytest.mark.usefixtures("files")
def test_messages(text: str, message: str) -> None:
    done = submit(text)
    assert (done.code, done.out, done.err) == (2, "", f"{message}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("db: x", "a.yaml:1:5: db: 'x' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
        ("db: .nan", "a.yaml:1:5: db: '.nan' is not a number; gradients need finite values"),
        ("db: 1e999999999", "a.yaml:1:5: db: '1e999999999' is beyond float64, which holds 5e-324 to 1.8e308; scale"),
        ("dW: [[1, 2], [3]]", "a.yaml:1:14: dW[1]: has 1 cell but dW[0] has 2; give every row the same length"),
        (
            "dW: {file: ../x.npy}",
            "a.yaml:1:12: dW: file '../x.npy' leads out of the spec's folder; put the file inside",
        ),
        ('db: "\\e[31m"', "a.yaml:1:5: db: '\\x1b[31m' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ],
)
@pytest.mark.usefixtures("files")
def test_what_is_no_number_is_refused_and_the_others_are_judged(text: str, message: str) -> None:
    done = submit(f"{text}\nZ: [[4, 6], [10, 12]]", "--format", "json")
    record = json.loads(done.out)
    assert done.code == 1
    assert record["verdict"] == "refused"
    (refused,) = (answer for answer in record["answers"].values() if answer["verdict"] == "refused")
    assert refused["message"].startswith(message)
    assert record["answers"]["Z"]["verdict"] == "right"


def test_an_absent_answer_is_an_error() -> None:
    done = cnngrad("check", "example:forum-conv")
    says = "write answers: {dW: [[...]]} into the spec, or name a file of answers behind it"
    assert (done.code, done.err) == (2, f"error: example:forum-conv:4:1: answers: is missing; {says}\n")
    both = cnngrad("check", "-", "-")
    assert both.err == "error: '-' stands for the spec and the answers; standard input can be one of them\n"


@pytest.mark.usefixtures("files")
def test_answers_may_stand_in_the_spec_and_come_by_standard_input() -> None:
    Path("own.yaml").write_text(json.dumps({**SPEC, "answers": {"db": 10}}))
    assert cnngrad("check", "own.yaml").code == 0
    assert process("check", "hw.yaml", "-", stdin="db: 10").code == 0


WRONG = "dA: [[-1, 0, 4], [-3, 3, 10], [0, 3, 4]]\ndW: [[37, 47], [67, 77]]\n"


@pytest.mark.usefixtures("files")
def test_the_ladder_of_hints_tells_more_on_every_rung() -> None:
    pages = {hint: submit(WRONG, "--hint", hint).out for hint in ("law", "quantity", "cell", "mistake", "full")}
    assert "a law fails: <A,dA> = <dZ,Z-b>" in pages["law"]
    assert "dA wrong" not in pages["law"]
    assert "dA wrong" in pages["quantity"]
    assert "✗" not in pages["quantity"]
    assert "✗" in pages["cell"]
    assert "kernel-rotated-twice" not in pages["cell"]
    assert "kernel-rotated-twice" in pages["mistake"]
    assert "expected" not in pages["mistake"]
    assert "dA expected" in pages["full"]
    assert submit(WRONG, "--show-answers").out == pages["full"]
    assert submit(WRONG).out == pages["mistake"]


@pytest.mark.usefixtures("files")
def test_no_rung_below_full_gives_the_numbers_away() -> None:
    """The right dA has 7 and -2 and 5 in places where the answer has nothing like them."""
    for hint in ("law", "quantity", "cell", "mistake"):
        for form in ("json", "table", "gradescope", "junit", "text", "yaml"):
            text = submit("dA: [[11, 11, 11], [11, 11, 11], [11, 11, 11]]", "--hint", hint, "--format", form).out
            assert "-2" not in text, (hint, form)
            assert "expected" not in text, (hint, form)


@pytest.mark.usefixtures("files")
def test_the_json_object() -> None:
    record = json.loads(submit(WRONG, "--format", "json").out)
    assert (record["format"], record["op"], record["verdict"]) == (1, "conv", "wrong")
    dA = record["answers"]["dA"]
    assert (dA["verdict"], dA["cells_right"], dA["cells"], dA["slips"]) == ("wrong", 0, 9, [])
    (mistake,) = dA["mistakes"]
    assert mistake["id"] == "kernel-rotated-twice"
    assert set(mistake) == {"id", "says", "ask"}
    assert record["answers"]["dW"]["verdict"] == "right"
    full = json.loads(submit(WRONG, "--format", "json", "--show-answers").out)
    assert full["answers"]["dA"]["expected"] == [[1, 2, 0], [5, 7, -2], [6, 5, -4]]


@pytest.mark.usefixtures("files")
def test_gradescope() -> None:
    record = json.loads(submit(WRONG, "--format", "gradescope").out)
    assert (record["score"], record["max_score"]) == (1, 2)
    dA, dW = record["tests"]
    assert (dA["name"], dA["score"], dA["max_score"], dA["status"]) == ("dA", 0, 1, "failed")
    assert "kernel-rotated-twice" in dA["output"]
    assert (dW["status"], dW["score"]) == ("passed", 1)


@pytest.mark.usefixtures("files")
def test_junit() -> None:
    root = ElementTree.fromstring(submit(WRONG, "--format", "junit").out)
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    dA, dW = suite
    assert (dA.get("name"), dW.get("name"), len(dW)) == ("dA", "dW", 0)
    failure = dA.find("failure")
    assert failure is not None
    assert failure.get("type") == "wrong"
    assert "kernel-rotated-twice" in (failure.text or "")


def test_formats_of_other_commands_do_not_offer_score_sheets() -> None:
    done = cnngrad("run", "example:forum-conv", "--format", "junit")
    assert done.code == 2
    assert "'junit' is not one of" in done.err


def test_the_library_prints_and_raises() -> None:
    verdict = check(SPEC, {"dW": [["37", "47"], ["67", "77"]]})
    assert verdict.passed
    assert str(verdict) == "Check\n\n1 answer: 1 right\n\ndW right, 4 of 4 cells right\n"
    assert verdict.to_dict()["answers"]["dW"]["cells_right"] == 4
    with pytest.raises(CnngradError, match="<answers>: dX: is no quantity"):
        check(SPEC, {"dX": 1})


def test_the_work_of_a_check_grows_with_the_pairs_of_mistakes_and_no_faster() -> None:
    """Where nothing explains an answer every mistake is computed, and every two of them in either order."""
    verdict = check(SPEC, {"dA": [[9, 9, 1], [1, 8, 8], [2, 2, 1]], "dW": [[1, 2], [3, 5]], "db": 77})
    for judged in verdict.answers.values():
        assert not judged.explained
        assert 3 < judged.tried.singles < judged.tried.pairs < 2 * judged.tried.singles**2


@pytest.mark.parametrize("numbers", ["float", "exact"])
def test_without_a_step_no_step_is_wrong(numbers: str) -> None:
    """With learning_rate 0 the new weights are the old ones, however the step is made."""
    spec = {**NETWORK, "numbers": numbers, "learning_rate": "0"}
    verdict = check(spec, {"dense2.W": [[2, -1]], "dense1.W": [[1, 2], [3, 2]]})
    assert verdict.answers["dense2.W"].verdict == "right"
    judged = verdict.answers["dense1.W"]
    assert (judged.verdict, [mistake.id for mistake in judged.mistakes]) == ("wrong", [])


# --- answers of any size

SIZES = ("1e300", "-1e308", "0", "5", "1e-300", "-0.0", "7/3")
TOGETHER = list(zip(SIZES, SIZES[1:] + SIZES[:1], strict=True))
"""Each size once in either place; the other 42 pairs are slow."""
ALL_TOGETHER = [pytest.param(v, w, marks=pytest.mark.slow) for v in SIZES for w in SIZES if (v, w) not in TOGETHER]
DEEP = {
    "op": "network",
    "input": [1, -2],
    "layers": [
        {"op": "dense", "weights": [[1, 2], [3, 1]]},
        {"op": "activation", "function": "sigmoid"},
        {"op": "dense", "weights": [[2, -1]]},
        {"op": "activation", "function": "sigmoid"},
    ],
    "loss": {"op": "binary_cross_entropy", "target": [1]},
    "learning_rate": "0.1",
}
POOL = {"op": "pool", "input": [[1, 2], [3, 4]], "window": 2, "padding": 1, "stride": 3, "delta": [[1]]}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("v", "w"), [*TOGETHER, *ALL_TOGETHER])
def test_no_number_trips_the_judge(v: str, w: str) -> None:
    """The student's numbers are pinned on the tape: a sigmoid of 1e300, a logarithm of 5 - 1 ... must not stop it."""
    check(
        DEEP,
        {
            "dense1.Z": [v, w], "activation1.Z": [w, v], "dense2.Z": [v], "activation2.Z": [w], "loss": v,
            "dense2.dW": [[v, w]], "dense2.W": [[w, v]], "dense1.dW": [[v, v], [w, w]], "dA": [w, v],
        },
    )  # fmt: skip
    for ties in ("first", "any"):
        answers = {"Z": [[v]], "dA": [[v, w], [0, v]], "mask": [[v, 1], [w, v]], "argmax": [[v]]}
        check({**POOL, "ties": ties}, answers)
    check("example:lecture-neuron", {"dw0": v, "w0": 2, "dt1": w, "t1": v, "t3": w, "t7": v})


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        ("exp(a)/(exp(a) + exp(b))", "right"),
        ("1/(1 + exp(b)/exp(a))", "right"),
        ("1 - exp(b)/(exp(b) + exp(a))", "right"),
        ("exp(a)/(exp(a) - exp(b))", "wrong"),
        ("log(-1 - a**2)", "wrong"),  # it has no value anywhere
    ],
)
def test_a_formula_in_another_form_is_the_same_number(formula: str, verdict: str) -> None:
    spec = {"op": "activation", "function": "softmax", "numbers": "symbolic", "input": ["a", "b"]}
    assert check(spec, {"Z": [formula, "exp(b)/(exp(a) + exp(b))"]}).answers["Z"].verdict == verdict
