"""Every mistake in pooling, computed in plain loops outside the package, is named from its own wrong answer."""

from __future__ import annotations

import numpy as np
import recipes
from exercises import texts, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from recipes import Pool

import cnngrad
from cnngrad import check


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    k, s = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    h, w = (k + s * draw(st.integers(0, 2)) for _ in range(2))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    A = whole((h, w), rng, -2, 3)
    dZ = whole(cnngrad.pool_forward(A, k, stride=s).shape, rng)
    mode, ties = draw(st.sampled_from(["max", "average"])), draw(st.sampled_from(["first", "last", "all", "split"]))
    return Pool(A, dZ, k, s, mode, ties)


@settings(max_examples=15)
@given(exercise=pools())
def test_every_mistake_in_pooling_is_named(exercise: Pool) -> None:
    e = exercise
    spec = {"op": "pool", "input": e.A, "window": e.k, "stride": e.s, "mode": e.mode, "delta": e.dZ}
    if e.mode == "max":
        spec["ties"] = e.ties
        right = e.spread(lambda window, delta: recipes.chosen(window, e.ties) * delta)
    else:
        right = e.spread(lambda window, delta: np.full(window.shape, delta / window.size))
    assert check(spec, {"dA": texts(right)}).answers["dA"].verdict in ("right", "unclear")
    for id_, wrong in recipes.pool_input(e):
        found = check(spec, {"dA": texts(wrong)}).answers["dA"]
        if np.allclose(wrong, right, rtol=0, atol=1e-12):
            assert found.verdict in ("right", "unclear"), id_
        else:
            assert found.verdict == "wrong", (id_, found)
            assert id_ in [mistake.id for mistake in found.mistakes], (id_, found)
