"""The classical mistakes once more, as students write them: plain loops over NHWC arrays, nothing of the package.

Convolution: A (N,H,W,C), K (k,k,C,F), b (F), dZ (N,OH,OW,F), stride s, padding p. Every recipe gives the wrong
numbers, and says by being absent that an exercise has no place for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True)
class Conv:
    """A convolution with a square kernel."""

    A: Array
    K: Array
    b: Array
    dZ: Array
    s: int = 1
    p: int = 0

    @property
    def padded(self) -> Array:
        p = self.p
        return np.pad(self.A, ((0, 0), (p, p), (p, p), (0, 0)))

    def forward(self, A: Array, K: Array, s: int, b: Array) -> Array:
        (n, oh, ow, f), k = self.dZ.shape, len(K)
        Z = np.zeros((n, oh, ow, f))
        for i in np.ndindex(n, oh, ow, f):
            m, r, c, j = i
            Z[i] = (A[m, r * s : r * s + k, c * s : c * s + k] * K[..., j]).sum() + b[j]
        return Z

    def scatter(self, K: Array, dZ: Array, s: int, *, assign: bool = False) -> Array:
        """dX, still padded, by the loop of the course."""
        dX = np.zeros(self.padded.shape)
        k = len(K)
        for m, r, c in np.ndindex(dZ.shape[:3]):
            piece = (K * dZ[m, r, c]).sum(axis=-1)
            if assign:
                dX[m, r * s : r * s + k, c * s : c * s + k] = piece
            else:
                dX[m, r * s : r * s + k, c * s : c * s + k] += piece
        return dX

    def gather(self, X: Array, dZ: Array, s: int) -> Array:
        k = len(self.K)
        dK = np.zeros(self.K.shape)
        for m, r, c in np.ndindex(dZ.shape[:3]):
            dK += X[m, r * s : r * s + k, c * s : c * s + k][..., None] * dZ[m, r, c]
        return dK

    def crop(self, dX: Array) -> Array:
        _, h, w, _ = self.A.shape
        return dX[:, self.p : self.p + h, self.p : self.p + w]


def rot(X: Array, first: int) -> Array:
    """Turned by 180 degrees in the axes first and first + 1."""
    return np.flip(X, (first, first + 1))


def conv_forward(e: Conv) -> Iterator[tuple[str, Array]]:
    k, _, C, F = e.K.shape
    yield "kernel-flipped", e.forward(e.padded, rot(e.K, 0), e.s, e.b)
    yield "bias-per-product", e.forward(e.padded, e.K, e.s, e.b * k * k * C)
    yield "bias-forgotten", e.forward(e.padded, e.K, e.s, e.b * 0)
    if F > 1:
        yield "bias-first-for-all", e.forward(e.padded, e.K, e.s, e.b * 0 + e.b[0])
    if e.s > 1:
        yield "stride-ignored", e.forward(e.padded, e.K, 1, e.b)
    if C > 1:
        yield "channels-first-only", e.forward(e.padded[..., :1], e.K[:, :, :1], e.s, e.b)
        yield "channels-averaged", e.forward(e.padded, e.K / C, e.s, e.b)
    if e.p:
        _, h, w, _ = e.A.shape
        small = Conv(e.A, e.K, e.b, np.zeros((len(e.A), (h - k) // e.s + 1, (w - k) // e.s + 1, F)), e.s, 0)
        yield "padding-forgotten", small.forward(e.A, e.K, e.s, e.b)
        once = np.zeros((len(e.A), (h + e.p - k) // e.s + 1, (w + e.p - k) // e.s + 1, F))
        yield "padding-once", Conv(e.A, e.K, e.b, once, e.s, e.p).forward(e.padded, e.K, e.s, e.b)
    oh, ow = e.dZ.shape[1:3]
    if oh > 1 and ow > 1:
        yield "size-off-by-one", e.forward(e.padded, e.K, e.s, e.b)[:, :-1, :-1]


def conv_input(e: Conv) -> Iterator[tuple[str, Array]]:
    n, oh, ow, F = e.dZ.shape
    C = e.A.shape[-1]
    right = e.crop(e.scatter(e.K, e.dZ, e.s))
    yield "kernel-rotated-twice", e.crop(e.scatter(rot(e.K, 0), e.dZ, e.s))
    yield "kernel-transposed", e.crop(e.scatter(e.K.swapaxes(0, 1), e.dZ, e.s))
    yield "delta-rotated", e.crop(e.scatter(e.K, rot(e.dZ, 1), e.s))
    if oh == ow:
        yield "delta-transposed", e.crop(e.scatter(e.K, e.dZ.swapaxes(1, 2), e.s))
    if e.s > 1:
        yield "stride-ignored", e.crop(e.scatter(e.K, e.dZ, 1))
        yield "delta-not-dilated", _filled(_full(e), e.A.shape)
    yield "overwritten", e.crop(e.scatter(e.K, e.dZ, e.s, assign=True))
    if e.p:
        h, w = e.A.shape[1:3]
        yield "padding-not-cropped", e.scatter(e.K, e.dZ, e.s)[:, :h, :w]
        yield "padding-cropped-twice", e.scatter(e.K, e.dZ, e.s)[:, 2 * e.p :, 2 * e.p :]
    else:
        yield "pad-slice-zero", right * 0
        if e.s == 1:
            yield "valid-not-full", _interior(right, len(e.K), oh, ow)
    if F > 1:
        yield "filter-last-only", e.crop(e.scatter(e.K[..., -1:], e.dZ[..., -1:], e.s))
        yield "filter-first-only", e.crop(e.scatter(e.K[..., :1], e.dZ[..., :1], e.s))
    if C == F > 1:
        yield "channels-swapped", e.crop(e.scatter(e.K.swapaxes(2, 3), e.dZ, e.s))
    yield "upstream-forgotten", e.crop(e.scatter(e.K, np.ones(e.dZ.shape), e.s))
    yield "input-instead-of-kernel", e.crop(_input_windows(e))
    if n > 1:
        yield "batch-averaged", right / n
    if oh * ow > 1:
        yield "positions-averaged", right / (oh * ow)
    yield "sign-flipped", -right


def _full(e: Conv) -> Array:
    """Full correlation of dZ, without the zeros of the stride, with the turned kernel."""
    k = len(e.K)
    wide = np.pad(e.dZ, ((0, 0), (k - 1, k - 1), (k - 1, k - 1), (0, 0)))
    n, h, w = wide.shape[:3]
    turned = rot(e.K, 0)
    out = np.zeros((n, h - k + 1, w - k + 1, e.A.shape[-1]))
    for m, r, c in np.ndindex(out.shape[:3]):
        for a, d in np.ndindex(k, k):
            out[m, r, c] += turned[a, d] @ wide[m, r + a, c + d]
    return out


def _filled(small: Array, shape: tuple[int, ...]) -> Array:
    out = np.zeros(shape)
    h, w = min(shape[1], small.shape[1]), min(shape[2], small.shape[2])
    out[:, :h, :w] = small[:, :h, :w]
    return out


def _interior(right: Array, k: int, oh: int, ow: int) -> Array:
    out = np.zeros(right.shape)
    out[:, k - 1 : oh, k - 1 : ow] = right[:, k - 1 : oh, k - 1 : ow]
    return out


def _input_windows(e: Conv) -> Array:
    dX = np.zeros(e.padded.shape)
    k = len(e.K)
    for m, r, c in np.ndindex(e.dZ.shape[:3]):
        place = (m, slice(r * e.s, r * e.s + k), slice(c * e.s, c * e.s + k))
        dX[place] += e.padded[place] * e.dZ[m, r, c].sum()
    return dX


def conv_kernel(e: Conv) -> Iterator[tuple[str, Array]]:
    n, oh, ow, _ = e.dZ.shape
    C = e.A.shape[-1]
    right = e.gather(e.padded, e.dZ, e.s)
    yield "result-rotated", rot(right, 0)
    yield "result-transposed", right.swapaxes(0, 1)
    yield "delta-rotated", e.gather(e.padded, rot(e.dZ, 1), e.s)
    if oh == ow:
        yield "delta-transposed", e.gather(e.padded, e.dZ.swapaxes(1, 2), e.s)
    yield "input-rotated", e.gather(rot(e.padded, 1), e.dZ, e.s)
    if e.s > 1:
        yield "stride-ignored", e.gather(e.padded, e.dZ, 1)
    if e.p:
        p = e.p
        yield "unpadded-input", e.gather(np.pad(e.A, ((0, 0), (0, 2 * p), (0, 2 * p), (0, 0))), e.dZ, e.s)
    if oh * ow > 1:
        last = e.dZ * 0
        last[:, -1, -1] = e.dZ[:, -1, -1]
        yield "overwritten", e.gather(e.padded, last, e.s)
        yield "positions-averaged", right / (oh * ow)
    yield "upstream-forgotten", e.gather(e.padded, np.ones(e.dZ.shape), e.s)
    if n > 1:
        yield "batch-averaged", right / n
    if n > 1 and oh * ow > 1:
        yield "all-averaged", right / (n * oh * ow)
    if C > 1:
        yield "channels-summed", np.repeat(right.sum(axis=2, keepdims=True), C, axis=2)
    yield "kernel-instead-of-input", e.K * e.dZ.sum(axis=(0, 1, 2))
    yield "sign-flipped", -right


def conv_bias(e: Conv) -> Iterator[tuple[str, Array]]:
    n, oh, ow, F = e.dZ.shape
    right = e.dZ.sum(axis=(0, 1, 2))
    if n * oh * ow > 1:
        yield "bias-mean", e.dZ.mean(axis=(0, 1, 2))
    if n > 1:
        yield "bias-batch-averaged", right / n
    if oh * ow > 1:
        yield "bias-one-cell", e.dZ[:, 0, 0].sum(axis=0)
        yield "bias-one-cell", e.dZ[:, -1, -1].sum(axis=0)
    if F > 1:
        yield "bias-shared", np.full(F, e.dZ.sum())
    yield "bias-count", np.full(F, float(n * oh * ow))
    yield "sign-flipped", -right


CONV = {"Z": conv_forward, "dA": conv_input, "dW": conv_kernel, "db": conv_bias}


@dataclass(frozen=True)
class Pool:
    """A pooling layer over one plane A (H,W) with dZ (OH,OW), window k, stride s."""

    A: Array
    dZ: Array
    k: int
    s: int
    mode: str = "max"
    ties: str = "first"

    def spread(self, give: Any, *, s: int = 0, assign: bool = False) -> Array:
        """The sum of give(window, delta) over all windows."""
        dA = np.zeros(self.A.shape)
        s = s or self.s
        for r, c in np.ndindex(self.dZ.shape):
            place = (slice(r * s, r * s + self.k), slice(c * s, c * s + self.k))
            piece = give(self.A[place], self.dZ[r, c])
            dA[place] = piece if assign else dA[place] + piece
        return dA


def chosen(window: Array, ties: str) -> Array:
    """The weights of a window's cells by a tie rule."""
    equal = (window == window.max()).astype(float)
    if ties == "all":
        return equal
    if ties == "split":
        return equal / equal.sum()
    cells = np.argwhere(equal)
    if ties == "column-major":
        cells = cells[np.lexsort((cells[:, 0], cells[:, 1]))]
    one = np.zeros(window.shape)
    one[tuple(cells[-1 if ties == "last" else 0])] = 1
    return one


