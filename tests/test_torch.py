"""The same layers in PyTorch, where it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from layers import convolutions, integers, poolings
from pytorch import INSTALLED, F, torch

import cnngrad
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv
from cnngrad.ops.pool.layer import Pool
from cnngrad.windows.kernels import Kernels

pytestmark = INSTALLED
EXAMPLES = settings(max_examples=60)


TRANSPOSED: tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 3, 4, 5), (3, 2, 3, 3), {"stride": 2}),
    ((2, 3, 4, 5), (3, 2, 3, 2), {"stride": 3, "padding": 1}),
    ((1, 4, 3, 3), (4, 1, 2, 2), {"stride": 2, "groups": 2, "dilation": 2}),
    ((2, 3, 5), (3, 2, 4), {"stride": 4}),
    ((1, 2, 2, 3, 2), (2, 1, 2, 3, 2), {"stride": 2, "padding": 1}),
)
"""Shapes of input and kernel (PyTorch's) and settings."""


def test_the_shape_of_a_transposed_output() -> None:
    rng = np.random.default_rng(3)
    for input_, kernel, settings_ in TRANSPOSED:
        rank, stride = len(input_) - 2, settings_["stride"]
        layout = ("NCL", "NCHW", "NCDHW")[rank - 1]
        A, W = (rng.standard_normal(shape) for shape in (input_, kernel))
        for more in range(stride):
            leaves = _leaf(A), _leaf(W)
            theirs = getattr(F, f"conv_transpose{rank}d")(*leaves, output_padding=more, **settings_)
            dZ = rng.standard_normal(tuple(theirs.shape))
            theirs.backward(torch.tensor(dZ))
            for shape in (theirs.shape, theirs.shape[2:]):
                given_ = {"transposed": True, "layout": layout, "output_shape": tuple(shape), **settings_}
                Z = cnngrad.conv_forward(A, W, **given_)
                np.testing.assert_allclose(Z, theirs.detach().numpy(), rtol=0, atol=1e-12)
                dA, dW, _ = cnngrad.conv_backward(A, W, dZ, **given_)
                np.testing.assert_allclose(dA, leaves[0].grad.numpy(), rtol=0, atol=1e-12)
                np.testing.assert_allclose(dW, leaves[1].grad.numpy(), rtol=0, atol=1e-12)


def test_pooling_of_the_whole_plane() -> None:
    rng = np.random.default_rng(4)
    for shape, layout in (((2, 3, 5), "NCL"), ((2, 3, 4, 5), "NCHW"), ((1, 2, 3, 2, 4), "NCDHW")):
        rank = len(shape) - 2
        A = rng.standard_normal(shape)
        for mode, theirs in (("max", "adaptive_max_pool"), ("average", "adaptive_avg_pool")):
            leaf = _leaf(A)
            pooled = getattr(F, f"{theirs}{rank}d")(leaf, 1)
            dZ = rng.standard_normal(tuple(pooled.shape))
            pooled.backward(torch.tensor(dZ))
            Z = cnngrad.pool_forward(A, "global", mode=mode, layout=layout)
            np.testing.assert_allclose(Z, pooled.detach().numpy(), rtol=0, atol=1e-12)
            dA = cnngrad.pool_backward(A, dZ, window="global", mode=mode, layout=layout)
            np.testing.assert_allclose(dA, leaf.grad.numpy(), rtol=0, atol=1e-12)


TURNED: tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 4, 13, 12), (6, 4, 3, 3), {"stride": 2, "padding": 1}),
    ((2, 4, 13, 12), (6, 2, 3, 2), {"stride": 3, "groups": 2}),
    ((1, 4, 17, 15), (4, 1, 5, 3), {"stride": 4, "padding": 2, "groups": 4}),
    ((2, 3, 13, 14), (5, 3, 3, 3), {"stride": 2, "padding": 2, "dilation": 3}),
    ((2, 4, 14, 13), (4, 2, 3, 3), {"stride": 4, "padding": 1, "dilation": 2, "groups": 2}),
    ((2, 4, 9, 9), (6, 4, 3, 3), {"padding": 1, "dilation": 2}),
    ((2, 4, 9, 9), (6, 4, 1, 1), {"stride": 2}),
    ((2, 4, 40), (6, 2, 5), {"stride": 3, "padding": 4, "dilation": 2, "groups": 2}),
    ((1, 2, 7, 6, 8), (4, 2, 3, 2, 3), {"stride": 2, "padding": 1}),
)
"""Shapes of input and kernel and settings of convolutions that are computed from either side of their windows."""


