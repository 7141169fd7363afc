"""audit: what an exercise would not catch, against hand-counted recipes."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import cnngrad, some
from hypothesis import given, settings
from layers import convolutions

from cnngrad import audit as cnngrad_audit
from cnngrad.api.solve import open_spec
from cnngrad.exercise.cost import Budget
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.solution import Solution
from cnngrad.homework.audit import Audit, audit
from cnngrad.homework.visibility import Comparison
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.ops.conv.layer import Conv
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of

FOUR = {"op": "conv", "input": np.arange(1, 17).reshape(4, 4), "kernel": [[1, 0], [0, 1]], "delta": 1}
"""A kernel that is its own turn and transpose, and a delta of ones: many wrong recipes give the right numbers."""


def audited(spec: Any, criterion: str = "cells") -> Audit:
    return audit(Solution(build(document_of(spec, DEFAULT), OPS).exercise), criterion)


@cache
def audit_of_four() -> Audit:
    """The audit that several tests look at."""
    return audited(FOUR)


def ids(mistakes: Any) -> list[str]:
    return [mistake.id for mistake in mistakes]


def test_the_exercise_that_hides_most_recipes() -> None:
    """Of the 41 backward rows of textbooks 24 give exactly the right numbers: 9 that can be made here, 15 that cannot;
    nor can 9 of the 18 that are found in code, because there is one image, one filter, no group and no remainder. The
    three gradients times a factor show."""
    backward = [compared for compared in audit_of_four().comparisons if compared.name != "Z"]
    assert [compared.name for compared in backward] == ["dA", "dW", "db"]
    hidden = sum(len(compared.invisible) for compared in backward)
    absent = sum(len(compared.inapplicable) for compared in backward)
    assert (hidden, absent, sum(compared.applicable for compared in backward)) == (9, 15 + 9, 26 + 9 + 3)
    assert hidden + absent == 24 + 9
    assert ids(backward[0].invisible) == [
        "kernel-rotated-twice",
        "kernel-transposed",
        "delta-rotated",
        "delta-transposed",
        "upstream-forgotten",
    ]
    assert ids(backward[1].invisible) == ["delta-transposed", "upstream-forgotten", "delta-rotated"]
    assert ids(backward[2].invisible) == ["bias-count"]


def test_a_factor_is_one_that_no_other_mistake_gives() -> None:
    """Twice the gradient is that of two passes; half of it is its mean over the two cells of delta, the same as over
    two and one image. Three times it, or a third where there is nothing else, is left."""
    spec = {"op": "conv", "input": [1, 2, 4], "kernel": [3, 5], "delta": [1, 6]}
    for name, right in (("dW", [1 + 12, 2 + 24]), ("dA", [3, 5 + 18, 30])):
        compared = Comparison(build(document_of(spec, DEFAULT), OPS).exercise, (name,))
        *_, (key, (numbers,)) = compared.signatures()
        assert (key[0], numbers.tolist()) == ("constant-factor", [3 * cell for cell in right])
        assert np.array_equal(compared.signature(key)[0], numbers)
    zero = audited({**spec, "delta": [0, 0]}).comparisons
    assert ["constant-factor" in ids(each.invisible) for each in zero] == [False, True, True, True]


def test_what_cannot_be_told_apart_is_grouped() -> None:
    """1..16 is its own turn but for the sign of the slope: the turned input gives the turned dW; the mean of nine
    ones is one of them."""
    compared = {compared.name: compared for compared in audit_of_four().comparisons}
    assert ["result-rotated", "input-rotated"] in [ids(group) for group in compared["dW"].groups]
    assert ["bias-mean", "bias-one-cell"] in [ids(group) for group in compared["db"].groups]


def test_the_repair_does_what_it_says() -> None:
    found = audit_of_four()
    assert found.repair is not None
    assert str(found.repair) == "delta[0,1]: 1 -> 3 leaves 3"
    delta = np.ones((3, 3))
    delta[0, 1] = 3
    assert audited({**FOUR, "delta": delta}).invisible == 3
    assert found.invisible == 10


def test_the_course_whose_test_compares_means() -> None:
    """The mean of dA does not change when the kernel is turned twice (SOURCES of the course notebook: its own test)."""
    rng = np.random.RandomState(1)
    A, W, b = rng.randn(10, 4, 4, 3), rng.randn(2, 2, 3, 8), rng.randn(1, 1, 1, 8)
    spec = {"op": "conv", "input": A, "kernel": W, "bias": b, "stride": 2, "padding": 2}
    Z = build(document_of(spec, DEFAULT), OPS).exercise.solve()["Z"]
    exercise = {**spec, "delta": Z}
    results = build(document_of(exercise, DEFAULT), OPS).exercise.solve()
    means = {name: float(results[name].mean()) for name in ("dA", "dW", "db")}
    expected = {"dA": 1.4524377775388075, "dW": 1.7269914583139083, "db": 7.839232564616925}
    assert all(abs(means[name] - expected[name]) < 1e-12 for name in means)
    by_mean = {compared.name: compared for compared in audited(exercise, "mean").comparisons}
    assert "kernel-rotated-twice" in ids(by_mean["dA"].invisible)
    by_cell = {compared.name: compared for compared in audited(exercise).comparisons}
    assert not by_cell["dA"].invisible


@pytest.mark.parametrize("criterion", some(["mean", "sum", "shape"]))
def test_a_coarser_criterion_sees_less(criterion: str) -> None:
    rng = np.random.default_rng(3)
    spec = {"op": "conv", "input": rng.integers(-4, 5, (4, 4)), "kernel": [[1, -2], [3, 4]], "delta": [[1, 2, 3]] * 3}
    assert audited(spec, criterion).score < audited(spec).score


def test_by_shape_nearly_everything_passes() -> None:
    """Only the recipes of another shape show: here size-off-by-one, pad-slice-zero and bias-not-summed."""
    by_shape = audited(FOUR, "shape").comparisons
    assert [each.applicable - len(each.invisible) for each in by_shape] == [1, 1, 0, 1]


def test_a_separating_max_pool_exercise() -> None:
    X = [[3, 4, -1, 4, 3, -3, 3], [-3, -2, 2, 2, 4, 0, -3], [0, 2, -3, -1, -1, 0, 5], [-2, 0, -3, 0, 0, 0, 3]]
    X += [[0, 1, -1, 0, 0, -2, 3], [-2, -2, 1, -1, -2, 2, 5], [0, 3, 3, 1, 5, 0, 5]]
    found = audited(
        {"op": "pool", "input": X, "window": 3, "stride": 2, "delta": [[4, -3, 4], [-3, -3, 3], [-3, 4, 4]]}
    )
    dA = next(compared for compared in found.comparisons if compared.name == "dA")
    assert (dA.invisible, dA.groups, dA.applicable) == ((), (), 20)


def test_gradients_of_a_graph_are_looked_at_together() -> None:
    exercise = build(open_spec("example:lecture-graph", DEFAULT), OPS).exercise
    (compared,) = audit(Solution(exercise)).comparisons
    assert (compared.name, compared.invisible) == ("gradients", ())
    assert "exp-input" in ids(compared.inapplicable)


@pytest.fixture
def four(tmp_path: Path) -> Path:
    path = tmp_path / "four.yaml"
    path.write_text(json.dumps({**FOUR, "input": np.arange(1, 17).reshape(4, 4).tolist()}))
    return path


def test_the_json_object(four: Path) -> None:
    done = cnngrad("audit", four, "--format", "json")
    record = json.loads(done.out)
    assert done.code == 0
    assert (record["format"], record["op"], record["source"]) == (1, "conv", str(four))
    assert record["applicable"] == {"Z": 2, "dA": 15, "dW": 14, "db": 9}
    assert record["invisible"]["db"] == ["bias-count"]
    assert record["score"] == round(1 - 10 / 40, 4)
    assert record["repair"] == "delta[0,1]: 1 -> 3 leaves 3"
    assert {"id": "stride-ignored", "needs": "a stride above 1"} in record["inapplicable"]["dA"]


def test_fail_under(four: Path) -> None:
    done = cnngrad("audit", four, "--fail-under", "0.9")
    assert (done.code, done.err) == (1, "score 0.75 is below 0.9\n")


def test_the_page(four: Path) -> None:
    done = cnngrad("audit", four, "--fail-under", "0.6")
    text = done.out
    assert (done.code, done.err) == (0, "")
    assert "score 0.75: 30 of the 40 mistakes that can be made here show in the numbers" in text
    assert "show in the numbers, 10 give exactly the right ones Z:" in " ".join(text.split())
    assert text.count("cannot be made here: stride-ignored, ") == 1
    assert "dA: 15 mistakes apply, 5 invisible" in text
    assert "repair: delta[0,1]: 1 -> 3 leaves 3" in text
    assert "nothing is invisible" in cnngrad("audit", "example:forum-conv").out
    assert "the grader compares the mean alone" in cnngrad("audit", four, "--criterion", "mean").out


SENTENCE = re.compile(
    r"score (\S+): (\d+) of the (\d+) mistakes? that can be made here show in the numbers"
    r"(?:, (\d+) gives? exactly the right ones)?\n"
)
AUDITED = (
    "by-hand-conv",
    "ties",
    "by-hand-average-pool",
    "dense-layer",
    "softmax",
    "lecture-fork",
    "rnn-shared-weight",
)


@pytest.mark.parametrize("name", AUDITED)
def test_the_first_sentence_counts_what_can_happen_here_alone(name: str) -> None:
    found = cnngrad_audit(f"example:{name}")
    record = found.to_dict()
    match = SENTENCE.search(str(found).replace("\n", " ").replace("  ", "\n"))
    assert match
    score, shown, made, right = match[1], int(match[2]), int(match[3]), int(match[4] or 0)
    assert made == sum(record["applicable"].values()) == sum(len(each.made) for each in found.comparisons)
    assert right == sum(map(len, record["invisible"].values()))
    assert shown == made - right
    assert score == f"{record['score']:.2f}" == f"{shown / made:.2f}"
    told = str(found).partition("cannot be made here: ")[2].partition("repair:")[0].replace("\n", " ")
    assert not {each.id for panel in found.comparisons for each in panel.made} & set(re.split("[, ]+", told))


def test_an_id_is_said_once_with_its_layers() -> None:
    text = " ".join(cnngrad("audit", "example:classifier").out.split())
    assert "told apart: sign-flipped@dense1, @activation1, @dense2 cannot" in text
    assert "told apart: gradient-not-reset@dense1, loss-doubled, loss-averaged, gradient-not-reset" in text
    assert "mask-from-delta@activation1, zero-is-one@activation1" in text


def test_a_mistake_pays_one_run_for_each_quantity() -> None:
    """Two steps of 2,000 and three times the 2 + 2 products of a pass, for dx and for db: 2 * 4,012."""
    exercise = build(
        document_of({"op": "rnn", "inputs": [1, 2], "weights": {"input": 1, "recurrent": 2}, "delta": 1}, DEFAULT),
        OPS,
    ).exercise
    compared, budget = Comparison(exercise, ("dx", "db")), Budget(10_000)
    turned = [key for key in compared.mistakes if key[0] == "sign-flipped"]
    assert len(turned) == 1
    assert compared.collisions(turned, among=False, most=9, budget=budget) == 0
    assert budget.left == 1_976


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({"op": "dense", "input": [1, -1e308], "weights": [[1e308, 2]], "bias": [1e308], "delta": [1e308]}, "dW"),
        ({"op": "conv", "input": [1, -1e308], "kernel": [1e308], "bias": 1e308, "delta": [1e308, 1e308]}, "dW"),
        ({"op": "pool", "mode": "average", "input": [1e308] * 2, "window": 2, "delta": [1e308]}, "dA"),
        ({"op": "rnn", "inputs": [1e308, 1e308], "weights": {"input": 2, "recurrent": 2}, "delta": 1e308}, "dx"),
    ],
)
def test_what_overflows_has_quantities_too(spec: dict[str, Any], name: str) -> None:
    """Changed cells may lead beyond float64: the mistakes are still counted, without a warning."""
    assert name in Solution(build(document_of(spec, DEFAULT), OPS).exercise, strict=False).quantities


def test_no_changed_exercise_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell that is changed gives other numbers, but the same quantities: each is computed alone."""
    solved: list[LayerExercise[Any]] = []
    solve = LayerExercise.solve

    def counted(exercise: LayerExercise[Any]) -> Any:
        solved.append(exercise)
        return solve(exercise)

    monkeypatch.setattr(LayerExercise, "solve", counted)
    assert audited({**FOUR, "numbers": "exact"}).repair is not None
    assert not solved


