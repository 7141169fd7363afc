"""Slips: one term, one neighbour, one misread value, each planted and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exercises import SPEC
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngrad import check


def slips(spec: Any, quantity: str, answer: Any) -> list[tuple[str, str]]:
    judged = check(spec, {quantity: answer}).answers[quantity]
    assert judged.verdict == "wrong"
    return [(slip.cell, slip.id) for slip in judged.slips]


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
    ("wrong", "id_", "says"),
    [
        ([[38, 47], [67, 77]], "addition-slip", "the ones are 1 too large"),
        ([[37, 47], [57, 77]], "addition-slip", "the tens are 1 too small"),
        ([[37, 147], [67, 77]], "addition-slip", "the hundreds are 1 too large"),
        ([["36.9", 47], [67, 77]], "addition-slip", "the first decimal is 1 too small"),
        ([[37, "4.7"], [67, 77]], "decimal-point", "the decimal point is 1 place too far to the left"),
        ([[37, 4700], [67, 77]], "decimal-point", "the decimal point is 2 places too far to the right"),
        ([[37, -47], [67, 77]], "sign-flipped", "the sign is turned"),
        ([[-37, 47], [67, -77]], "sign-flipped", "the sign is turned"),
        ([[37, 77], [67, 47]], "values-exchanged", "this cell and dW[1,1] hold each other's value"),
    ],
)
def test_slips_of_the_digits_come_first(wrong: Any, id_: str, says: str) -> None:
    """38 is also 37 with its term 1*1 added twice, which is less likely than an addition."""
    judged = check(SPEC, {"dW": wrong}).answers["dW"]
    assert (judged.slips[0].id, judged.slips[0].says, judged.pairs) == (id_, says, ())
    assert {slip.cell for slip in judged.slips} == {f"dW[{i},{j}]" for i, j in judged.wrong}


def test_an_addition_in_one_of_two_small_numbers() -> None:
    """db = (10, 8) written as (11, 8): what is tried first needs the fewest digits to be believed."""
    delta = [[[1, 2], [3, 4]], [[2, 1], [0, 5]]]
    spec = {**SPEC, "layout": "CHW", "input": [SPEC["input"]], "kernel": [[SPEC["kernel"]]] * 2, "delta": delta}
    (slip, *_) = check(spec, {"db": [11, 8]}).answers["db"].slips
    assert (slip.cell, slip.id) == ("db[0]", "addition-slip")


@pytest.mark.parametrize(
    ("spec", "answer"),
    [
        (SPEC, {"dW": [[12, 21], [87, 5]]}),  # every cell is wrong: more than a few
        (SPEC, {"db": 14}),  # the term 4 added twice, or the tens wrong, or ...: two digits fit too much
        (SPEC, {"dW": [[-37, -47], [-67, -77]]}),  # the sign is turned: a mistake explains all
        (SPEC, {"dW": [[37, 47], [67, 911]]}),
        ({"op": "conv", "input": [1, 0, 1], "kernel": [1, 1], "delta": [1, 1]}, {"dW": [2, 2]}),  # not 1, 1
    ],
)
def test_nothing_is_invented(spec: Any, answer: dict[str, Any]) -> None:
    """A slip is named of few cells, never beside a mistake, and not where the digits would fit anything."""
    (judged,) = check(spec, answer).answers.values()
    assert judged.verdict == "wrong"
    assert judged.slips == ()


def test_a_value_is_misread_as_one_that_could_be_there() -> None:
    """dZ[0,0] = 1 taken as 6 adds 5*(1, 2, 4, 5); taken as 1.25 a quarter of that: no number here has decimals."""
    found = check(SPEC, {"dW": [[42, 57], [87, 102]]}).answers["dW"]
    assert [(slip.cell, slip.says) for slip in found.slips] == [("dZ[0,0]", "dZ[0,0] was taken as 6")]
    assert not check(SPEC, {"dW": [["37.25", "47.5"], ["68", "78.25"]]}).answers["dW"].slips


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


@settings(max_examples=15)
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
