"""PyTorch, where it is installed: the same forward passes and gradients, without the bookkeeping of autograd."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

INSTALLED = find_spec("torch") is not None


@cache
def torch() -> Any:
    """The module, told to use every core."""
    module = import_module("torch")
    module.set_num_threads(os.cpu_count() or 1)
    module.set_grad_enabled(False)
    return module


def tensor(array: Any, channels_last: bool = False) -> Any:
    """An array (N, C, H, W) as a tensor; `channels_last` lays it out as N, H, W, C in memory."""
    made = torch().from_numpy(array)
    return made.to(memory_format=torch().channels_last) if channels_last else made


def conv(A: Any, W: Any, b: Any, dZ: Any, stride: int, padding: int, dilation: int, groups: int) -> Any:
    """Z, and dA, dW, db."""
    Z = torch().nn.functional.conv2d(A, W, b, stride, padding, dilation, groups)
    return Z, conv_backward(A, W, dZ, stride, padding, dilation, groups)


def conv_backward(
    A: Any, W: Any, dZ: Any, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> Any:
    """dA, dW, db."""
    twice = [stride, stride], [padding, padding], [dilation, dilation]
    backward = torch().ops.aten.convolution_backward
    return backward(dZ, A, W, [len(W)], *twice, False, [0, 0], groups, [True, True, True])


def max_pool(A: Any, window: int, stride: int) -> Any:
    """Z and the argmax."""
    return torch().ops.aten.max_pool2d_with_indices(A, [window] * 2, [stride] * 2)


def max_pool_backward(A: Any, dZ: Any, argmax: Any, window: int, stride: int) -> Any:
    """dA."""
    backward = torch().ops.aten.max_pool2d_with_indices_backward
    return backward(dZ, A, [window] * 2, [stride] * 2, [0, 0], [1, 1], False, argmax)


def average_pool(A: Any, window: int, stride: int) -> Any:
    """Z."""
    return torch().ops.aten.avg_pool2d(A, [window] * 2, [stride] * 2)


def average_pool_backward(A: Any, dZ: Any, window: int, stride: int) -> Any:
    """dA."""
    return torch().ops.aten.avg_pool2d_backward(dZ, A, [window] * 2, [stride] * 2, [0, 0], False, True, None)
