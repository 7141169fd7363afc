"""Every mistake in a convolution, computed in plain loops outside the package, is named from its own wrong answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import recipes
import recipes_code
from exercises import SPEC, is_named, named, texts, whole
from hypothesis import example, given, settings
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
@settings(max_examples=3)
@given(exercise=convs())
def test_every_mistake_in_a_convolution_is_named(quantity: str, exercise: Conv) -> None:
    every_mistake_is_named(quantity, exercise)


@pytest.mark.slow
@pytest.mark.parametrize("quantity", recipes.CONV)
@given(exercise=convs())
def test_every_mistake_in_many_convolutions_is_named(quantity: str, exercise: Conv) -> None:
    every_mistake_is_named(quantity, exercise)


def every_mistake_is_named(quantity: str, e: Conv) -> None:
    spec = {"op": "conv", "input": e.A, "kernel": e.K, "bias": e.b, "delta": e.dZ, "stride": e.s, "padding": e.p}
    right = {
        "Z": e.forward(e.padded, e.K, e.s, e.b),
        "dA": e.crop(e.scatter(e.K, e.dZ, e.s)),
        "dW": e.gather(e.padded, e.dZ, e.s),
        "db": e.dZ.sum(axis=(0, 1, 2)),
    }[quantity]
    assert check(spec, {quantity: texts(right)}).answers[quantity].verdict in ("right", "unclear")
    for id_, wrong in (*recipes.CONV[quantity](e), *recipes_code.CONV.get(quantity, lambda _: ())(e)):
        is_named(spec, quantity, id_, wrong, right)


@settings(max_examples=3)
@example(groups=2, per_group=3, seed=1)  # where dealing out and taking back differ
@given(groups=st.sampled_from([1, 2, 3]), per_group=st.integers(1, 3), seed=st.integers(0, 999))
def test_mistakes_with_groups_and_channels_first(groups: int, per_group: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    A, K = whole((2, 2 * groups, 4, 4), rng), whole((groups * per_group, 2, 2, 2), rng)
    dZ = whole((2, groups * per_group, 3, 3), rng)
    spec = {"op": "conv", "layout": "NCHW", "groups": groups, "input": A, "kernel": K, "delta": dZ}
    right = recipes_code.grouped(A, K, dZ, lambda o: o // per_group)
    mispaired = recipes_code.grouped(A, K, dZ, lambda o: o % groups)
    for name, true, wrong in zip(("dA", "dW"), right, mispaired, strict=True):
        assert check(spec, {name: texts(true)}).answers[name].verdict == "right"
        is_named(spec, name, "channels-mispaired", wrong, true)
    turned = np.concatenate([recipes_code.reshaped(part) for part in np.split(right[1], groups)])
    is_named(spec, "dW", "reshaped-not-transposed", turned, right[1])
    is_named(spec, "db", "bias-from-weights", right[1].sum(axis=(1, 2, 3)), dZ.sum(axis=(0, 2, 3)))
    for axes in ((), (0,), (2,), (3,), (0, 2), (0, 3), (2, 3)):
        is_named(spec, "db", "bias-not-summed", dZ.sum(axis=axes), dZ.sum(axis=(0, 2, 3)))


def test_mistakes_of_a_transposed_convolution() -> None:
    """Z[o] = A[i] * W[i,o]: one cell for each of four channels, two groups of two. dZ = (1, 2, 3, 4), so with W = 1, 2
    in each group (out channels 2g and 2g + 1), dA[0] = 1*1 + 2*2 = 5; dealt out in turn it has channels 0 and 2 of dZ:
    1*1 + 2*3 = 7, and dA[2] has 1 and 3: 1*2 + 2*4 = 10. dW[0] = A[0]*(1, 3), dW[2] = A[2]*(2, 4)."""
    spec = {"op": "conv", "transposed": True, "layout": "CL", "groups": 2, "input": [[1], [2], [3], [5]],
            "kernel": [[[1], [2]]] * 4, "delta": [[1], [2], [3], [4]]}  # fmt: skip
    assert check(spec, {"dA": [[5], [5], [11], [11]]}).verdict == "right"
    assert "channels-mispaired" in named(spec, "dA", [[7], [7], [10], [10]])
    assert "channels-mispaired" in named(spec, "dW", [[[1], [3]], [[2], [6]], [[6], [12]], [[10], [20]]])
    # dW = ((1, 2), (2, 4), (9, 12), (15, 20)): the channels of Z have 1 + 2, 2 + 4, 9 + 15 and 12 + 20
    assert "bias-from-weights" in named(spec, "db", [3, 6, 24, 32])


def test_a_bias_of_one_number_has_the_shape_of_dz_where_it_was_not_summed() -> None:
    for answer in ([[1, 2], [3, 4]], [[[1], [2]], [[3], [4]]], [4, 6], [[4, 6]], [[3], [7]]):
        judged = check(SPEC, {"db": answer}).answers["db"]
        assert (judged.verdict, [each.id for each in judged.mistakes]) == ("refused", ["bias-not-summed"]), answer


def test_an_empty_slice_is_named() -> None:
    empties: tuple[Any, ...] = ([], [[]], [[], []], np.zeros((0, 0)))
    for empty in empties:
        judged = check(SPEC, {"dA": empty}).answers["dA"]
        assert (judged.verdict, judged.message) == ("refused", "is empty, but dA has shape 3x3")
        assert [each.id for each in judged.mistakes] == ["pad-slice-zero"]
    padded = check(SPEC | {"padding": 1, "delta": 1}, {"dA": []}).answers["dA"]
    assert (padded.verdict, padded.mistakes) == ("refused", ())


def test_zeros_are_named_by_what_gives_zeros_everywhere() -> None:
    """With dZ = (1, -1) the first window wins nothing, and still much gives 0: W = 1 everywhere, dA[1] = 1 - 1."""
    spec = {"op": "conv", "input": [1, 1, 1], "kernel": [1, 1], "delta": [1, -1]}
    assert named(spec | {"input": [1, 2, 4]}, "dW", [0, 0]) == ["never-accumulated"]
    assert named(spec | {"delta": [2, -1]}, "db", 0) == ["never-accumulated"]
    assert named(spec, "dA", [0, 0, 0]) == ["pad-slice-zero", "never-accumulated"]
    assert named(spec | {"padding": 1, "delta": [1, -1, 1, -1]}, "dA", [0, 0, 1]) != ["never-accumulated"]
    assert not check(spec | {"bias": 1, "delta": 1}, {"Z": [0, 0]}).answers["Z"].explained