def pool_input(e: Pool) -> Iterator[tuple[str, Array]]:
    def rule(window: Array, delta: float) -> Array:
        return chosen(window, e.ties) * delta

    def average(window: Array, delta: float) -> Array:
        return np.full(window.shape, delta / window.size)

    own = rule if e.mode == "max" else average
    if e.mode == "max":
        for ties in ("all", "split", "last", "first", "column-major"):
            if ties != e.ties:
                yield f"ties-{ties}", e.spread(lambda w, d, ties=ties: chosen(w, ties) * d)
        yield "average-for-max", e.spread(average)
        yield "times-value", e.spread(lambda w, d: chosen(w, e.ties) * d * w.max())
        yield "mask-only", e.spread(lambda w, _: chosen(w, e.ties))
        yield "minimum", e.spread(lambda w, d: chosen(-w, e.ties) * d)
        yield "overwritten", _assigned(e)
        yield "mask-by-value", _by_value(e)
    else:
        yield "max-for-average", e.spread(lambda w, d: chosen(w, "first") * d)
        yield "divided-by-side", e.spread(lambda w, d: np.full(w.shape, d / e.k))
        yield "share-only", e.spread(lambda w, _: np.full(w.shape, 1 / w.size))
    yield "window-overwritten", e.spread(own, assign=True)
    if e.s > 1:
        yield "stride-ignored", e.spread(own, s=1)
    yield "everyone", e.spread(lambda w, d: np.full(w.shape, d))
    first = np.zeros(e.dZ.shape)
    first[0, 0] = e.dZ[0, 0]
    yield "first-window-only", Pool(e.A, first, e.k, e.s).spread(own)


def _assigned(e: Pool) -> Array:
    dA = np.zeros(e.A.shape)
    for r, c in np.ndindex(e.dZ.shape):
        window = e.A[r * e.s : r * e.s + e.k, c * e.s : c * e.s + e.k]
        weights = chosen(window, e.ties)
        for i, j in np.argwhere(weights):
            dA[r * e.s + i, c * e.s + j] = weights[i, j] * e.dZ[r, c]
    return dA


def _by_value(e: Pool) -> Array:
    dA = np.zeros(e.A.shape)
    for r, c in np.ndindex(e.dZ.shape):
        window = e.A[r * e.s : r * e.s + e.k, c * e.s : c * e.s + e.k]
        dA[window.max() == e.A] += e.dZ[r, c]
    return dA
