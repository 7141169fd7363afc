"""Right from what came before: answers that follow from the student's own wrong ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from commands import some
from exercises import NETWORK

from cnngrad import check, run


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
    """50/3 = 16.67; q is from 0.325 to 0.335 by what was written, so f from 16.25 to 16.75, and 0.05 on either side."""
    spec = THIRDS | {"expression": {"q": "x/y", "f": "50*q"}}
    for written, verdict in (
        ("16.5", "right"),
        ("16.2", "right"),
        ("16.8", "right"),
        ("16.1", "wrong"),
        ("17.0", "wrong"),
    ):
        found = check(spec, {"q": "0.33", "f": written}).answers
        assert [(each.verdict, each.given, each.mistakes, each.slips) for each in found.values()] == [
            ("right", (), (), ()),
            (verdict, (), (), ()),
        ], written
    assert check(spec, {"f": "16.5"}).answers["f"].verdict == "rounded"


@pytest.mark.parametrize(
    ("spec", "answers", "verdicts"),
    [
        (  # a third read as 0.36: 100*0.36 = 36, and half a unit of it is 0.5
            THIRDS | {"expression": {"q": "x/y", "f": "100*q"}},
            {"q": "0.36", "f": "36.4"},
            ["wrong", "carried"],
        ),
        (
            THIRDS | {"expression": {"q": "x/y", "f": "100*q"}},
            {"q": "0.36", "f": "36.6"},
            ["wrong", "wrong"],
        ),
        (  # a whole number was not rounded: 3 + 4 = 7, not 6.6
            {"op": "graph", "expression": {"q": "x + y", "f": "2*q"}, "values": {"x": 1, "y": 2}},
            {"q": "3", "f": "6.6"},
            ["right", "wrong"],
        ),
        (  # relu of 0.004 - 0.001, written as 0.00: its side is open, so dx is 0 or 5, and nothing between
            {"op": "graph", "expression": {"q": "x - y", "f": "5*relu(q)"}, "values": {"x": "0.004", "y": "0.001"}},
            {"q": "0.00", "dx": "0"},
            ["right", "right"],
        ),
        (
            {"op": "graph", "expression": {"q": "x - y", "f": "5*relu(q)"}, "values": {"x": "0.004", "y": "0.001"}},
            {"q": "0.00", "dx": "2.5"},
            ["right", "wrong"],
        ),
        (  # sigmoid(1) = 0.7311 as 0.73: the slope 0.1966 is 0.1971 from it
            {"op": "activation", "function": "sigmoid", "input": [1], "delta": [1]},
            {"Z": ["0.73"], "dA": ["0.1971"]},
            ["right", "right"],
        ),
    ],
)
def test_earlier_answers_are_free_within_half_a_unit(spec: Any, answers: dict[str, Any], verdicts: list[str]) -> None:
    assert [each.verdict for each in check(spec, answers).answers.values()] == verdicts


SIZES = ("1e300", "-1e308", "0", "5", "1e-300", "-0.0", "7/3")


TOGETHER = [*zip(SIZES[::2], SIZES[1::2] + SIZES[:1], strict=True)]
"""Each size in one place or the other; the other 45 pairs are slow."""


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


def test_four_decimals_of_a_network_computed_in_full_are_right() -> None:
    """Every quantity computed without rounding and written with four decimals: no mistake, no slip, nothing carried."""
    full = run(DEEP).quantities
    answers = {name: np.round(array, 4).astype(str).tolist() for name, array in full.items()}
    found = check(DEEP, answers).answers
    assert {name: each.verdict for name, each in found.items() if each.verdict not in ("right", "unclear")} == {}
    assert not any(each.mistakes or each.slips or each.pairs for each in found.values())


def test_one_wrong_number_in_front_of_four_decimals() -> None:
    """The first sum is -3.3333... for -3, everything after it computed in full from there, in plain numpy, and written
    with four decimals: only the first is wrong, what follows is carried."""
    z1 = np.array([-10 / 3, 1.0])
    a1 = 1 / (1 + np.exp(-z1))
    z2 = 2 * a1[0] - a1[1]
    p = 1 / (1 + np.exp(-z2))
    dz2 = p - 1
    da1 = dz2 * np.array([2, -1])
    dz1 = da1 * a1 * (1 - a1)
    full = {
        "dense1.Z": z1, "activation1.Z": a1, "dense2.Z": [z2], "activation2.Z": [p], "loss": -np.log(p),
        "dense2.dW": [dz2 * a1], "activation1.dA": dz1, "dense1.dW": np.outer(dz1, [1, -2]),
    }  # fmt: skip
    found = check(DEEP, {name: np.round(array, 4).astype(str).tolist() for name, array in full.items()}).answers
    verdicts = {name: each.verdict for name, each in found.items()}
    assert verdicts.pop("dense1.Z") == "wrong"
    assert set(verdicts.values()) == {"carried"}, verdicts


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


POOL = {"op": "pool", "input": [[1, 2], [3, 4]], "window": 2, "padding": 1, "stride": 3, "delta": [[1]]}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("v", "w"), [*some((pytest.param(*each) for each in TOGETHER), 6), *ALL_TOGETHER])
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
