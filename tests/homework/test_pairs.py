"""Pairs in one matrix, and one by one: the same ones fit, and as many are tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exercises import SPEC

import cnngrad.homework.diagnose
from cnngrad.api.checking import Assignment, assignment
from cnngrad.homework import pairs

RNN = {"op": "rnn", "inputs": [1, 2, -1], "weights": {"input": 1, "recurrent": "0.5"}, "deltas": [1, -2, 3]}
POOL = {"op": "pool", "input": [[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]], "window": 2, "stride": 1, "delta": 2}


def answers(exercise: Assignment, name: str, step: int) -> list[dict[str, Any]]:
    """Wrong answers: what two mistakes give, the first and the last pairs; the same with one cell changed; a blank."""
    solution = exercise.solution
    applicable = [each.candidate for each in solution.wrong(name, 0) if each.results]
    found = []
    for _, other in [*pairs.pairs_of(applicable)][::step]:
        for result in [each for each in other.results()[:1] if each.size]:
            off = np.array(result, dtype=float)
            off.flat[0] += 1
            texts = [f"{number:.3f}" for number in off.flat]
            blank = np.array(["?", *texts[1:]]).reshape(off.shape).tolist()
            found += [{name: result.tolist()}, {name: off.tolist()}, {name: blank}]
    return found


@pytest.mark.parametrize(
    ("spec", "name", "step"),
    [
        (SPEC, "dA", 50),
        *(pytest.param(*each, 9, marks=pytest.mark.slow) for each in ((SPEC, "dA"), (SPEC, "dW"), (POOL, "dA"))),
        pytest.param(RNN, "dx", 19, marks=pytest.mark.slow),
    ],
)
def test_verdicts_are_those_of_pairs_one_by_one(
    spec: Any, name: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = assignment(spec)
    given = answers(exercise, name, step)
    found = [exercise.checked(each).to_dict("full") for each in [*given, *given]]  # made, then kept
    monkeypatch.setattr(cnngrad.homework.diagnose, "MOST_KEPT", 0)
    each = [assignment(spec).checked(answer).to_dict("full") for answer in given]
    assert found == [*each, *each]
    assert sum("pairs" in text["answers"][name] for text in each) > 1


def test_the_numbers_of_pairs_are_made_once() -> None:
    exercise = assignment(SPEC)
    before = exercise.solution.kept.cells
    exercise.checked({"dA": [[9, 9, 1], [1, 8, 8], [2, 2, 1]]})
    kept = exercise.solution.kept.cells
    assert before < kept <= exercise.solution.kept.most
    exercise.checked({"dA": [[9, 9, 2], [1, 8, 8], [2, 2, 1]]})
    assert exercise.solution.kept.cells == kept


def test_pairs_that_cannot_be_paid_are_not_tried() -> None:
    """A run counts as about 2,100 multiply-adds: 200,000 pay for the single mistakes and some of the pairs."""
    answer = {"dA": [[9, 9, 1], [1, 8, 8], [2, 2, 1]]}
    exercise = assignment(SPEC, limit="audit_work=200000")
    few, again = (exercise.checked(answer).answers["dA"].tried for _ in range(2))
    assert few == again
    assert 0 < few.pairs < assignment(SPEC).checked(answer).answers["dA"].tried.pairs
