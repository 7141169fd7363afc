"""The mistakes that real code makes, once more in plain loops: batches, groups, reshaping, windows and axes that are
mixed up. Arrays are as in `recipes`; nothing of the package is used.

Every generator yields the id of a mistake and the numbers that it gives, in the shape that a student would have.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from recipes import Conv, Pool, chosen

Array = Any


def conv_input(e: Conv) -> Iterator[tuple[str, Array]]:
    right, (_, oh, ow, _), k = e.crop(e.scatter(e.K, e.dZ, e.s)), e.dZ.shape, len(e.K)
    yield "never-accumulated", np.zeros(right.shape)
    yield "gradient-not-reset", right + right
    if not e.p:
        yield "pad-slice-zero", right[:, 0:-0, 0:-0]
    reached = [(o - 1) * e.s + k - 2 * e.p for o in (oh, ow)]
    if reached != list(right.shape[1:3]) and min(reached) > 0:
        short = right[:, : reached[0], : reached[1]]
        yield "remainder-lost", short
        filled = np.zeros(right.shape)
        filled[:, : reached[0], : reached[1]] = short
        yield "remainder-lost", filled
    X = np.zeros(e.padded.shape)
    for u, v in np.ndindex(k, k):  # col2im with =, tap by tap
        for m, r, c in np.ndindex(e.dZ.shape[:3]):
            X[m, r * e.s + u, c * e.s + v] = e.K[u, v] @ e.dZ[m, r, c]
    yield "first-window-wins", e.crop(X)


def conv_kernel(e: Conv) -> Iterator[tuple[str, Array]]:
    k, _, C, F = e.K.shape
    right, wide = e.gather(e.padded, e.dZ, e.s), np.pad(e.padded, ((0, 0), (0, 99), (0, 99), (0, 0)))
    yield "never-accumulated", np.zeros(right.shape)
    yield "gradient-not-reset", right + right
    swapped = np.zeros(right.shape)
    for u, v, m, r, c in product(range(k), range(k), *map(range, e.dZ.shape[:3])):
        swapped[u, v] += np.outer(wide[m, r + u * e.s, c + v * e.s], e.dZ[m, r, c])
    if e.s > 1:
        yield "stride-dilation-swapped", swapped
    if len(e.A) > 1:
        yield "batch-first-only", Conv(e.A[:1], e.K, e.b, e.dZ[:1], e.s, e.p).gather(e.padded[:1], e.dZ[:1], e.s)
        yield "batch-last-only", Conv(e.A[-1:], e.K, e.b, e.dZ[-1:], e.s, e.p).gather(e.padded[-1:], e.dZ[-1:], e.s)
    if F > 1:
        yield "reshaped-not-transposed", right.reshape(k * k * C, F).T.reshape(right.shape)


def conv_bias(e: Conv) -> Iterator[tuple[str, Array]]:
    n, oh, ow, _ = e.dZ.shape
    right = e.dZ.sum(axis=(0, 1, 2))
    yield "never-accumulated", np.zeros(right.shape)
    yield "gradient-not-reset", right + right
    yield "bias-from-weights", e.gather(e.padded, e.dZ, e.s).sum(axis=(0, 1, 2))
    if n * oh * ow > 1:
        yield "bias-not-summed", e.dZ
    if n > 1:
        yield "batch-first-only", e.dZ[0].sum(axis=(0, 1))
        yield "batch-last-only", e.dZ[-1].sum(axis=(0, 1))
    if n > 1 and oh * ow > 1:
        yield "bias-not-summed", e.dZ.sum(axis=0)
        yield "bias-not-summed", e.dZ.sum(axis=(1, 2))
    if n * ow > 1 and oh > 1:
        yield "bias-not-summed", e.dZ.sum(axis=1)
    if n * oh > 1 and ow > 1:
        yield "bias-not-summed", e.dZ.sum(axis=2)


CONV = {"dA": conv_input, "dW": conv_kernel, "db": conv_bias}


# --- channels first, groups


def grouped(A: Array, K: Array, dZ: Array, group_of: Any) -> tuple[Array, Array]:
    """dA and dW, stride 1, no padding: A (N,C,H,W), K (F,C/groups,k,k); `group_of` says the group of a filter."""
    (_, per_group, k, _), dA, dW = K.shape, np.zeros(A.shape), np.zeros(K.shape)
    for m, o, r, c in np.ndindex(dZ.shape):
        first = group_of(o) * per_group
        place = (m, slice(first, first + per_group), slice(r, r + k), slice(c, c + k))
        dA[place] += K[o] * dZ[m, o, r, c]
        dW[o] += A[place] * dZ[m, o, r, c]
    return dA, dW


def reshaped(dW: Array) -> Array:
    """(C*k*k, F) reshaped to (F, C, k, k)."""
    return dW.reshape(len(dW), -1).T.copy().reshape(dW.shape)


# --- pooling


def pool_input(e: Pool) -> Iterator[tuple[str, Array]]:
    def weights(window: Array) -> Array:
        return chosen(window, e.ties) if e.mode == "max" else np.full(window.shape, 1 / window.size)

    yield "never-accumulated", np.zeros(e.A.shape)
    if e.dZ.shape[0] == e.dZ.shape[1]:
        yield "delta-transposed", Pool(e.A, e.dZ.T, e.k, e.s).spread(lambda w, d: weights(w) * d)
    wide = np.pad(e.dZ, (0, 99))
    sliced, averaged = np.zeros(e.A.shape), np.zeros(e.A.shape)
    for r, c in np.ndindex(e.dZ.shape):
        place = (slice(r * e.s, r * e.s + e.k), slice(c * e.s, c * e.s + e.k))
        sliced[place] += weights(e.A[place]) * wide[place]
        averaged[place] += weights(e.A[place]) * (e.dZ[place].mean() if e.dZ[place].size else 0)
    yield "delta-sliced", sliced
    yield "delta-sliced", averaged
    oh, ow = e.dZ.shape
    if oh * 2 - 1 == len(e.A) and ow * 2 - 1 == e.A.shape[1]:  # as many windows of this size fit
        found = np.zeros(e.A.shape)
        for r, c in np.ndindex(oh, ow):
            found[r : r + oh, c : c + ow] += weights(e.A[r : r + oh, c : c + ow]) * e.dZ[r, c]
        yield "window-is-output", found


def pool_output(A: Array, window: tuple[int, int], stride: tuple[int, int], of: Any) -> Array:
    """Z of windows that all lie on A."""
    (h, w), (kh, kw), (sh, sw) = A.shape, window, stride
    Z = np.zeros(((h - kh) // sh + 1, (w - kw) // sw + 1))
    for r, c in np.ndindex(Z.shape):
        Z[r, c] = of(A[r * sh : r * sh + kh, c * sw : c * sw + kw])
    return Z


# --- dense layers


def dense_kernel(A: Array, dZ: Array) -> Iterator[tuple[str, Array]]:
    right, n = dZ.T @ A, len(A)
    yield "never-accumulated", right * 0
    yield "gradient-not-reset", right + right
    yield "batch-first-only", np.outer(dZ[0], A[0])
    yield "batch-last-only", np.outer(dZ[-1], A[-1])
    yield "batch-averaged-twice", right / n / n


def dense_bias(A: Array, dZ: Array) -> Iterator[tuple[str, Array]]:
    right, n = dZ.sum(axis=0), len(A)
    yield "never-accumulated", right * 0
    yield "gradient-not-reset", right + right
    yield "batch-first-only", dZ[0]
    yield "batch-last-only", dZ[-1]
    yield "batch-averaged-twice", right / n / n
    yield "bias-not-summed", dZ
    yield "bias-other-axis", dZ.sum(axis=1)
    yield "bias-from-weights", (dZ.T @ A).sum(axis=1)
