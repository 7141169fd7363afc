"""What a search and a check may cost, counted in runs: no clock is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import cnngrad

from cnngrad.api.solve import open_spec
from cnngrad.exercise.cost import Budget
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.spec.build import build

STEPS = "".join(f"  q{i}: q{i - 1}*x + y\n" for i in range(2, 13))
CHAIN = f"op: graph\nexpression:\n  q1: x*y\n{STEPS}values: {{x: 0.9, y: 0.5}}\n"
ANSWERS = "".join(f"q{i}: {i}.37\ndq{i}: {i}.11\n" for i in range(1, 13))
ONE = "{op: network, input: [[1, 2, 2], [2, 2, 1], [1, 1, 1]], layers: [{op: pool, window: 2}], delta: 1}"


@pytest.mark.slow
def test_the_last_cell_is_no_kink_where_no_window_has_it(tmp_path: Path) -> None:
    """A network of size 8 has 7 x 7 cells before its pooling, the last of which is in no window: the search for a
    gradient there never ended."""
    assert cnngrad("generate", "network", "--size", "8", "-o", tmp_path / "e.yaml").code == 0


def test_looking_for_kinks_is_paid_for(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(ONE)
    budget = Budget(10**8)
    exercise = build(open_spec(str(tmp_path / "s.yaml"), DEFAULT), OPS).exercise
    exercise.record.part("layers_missing_kinks")(exercise, budget)
    assert budget.left < 10**8


def test_each_answer_is_followed_a_few_times_whatever_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24 wrong answers: 2 runs of the graph for each, and 1 to see what it changes; it was one for every pair."""
    (tmp_path / "s.yaml").write_text(CHAIN)
    (tmp_path / "a.yaml").write_text(ANSWERS)
    runs: list[GraphExercise] = []
    solve = GraphExercise.solve

    def counted(self: GraphExercise) -> object:
        runs.append(self)
        return solve(self)

    monkeypatch.setattr(GraphExercise, "solve", counted)
    assert (
        cnngrad("check", str(tmp_path / "s.yaml"), str(tmp_path / "a.yaml"), "--limit", "audit_work=1000000").code == 1
    )
    assert 24 < len(runs) < 24 * 6