@settings(max_examples=6)
@given(exercise=convolutions())
def test_any_convolution_can_be_audited(exercise: LayerExercise[Conv]) -> None:
    """Every mistake of the table is looked at, and stands in one place; a turned sign shows where anything is not 0."""
    found = audit(Solution(exercise))
    results = exercise.solve()
    assert [compared.name for compared in found.comparisons] == ["Z", "dA", "dW", "db"]
    for compared in found.comparisons:
        known = {
            row.id
            for row in [row for op in OPS.values() for row in op.part("ROWS")]
            if row.op == "conv" and compared.name in row.quantities
        } | ({"constant-factor"} if compared.name != "Z" else set())
        invisible, absent = ({each.id for each in part} for part in (compared.invisible, compared.inapplicable))
        assert invisible | absent <= known
        assert not invisible & absent
        assert compared.applicable + len(absent) == len(known)
        grouped = [each.id for group in compared.groups for each in group]
        assert len(grouped) == len(set(grouped))
        assert not set(grouped) & (invisible | absent)
        if compared.name != "Z":
            assert ("sign-flipped" in invisible | absent) == (not results[compared.name].any())
    applicable = sum(compared.applicable for compared in found.comparisons)
    assert found.score == pytest.approx(1 - sum(len(compared.invisible) for compared in found.comparisons) / applicable)