@pytest.mark.parametrize("way", ["slide", "scatter"])
@pytest.mark.parametrize("transposed", [False, True])
def test_convolutions_from_either_side(way: str, transposed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnngrad.windows.correlation.SMALL", 0)
    monkeypatch.setattr("cnngrad.windows.kernels.BYTES", 8 * 300)
    monkeypatch.setattr("cnngrad.windows.kernels.LEAST", 1)
    monkeypatch.setattr(Kernels, "slides", lambda *_: way == "slide")
    for wide, kernel, settings_ in TURNED:
        rank = len(wide) - 2
        W, layout = integers(kernel, 2), ("NCL", "NCHW", "NCDHW")[rank - 1]
        apply = getattr(F, f"conv{rank}d")
        narrow = apply(torch.zeros(wide, dtype=torch.float64), torch.tensor(W), **settings_).shape
        A = integers(tuple(narrow) if transposed else wide, 1)
        leaves = _leaf(A), _leaf(W)
        given_ = {"layout": layout, **settings_}
        if transposed:
            given_ |= {"transposed": True, "output_shape": wide[2:]}
            apply = getattr(F, f"conv_transpose{rank}d")
            settings_ = {**settings_, "output_padding": _extra(wide, W, A, settings_)}
        theirs = apply(*leaves, **settings_)
        dZ = integers(tuple(theirs.shape), 3)
        theirs.backward(torch.tensor(dZ))
        np.testing.assert_array_equal(cnngrad.conv_forward(A, W, **given_), theirs.detach().numpy())
        dA, dW, db = cnngrad.conv_backward(A, W, dZ, **given_)
        np.testing.assert_array_equal(dA, leaves[0].grad.numpy())
        np.testing.assert_array_equal(dW, leaves[1].grad.numpy())
        np.testing.assert_array_equal(db, dZ.sum(axis=(0, *range(2, dZ.ndim))))


def _extra(wide: tuple[int, ...], W: Array, A: Array, given_: Mapping[str, int]) -> tuple[int, ...]:
    """The output padding that gives the spatial sizes of `wide`: (n - 1)*stride - 2*padding + dilation*(k - 1) + 1."""
    stride, padding, dilation = given_.get("stride", 1), given_.get("padding", 0), given_.get("dilation", 1)
    return tuple(
        size - ((n - 1) * stride - 2 * padding + dilation * (k - 1) + 1)
        for size, n, k in zip(wide[2:], A.shape[2:], W.shape[2:], strict=True)
    )


def _leaf(array: Any) -> Any:
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


@EXAMPLES
@given(convolutions(mode="zeros"))
def test_convolutions(exercise: LayerExercise[Conv]) -> None:
    axes = exercise.layer.windows.axes
    if any(axis.before != axis.after or axis.flip for axis in axes):
        return  # PyTorch pads evenly and does not flip
    A, W, b = map(_leaf, (exercise.A, exercise.parameters["W"], exercise.parameters["b"]))
    kind = "conv_transpose" if exercise.layer.transposed else "conv"
    extra = {"output_padding": exercise.layer.output_padding} if exercise.layer.transposed else {}
    Z = getattr(F, f"{kind}{len(axes)}d")(
        A, W, b, stride=tuple(a.stride for a in axes), padding=tuple(a.before for a in axes),
        dilation=tuple(a.dilation for a in axes), groups=exercise.layer.channels.groups, **extra,
    )  # fmt: skip
    Z.backward(torch.tensor(exercise.dZ))
    theirs = {"Z": Z.detach(), "dA": A.grad, "dW": W.grad, "db": b.grad}
    for name, array in exercise.solve().items():
        np.testing.assert_array_equal(array, theirs[name].numpy(), err_msg=name)


def _solved_as_large(exercise: LayerExercise[Pool]) -> Mapping[str, Array]:
    """The results as large arrays are pooled."""
    with patch("cnngrad.ops.pool.layer.LARGE", 0):
        return exercise.solve()


@EXAMPLES
@given(poolings())
def test_pooling(exercise: LayerExercise[Pool]) -> None:
    layer, axes, A = exercise.layer, exercise.layer.windows.axes, _leaf(exercise.A)
    common = {
        "kernel_size": layer.windows.taps, "stride": tuple(a.stride for a in axes),
        "padding": tuple(a.before for a in axes),
    }  # fmt: skip
    ceil = any(a.reach.size > a.size + a.before + a.after for a in axes)
    results, by_axis = exercise.solve(), _solved_as_large(exercise)
    if layer.mode == "max":
        if layer.ties != "first" or not layer.windows.inside().any(axis=tuple(range(-len(axes), 0))).all():
            return
        if any(2 * a.before > a.window for a in axes):
            return  # PyTorch may bound the padding by the window, not by its dilated span
        dilation = tuple(a.dilation for a in axes)
        Z = getattr(F, f"max_pool{len(axes)}d")(A, dilation=dilation, ceil_mode=ceil, **common)
    else:
        if any(a.dilation > 1 for a in axes) or (len(axes) == 1 and layer.divisor_override):
            return  # PyTorch's average knows neither
        divisor = {"divisor_override": layer.divisor_override} if layer.divisor_override else {}
        include = layer.count_include_pad
        Z = getattr(F, f"avg_pool{len(axes)}d")(A, ceil_mode=ceil, count_include_pad=include, **common, **divisor)
    if tuple(Z.shape) != results["Z"].shape:
        return  # ceil_mode on one axis that needs it and on another that does not
    Z.backward(torch.tensor(exercise.dZ))
    for ours in (results, by_axis):
        np.testing.assert_allclose(ours["Z"], Z.detach().numpy(), rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours["dA"], A.grad.numpy(), rtol=0, atol=1e-12)
