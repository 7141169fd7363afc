"""Every mistake in a convolution, computed in plain loops outside the package, is named from its own wrong answer."""

from __future__ import annotations

import numpy as np
import pytest
import recipes
from exercises import texts, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from recipes import Conv

import cnngrad
from cnngrad import check


@st.composite
def convs(draw: st.DrawFn) -> Conv:
    k, s, p, n, C, F = (draw(st.integers(1, most)) for most in (3, 2, 2, 2, 2, 3))
    p = min(p - 1, k - 1)
    h, w = (k + s * draw(st.integers(0, 2)) for _ in range(2))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    A, K, b = (whole(shape, rng) for shape in ((n, h, w, C), (k, k, C, F), (F,)))
    dZ = whole(cnngrad.conv_forward(A, K, stride=s, padding=p).shape, rng)
    return Conv(A, K, b, dZ, s, p)


@pytest.mark.parametrize("quantity", recipes.CONV)
@settings(max_examples=12)
@given(exercise=convs())
def test_every_mistake_in_a_convolution_is_named(quantity: str, exercise: Conv) -> None:
    e = exercise
    spec = {"op": "conv", "input": e.A, "kernel": e.K, "bias": e.b, "delta": e.dZ, "stride": e.s, "padding": e.p}
    right = {
        "Z": e.forward(e.padded, e.K, e.s, e.b),
        "dA": e.crop(e.scatter(e.K, e.dZ, e.s)),
        "dW": e.gather(e.padded, e.dZ, e.s),
        "db": e.dZ.sum(axis=(0, 1, 2)),
    }[quantity]
    assert check(spec, {quantity: texts(right)}).answers[quantity].verdict in ("right", "unclear")
    for id_, wrong in recipes.CONV[quantity](e):
        found = check(spec, {quantity: texts(wrong)}).answers[quantity]
        if wrong.shape == right.shape and np.array_equal(wrong, right):
            assert found.verdict in ("right", "unclear"), id_
            continue
        assert found.verdict == ("wrong" if wrong.size == right.size else "refused"), (id_, found)
        assert id_ in [mistake.id for mistake in found.mistakes], (id_, found)
