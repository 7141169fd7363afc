"""The loops of a course: one window after the other, forward and backward in the same walk.

They are those of CS231n (assignment 2, `conv_forward_naive`, `max_pool_backward_naive`) and of Coursera's first week on
convolutional networks.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def conv(
    A: Floats, W: Floats, b: Floats, dZ: Floats, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> tuple[Floats, Floats, Floats, Floats]:
    """Z (N, O, H', W'), dA, dW and db for A (N, C, H, W), W (O, C/groups, k, k) and dZ as Z."""
    padded = np.pad(A, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    Z, dpadded, dW, db = np.zeros_like(dZ), np.zeros_like(padded), np.zeros_like(W), np.zeros_like(b)
    reach, channels = (W.shape[2] - 1) * dilation + 1, W.shape[1]
    for n, o, i, j in product(*map(range, dZ.shape)):
        first = o // (len(W) // groups) * channels
        seen = slice(first, first + channels)
        rows = slice(i * stride, i * stride + reach, dilation)
        columns = slice(j * stride, j * stride + reach, dilation)
        window = padded[n, seen, rows, columns]
        Z[n, o, i, j] = np.sum(window * W[o]) + b[o]
        dpadded[n, seen, rows, columns] += W[o] * dZ[n, o, i, j]
        dW[o] += window * dZ[n, o, i, j]
        db[o] += dZ[n, o, i, j]
    return Z, dpadded[:, :, padding : padding + A.shape[2], padding : padding + A.shape[3]], dW, db


def pool(A: Floats, dZ: Floats, window: int, stride: int, mode: str) -> tuple[Floats, Floats]:
    """Z and dA of max or average pooling; among equal cells of a window all get the gradient."""
    Z, dA = np.zeros_like(dZ), np.zeros_like(A)
    for n, c, i, j in product(*map(range, dZ.shape)):
        place = n, c, slice(i * stride, i * stride + window), slice(j * stride, j * stride + window)
        if mode == "max":
            Z[n, c, i, j] = np.max(A[place])
            dA[place] += (A[place] == Z[n, c, i, j]) * dZ[n, c, i, j]
        else:
            Z[n, c, i, j] = np.mean(A[place])
            dA[place] += np.full((window, window), dZ[n, c, i, j] / window**2)
    return Z, dA
