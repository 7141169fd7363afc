"""Every message about shapes and settings that do not fit, with its full text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnngrad
from cnngrad import CnngradError

A2 = [[1, 2, 3], [4, 5, 6]]  # 2x3
CHW = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]  # 2x2x2

CONV: list[tuple[dict[str, Any], str]] = [
    (
        {"kernel": [[1, 1, 1, 1]]},
        "kernel: spans 4 cells, but the padded width is 3; add padding or make the kernel smaller",
    ),
    (
        {"kernel": [[1], [1]], "dilation": 3},
        "kernel: spans 4 cells with dilation 3, but the padded height is 2; add padding or lower the dilation",
    ),
    (
        {"kernel": [1, 1]},
        "kernel: has 1 axis (shape 2), but the layout HW needs HW; change the brackets or the layout",
    ),
    (
        {"input": CHW, "layout": "CHW", "kernel": [[1]]},
        "kernel: has 2 axes (shape 1x1), but the layout CHW needs OIHW or, for one filter, IHW; change the brackets or "
        "the layout",
    ),
    (
        {"input": CHW, "layout": "CHW", "kernel": [[[[1]]]]},
        "kernel: shape 1x1x1x1 (OIHW) has 1 on axis 1 (I), but the input, shape 2x2x2 (CHW), has 2 channels; make that "
        "axis 2",
    ),
    (
        {"input": CHW, "layout": "CHW", "kernel": [[[[1]], [[1]]]] * 2, "groups": 2},
        "kernel: shape 2x2x1x1 (OIHW) has 2 on axis 1 (I), but the input, shape 2x2x2 (CHW), has 2 channels in 2 "
        "groups; make that axis 1",
    ),
    (
        {"input": CHW, "layout": "CHW", "kernel": [[[[1]]]], "transposed": True},
        "kernel: shape 1x1x1x1 (OIHW) has 1 on axis 0 (O), but the input, shape 2x2x2 (CHW), has 2 channels; make that "
        "axis 2",
    ),
    (
        {"input": CHW, "layout": "CHW", "kernel": [[[[1]], [[1]]]], "groups": 3},
        "groups: 3 does not divide the 2 input channels; take a divisor of 2",
    ),
    (
        {"input": CHW, "layout": "CHW", "kernel": [[[[1]]]] * 3, "groups": 2},
        "groups: 2 does not divide the 3 filters; take a divisor of both 2 and 3",
    ),
    ({"input": 5, "kernel": [1]}, "input: is a single number; give a list with at least one axis"),
    (
        {"input": A2, "layout": "NCHW", "kernel": [[1]]},
        "input: has 2 axes (shape 2x3), but the layout NCHW has 4; change the brackets or the layout",
    ),
    ({"stride": [1, 1, 1]}, "stride: has 3 numbers, but the spatial axes are height and width; give one number, or 2"),
    (
        {"dilation": [1, 1, 1]},
        "dilation: has 3 numbers, but the spatial axes are height and width; give one number, or 2",
    ),
    (
        {"padding": [1, 1, 1]},
        "padding: has 3 entries, but the spatial axes are height and width; give one number, or 2",
    ),
    (
        {"input": [1, 2], "kernel": [1], "stride": [1, 1]},
        "stride: has 2 numbers, but the spatial axis is length; give one number, or 1",
    ),
    (
        {"padding": 2, "padding_mode": "reflect"},
        "padding: 2 cells cannot be reflect padding of height 2; pad by at most 1",
    ),
    (
        {"padding": 3, "padding_mode": "circular"},
        "padding: 3 cells cannot be circular padding of height 2; pad by at most 2",
    ),
    (
        {"padding_mode": "reflect", "transposed": True},
        "padding_mode: reflect has no transposed form; take zeros",
    ),
    (
        {"output_padding": 1},
        "output_padding: belongs to transposed convolutions; set transposed: true or leave it out",
    ),
    (
        {"output_padding": 1, "transposed": True},
        "output_padding: 1 must be smaller than the stride 1 or the dilation 1 along the height; lower it",
    ),
    (
        {"output_padding": 1, "transposed": True, "stride": 2, "padding": "same"},
        "output_padding: 1 has no meaning with padding 'same', which fixes the size; leave it out",
    ),
    (
        {"transposed": True, "padding": 1},
        "padding: cuts 2 of the 2 cells of the output's height; pad less",
    ),
    ({"bias": [1, 2]}, "bias: has shape 2, but there is 1 filter; give 1 number"),
    (
        {"input": CHW, "layout": "CHW", "kernel": [[[[1]], [[1]]]] * 3, "bias": 0},
        "bias: is one number, but there are 3 filters; give 3 numbers",
    ),
    (
        {"delta": [[1, 2]]},
        "delta: has shape 1x2, but Z has shape 2x3 (HW): axis 0 (H) is 1, not 2; give one number per cell of Z",
    ),
    (
        {"delta": [1, 2]},
        "delta: has shape 2, but Z has shape 2x3 (HW): it has 1 axis, not 2; give one number per cell of Z",
    ),
    (
        {"padding": 10**9},
        "padding: makes the padded input 4,000,000,010,000,000,006 cells, over the limit of 10,000,000; raise it with "
        "limit='cells=4000000010000000006'",
    ),
    (
        {"input": [1, 2], "kernel": [1], "transposed": True, "stride": 10**8},
        "stride: makes the output 100,000,001 cells, over the limit of 10,000,000; raise it with "
        "limit='cells=100000001'",
    ),
]

POOL: list[tuple[dict[str, Any], str]] = [
    ({"window": 3}, "window: spans 3 cells, but the padded height is 2; add padding or make the window smaller"),
    (
        {"window": [1, 1, 1]},
        "window: has 3 numbers, but the spatial axes are height and width; give one number, or 2",
    ),
    (
        {"window": 2, "padding": 2},
        "padding: 2 is more than half of the window's span of 2 along the height; pad by at most 1",
    ),
    (
        {"window": 1, "stride": [1, 1, 1]},
        "stride: has 3 numbers, but the spatial axes are height and width; give one number, or 2",
    ),
]


@pytest.mark.parametrize(("spec", "message"), CONV)
def test_convolutions(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(CnngradError) as caught:
        cnngrad.run({"op": "conv", "input": A2, "kernel": [[1]], **spec})
    assert str(caught.value) == f"<spec>: {message}"


@pytest.mark.parametrize(("spec", "message"), POOL)
def test_pooling(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(CnngradError) as caught:
        cnngrad.run({"op": "pool", "input": A2, **spec})
    assert str(caught.value) == f"<spec>: {message}"


def test_work_is_bounded_before_it_begins() -> None:
    with pytest.raises(CnngradError) as caught:
        cnngrad.conv_forward(np.zeros((3000, 3000)), np.zeros((1400, 1400)))
    # (3000 - 1400 + 1)^2 windows of 1400^2 taps: 2,563,201 * 1,960,000
    assert str(caught.value) == (
        "kernel: needs 5,023,873,960,000 multiply-adds, over the limit of 10,000,000,000; raise it with "
        "limit='multiply_adds=5023873960000'"
    )
