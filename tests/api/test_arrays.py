"""Settings of the array functions that were read before are known; another type, or another op, is another setting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnngrad
from cnngrad.errors import CnngradError

A, W = np.arange(25.0).reshape(5, 5), np.array([[1.0, 0.0], [2.0, -1.0]])


def test_true_is_no_stride_where_one_was_read() -> None:
    assert cnngrad.conv_forward(A, W, stride=1).shape == (4, 4)
    with pytest.raises(CnngradError, match="stride"):
        cnngrad.conv_forward(A, W, stride=True)


def test_a_list_that_changes_is_read_again() -> None:
    stride: list[Any] = [1, 1]
    assert cnngrad.conv_forward(A, W, stride=stride).shape == (4, 4)
    stride[0] = 3
    assert cnngrad.conv_forward(A, W, stride=stride).shape == (2, 4)
    stride[0] = np.int64(2)
    assert cnngrad.conv_forward(A, W, stride=stride).shape == (2, 4)


def test_what_is_wrong_is_said_every_time() -> None:
    for _ in range(2):
        with pytest.raises(CnngradError, match="stride: is 0; it must be at least 1"):
            cnngrad.conv_forward(A, W, stride=0)


def test_settings_of_one_op_are_none_of_another() -> None:
    assert cnngrad.pool_forward(A, 2, ceil_mode=True).shape == (3, 3)
    with pytest.raises(CnngradError, match="ceil_mode: is no setting of conv"):
        cnngrad.conv_forward(A, W, ceil_mode=True)


def test_a_list_inside_itself_is_refused() -> None:
    stride: list[Any] = [1]
    stride[0] = stride
    with pytest.raises(CnngradError, match="contains itself"):
        cnngrad.conv_forward(A, W, stride=stride)


def test_a_large_layer_of_small_arrays_is_not_kept() -> None:
    from cnngrad.api.arrays import _fitted

    _fitted.cache_clear()
    for padding, kept in ((1, 1), (100, 1)):
        for _ in range(2):
            # A 1x1 kernel 3 over 2x2 cells: 3 * 4 = 12 in the middle of the padding
            found = cnngrad.conv_forward(np.full((2, 2), 4.0), [[3.0]], padding=padding)
            assert (found.shape, found.sum()) == ((2 + 2 * padding,) * 2, 48)
        assert _fitted.cache_info().currsize == kept


def test_arrays_of_every_shape_have_a_layer_of_their_own() -> None:
    for height in (2, 3, 2):
        ones, tap = np.ones((height, 2)), np.array([[2.0]])
        dA, dW, db = cnngrad.conv_backward(ones, tap, ones)
        assert (dA.tolist(), dW.tolist(), float(db)) == ([[2.0, 2.0]] * height, [[2.0 * height]], 2.0 * height)
