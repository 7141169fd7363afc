"""Pairs in one matrix, and one by one: the same ones fit, and as many are tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exercises import SPEC

import cnngrad.homework.diagnose
from cnngrad.api.checking import Assignment, assignment
from cnngrad.exercise.mistake import Mistake
from cnngrad.homework import pairs
from cnngrad.homework.written import Written, read_written

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
        (SPEC, "dA", 150),
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


def test_the_pairs_that_fit_are_among_the_first_so_many_and_near_relative_to_their_own_size() -> None:
    """Two cells, of which 1e6 and the nan are blank: 2^-40 of 2,000,000 is 1.8e-6, of 3 less than 1e-9 is."""
    mistakes = [Mistake(str(number), "conv", (), lambda _: (), "", "") for number in range(4)]
    couples = tuple((one, one) for one in mistakes)
    rows = np.array([[3, 2e6], [3, 3], [3 + 1e-6, 2e6], [3, np.inf], [3 + 1e-6, 3]])
    of, largest = np.array([0, 1, 2, 3, 3]), np.array([2e6, 3, 2e6, 3, 3])
    numbers = pairs.PairNumbers(couples, True, rows, of, largest)
    written = np.array([read_written("3/1"), None], dtype=object)
    assert [one.id for one, _ in numbers.fitting(Written(written), 4)] == ["0", "1", "2", "3"]
    assert [one.id for one, _ in numbers.fitting(Written(written), 2)] == ["0", "1"]
    near = np.array([read_written("3000001/1000000"), None], dtype=object)  # 3 + 1e-6
    assert [one.id for one, _ in numbers.fitting(Written(near), 4)] == ["0", "2", "3"]


def test_what_is_kept_is_known_by_quantity_decimals_and_mistakes_and_only_if_it_is_all() -> None:
    solution = assignment(POOL).solution
    found = [each.candidate for each in solution.wrong("dA", 0) if each.results]
    one, other = (pairs.pair_numbers(solution, "dA", 0, found, most) for most in (2, 3_000))
    assert (len(one.pairs), one.whole, other.whole) == (2, False, True)
    assert pairs.pair_numbers(solution, "dA", 0, found, 2) is other
    assert pairs.pair_numbers(solution, "dA", 0, found[:4], 2) is not other
    assert pairs.pair_numbers(solution, "Z", 0, found, 2) is not other
    graph = assignment({"op": "graph", "expression": "x*y + x", "values": {"x": 2, "y": 3}}).solution
    few = [each.candidate for each in graph.wrong("dx", 1)][:2]
    assert pairs.pair_numbers(graph, "dx", 1, few, 9) is not pairs.pair_numbers(graph, "dx", 2, few, 9)


def test_largest_is_that_of_the_finite_numbers() -> None:
    class Given:
        attempt = assignment(POOL).solution.wrong("dA", 0)[0].candidate.attempt
        mistake = None

        def followed_by(self, _: Any) -> Any:
            return [self]

        def results(self) -> list[Any]:
            return [np.array([-5.0, np.inf]), np.array([1.0])]

    made = pairs.PairNumbers.made([Given()], (2,), 9)  # type: ignore[list-item]
    assert made.largest.tolist() == [5]
    assert made.rows.tolist() == [[-5, np.inf]]
