"""Every row computes on every exercise: any rank, layout, groups, padding mode, transposed, any architecture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from architectures import networks
from hypothesis import given, settings
from layers import convolutions, poolings

from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.mistake import attempt_of, candidates, same
from cnngrad.exercise.solution import Solution
from cnngrad.homework.audit import audit
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of


def runs_everywhere(exercise: Exercise) -> None:
    """The attempt itself is right, and no mistake stumbles; single ones and each after the one before it."""
    for name, truth in Solution(exercise, strict=False).quantities.items():
        assert same(np.asarray(attempt_of(exercise, name).result(), float), np.asarray(truth, float)), name
        found = candidates(exercise, name)
        for candidate in found:
            for result in candidate.results():
                assert result.dtype.kind in "fi", (name, candidate.mistake.id)
        for one, other in zip(found, [*found[1:], *found[:1]], strict=True):
            if one.attempt is other.attempt:
                for both in one.attempt.second(one.mistake, [other.mistake]):
                    both.results()


@given(exercise=convolutions())
def test_convolutions(exercise: LayerExercise[Conv]) -> None:
    with np.errstate(all="ignore"):
        runs_everywhere(exercise)


@given(exercise=poolings())
def test_poolings(exercise: LayerExercise[Pool]) -> None:
    with np.errstate(all="ignore"):
        runs_everywhere(exercise)


def in_a_network(spec: Any) -> None:
    exercise = build(document_of(spec, DEFAULT), OPS).exercise
    with np.errstate(all="ignore"):
        runs_everywhere(exercise)


@settings(max_examples=4)
@given(spec=networks())
def test_networks(spec: Any) -> None:
    in_a_network(spec)


@pytest.mark.slow
@settings(max_examples=60)
@given(spec=networks())
def test_many_networks(spec: Any) -> None:
    in_a_network(spec)


@settings(max_examples=15)
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
        }
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
