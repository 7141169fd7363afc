"""A whole answer times a number that does not belong there."""

from __future__ import annotations

from typing import Any

import pytest
from exercises import NETWORK, SPEC

from cnngrad import check


@pytest.mark.parametrize(
    ("spec", "answer", "says"),
    [
        (SPEC, {"dW": [[111, 141], [201, 231]]}, "the whole answer is multiplied by 3"),
        (SPEC, {"dW": [["18.5", "23.5"], ["33.5", "38.5"]]}, "the whole answer is divided by 2"),
        (SPEC, {"dW": [[148, 188], [268, 308]]}, "the whole answer is multiplied by 4"),
        (NETWORK, {"dense1.dW": [[0, 0], ["0.4", "-0.8"]]}, "the whole answer is multiplied by 0.1, the learning rate"),
        (NETWORK, {"dense2.W": [["2", "0.2"]]}, "the step is multiplied by 3"),  # -1 + 3*0.1*4
        (
            {"op": "dense", "input": [[1], [2], [4], [5], [6]], "weights": [[3]], "delta": [[7], [8], [9], [1], [2]]},
            {"dA": [[105], [120], [135], [15], [30]]},
            "the whole answer is multiplied by 5, the number of examples",
        ),
    ],
)
def test_the_factor_is_said(spec: Any, answer: dict[str, Any], says: str) -> None:
    (judged,) = check(spec, answer).answers.values()
    assert [(mistake.id, mistake.says) for mistake in judged.mistakes] == [("constant-factor", says)]


@pytest.mark.parametrize(
    ("spec", "answer"),
    [
        (NETWORK, {"dense1.dW": [[0, 0], [8, -16]]}),  # a gradient that was not reset
        ({**SPEC, "numbers": "exact"}, {"dW": [[-37, -47], [-67, -77]]}),
        (SPEC, {"Z": [[111, 141], [201, 231]]}),  # no gradient
    ],
)
def test_other_mistakes_come_first(spec: Any, answer: dict[str, Any]) -> None:
    (judged,) = check(spec, answer).answers.values()
    assert "constant-factor" not in [mistake.id for mistake in judged.mistakes]
