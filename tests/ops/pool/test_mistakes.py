"""Every mistake in pooling, computed in plain loops outside the package, is named from its own wrong answer."""

from __future__ import annotations

import numpy as np
import pytest
import recipes
import recipes_code
from exercises import is_named, named, texts, whole
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


@settings(max_examples=4)
@given(exercise=pools())
def test_every_mistake_in_pooling_is_named(exercise: Pool) -> None:
    every_mistake_is_named(exercise)


@pytest.mark.slow
@settings(max_examples=40)
@given(exercise=pools())
def test_every_mistake_in_much_pooling_is_named(exercise: Pool) -> None:
    every_mistake_is_named(exercise)


def every_mistake_is_named(e: Pool) -> None:
    spec = {"op": "pool", "input": e.A, "window": e.k, "stride": e.s, "mode": e.mode, "delta": e.dZ}
    if e.mode == "max":
        spec["ties"] = e.ties
        right = e.spread(lambda window, delta: recipes.chosen(window, e.ties) * delta)
    else:
        right = e.spread(lambda window, delta: np.full(window.shape, delta / window.size))
    assert check(spec, {"dA": texts(right)}).answers["dA"].verdict in ("right", "unclear")
    for id_, wrong in (*recipes.pool_input(e), *recipes_code.pool_input(e)):
        is_named(spec, "dA", id_, wrong, right)


@settings(max_examples=6)
@given(two=st.tuples(*[st.integers(1, 3)] * 4), mode=st.sampled_from(["max", "average"]), seed=st.integers(0, 999))
def test_axes_that_are_mixed_up_are_named(two: tuple[int, ...], mode: str, seed: int) -> None:
    """Windows of two sides and two strides, over a plane that all of them fit."""
    kh, kw, sh, sw = two
    rng, of = np.random.default_rng(seed), np.max if mode == "max" else np.mean
    A = whole((6, 7), rng)
    spec = {"op": "pool", "mode": mode, "input": A, "window": [kh, kw], "stride": [sh, sw]}
    right = recipes_code.pool_output(A, (kh, kw), (sh, sw), of)
    assert check(spec, {"Z": texts(right)}).answers["Z"].verdict in ("right", "unclear")
    for window, stride in (((kw, kh), (sh, sw)), ((kh, kw), (sw, sh)), ((kw, kh), (sw, sh)), ((kh, kh), (sh, sw)),
                           ((kw, kw), (sh, sw)), ((kh, kw), (sh, sh)), ((kh, kw), (sw, sw))):  # fmt: skip
        is_named(spec, "Z", "axes-swapped", recipes_code.pool_output(A, window, stride, of), right)
    oh, ow = right.shape
    is_named(spec, "Z", "window-is-output", recipes_code.pool_output(A, (oh, ow), (1, 1), of), right)
    if mode == "average":
        is_named(spec, "Z", "not-divided", recipes_code.pool_output(A, (kh, kw), (sh, sw), np.sum), right)


def test_the_backward_pass_with_the_stride_of_the_other_axis() -> None:
    """A (2, 4), windows 1x1, strides 1 and 2: dZ (2, 2). Each window has one cell, so dA[i, 2j] = dZ[i, j]; with the
    stride 1 for both dA[i, j] = dZ[i, j]."""
    spec = {"op": "pool", "window": 1, "stride": [1, 2], "input": [[1, 2, 3, 4], [5, 6, 7, 8]]}
    spec |= {"delta": [[1, 2], [3, 4]]}
    assert check(spec, {"dA": [[1, 0, 2, 0], [3, 0, 4, 0]]}).verdict == "right"
    assert "axes-swapped" in named(spec, "dA", [[1, 2, 0, 0], [3, 4, 0, 0]])


def test_the_overhang_of_the_last_window_counted() -> None:
    """A = (2, 4, 6), windows of two, ceil_mode: (2, 4) and (6, -). Z = 3 and 6; counted the second is 6/2 = 3.
    dZ = (2, 8) goes back as 1, 1, 8; counted as 1, 1, 4."""
    spec = {"op": "pool", "mode": "average", "window": 2, "ceil_mode": True, "input": [2, 4, 6], "delta": [2, 8]}
    assert check(spec, {"Z": [3, 6], "dA": [1, 1, 8]}).verdict == "right"
    assert "overhang-counted" in named(spec, "Z", [3, 3])
    assert "overhang-counted" in named(spec, "dA", [1, 1, 4])
    assert "not-divided" in named(spec, "Z", [6, 6])
