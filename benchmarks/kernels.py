"""Convolutions and pooling of the sizes that networks have: forward and every gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import cnngrad
from benchmarks import machine, pytorch, textbook
from benchmarks.rows import LOOP, OURS, PRODUCT, TORCH, Row, Setting
from benchmarks.timing import Contender, timed

CELLS = 400
"""About so many cells of Z are computed by a textbook loop; its time is scaled to all of them."""
FLOATS = ("float64", "float32")


@dataclass(frozen=True)
class Conv:
    """A convolution (images, channels, side, kernel, filters), in the notation of the table; padding keeps the side
    where the stride is 1."""

    images: int
    channels: int
    side: int
    kernel: int
    filters: int
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    layout: str = "NCHW"

    @property
    def padding(self) -> int:
        """Cells on every side."""
        return (self.kernel - 1) * self.dilation // 2

    @property
    def outputs(self) -> int:
        """The side of Z."""
        return (self.side + 2 * self.padding - (self.kernel - 1) * self.dilation - 1) // self.stride + 1

    @property
    def settings(self) -> dict[str, Any]:
        """Those that all contenders have."""
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    @property
    def operations(self) -> float:
        """Multiplications and additions of Z, dA and dW."""
        cells = self.images * self.filters * self.outputs**2
        return 3 * 2.0 * cells * self.kernel**2 * (self.channels // self.groups)

    @property
    def name(self) -> str:
        """The notation of the table."""
        parts = f"({self.images},{self.channels},{self.side},k{self.kernel},{self.filters}"
        more = [f",s{self.stride}" if self.stride > 1 else "", ")"]
        said = [f" dilation {self.dilation}" if self.dilation > 1 else "", " depthwise" if self.groups > 1 else ""]
        return "".join([parts, *more, *said, " NHWC" if self.layout == "NHWC" else ""])

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Those of A, W, b and dZ, channels first."""
        return (
            (self.images, self.channels, self.side, self.side),
            (self.filters, self.channels // self.groups, self.kernel, self.kernel),
            (self.filters,),
            (self.images, self.filters, self.outputs, self.outputs),
        )

    def arrays(self, dtype: str) -> tuple[Any, Any, Any, Any]:
        """A, W, b and dZ, channels first."""
        rng = np.random.default_rng(13)
        A, W, b, dZ = (rng.standard_normal(shape).astype(dtype) for shape in self.shapes)
        return A, W, b, dZ


CONVS = (
    Conv(8, 64, 56, 3, 64),
    Conv(8, 64, 56, 3, 64, layout="NHWC"),
    Conv(16, 128, 28, 3, 128),
    Conv(8, 64, 56, 3, 64, dilation=2),
    Conv(8, 16, 32, 5, 32, stride=2),
    Conv(8, 64, 56, 1, 64),
    Conv(32, 3, 64, 3, 16),
    Conv(8, 64, 56, 3, 64, groups=64),
    Conv(1, 1, 128, 3, 1),
)
POOLS = ((2, 2), (3, 2), (3, 1))
"""Window and stride, on (8,64,56,56)."""


def rows() -> list[Row]:
    """A row for each convolution and kind of floats, then max and average pooling."""
    convs = [
        Row(conv.name, f"conv {dtype}", partial(conv_contenders, conv, dtype), work=_work(conv.operations))
        for dtype in FLOATS
        for conv in CONVS
    ]
    pools = [
        Row(f"(8,64,56,56) k{window}s{stride}", f"{mode} pooling", partial(pool_contenders, mode, window, stride))
        for mode in ("max", "average")
        for window, stride in POOLS
    ]
    return [*convs, *pools]


def _work(amount: float) -> Any:
    return lambda _: amount


def conv_contenders(conv: Conv, dtype: str, _: Setting | None = None) -> Mapping[str, Contender]:
    """Z, dA, dW and db of a convolution."""
    A, W, b, dZ = conv.arrays(dtype)
    found = {OURS: timed(_ours(conv, A, W, b, dZ))}
    if pytorch.INSTALLED:
        last = conv.layout == "NHWC"
        tensors = [pytorch.tensor(each, last and each.ndim == 4) for each in (A, W, b, dZ)]
        found[TORCH] = timed(lambda: pytorch.conv(*tensors, **conv.settings))
    return {**found, LOOP: _conv_loop(conv, A, W, b, dZ), PRODUCT: machine.product(dtype)}


def arranged(conv: Conv, A: Any, W: Any, dZ: Any) -> tuple[Any, Any, Any]:
    """A, W and dZ in the layout of the convolution, each in one piece."""
    if conv.layout == "NCHW":
        return A, W, dZ
    axes = (0, 2, 3, 1), (2, 3, 1, 0), (0, 2, 3, 1)
    A, W, dZ = (np.ascontiguousarray(each.transpose(order)) for each, order in zip((A, W, dZ), axes, strict=True))
    return A, W, dZ


def _ours(conv: Conv, A: Any, W: Any, b: Any, dZ: Any) -> Any:
    A, W, dZ = arranged(conv, A, W, dZ)
    settings = {**conv.settings, "layout": conv.layout}

    def call() -> None:
        cnngrad.conv_forward(A, W, b, **settings)
        cnngrad.conv_backward(A, W, dZ, **settings)

    return call


def _conv_loop(conv: Conv, A: Any, W: Any, b: Any, dZ: Any) -> Contender:
    """The loop over the first rows of the first image in the first filter of each group, or a few of them."""
    filters = min(2, conv.filters) if conv.groups == 1 else conv.filters
    rows = max(1, min(conv.outputs, CELLS // filters // conv.outputs))
    delta = np.ascontiguousarray(dZ[:1, :filters, :rows])
    given = A[:1], W[:filters], b[:filters], delta
    return timed(lambda: textbook.conv(*given, **conv.settings), delta.size / dZ.size)


def pool_contenders(mode: str, window: int, stride: int, _: Setting | None = None) -> Mapping[str, Contender]:
    """Z and dA of pooling (8, 64, 56, 56)."""
    rng = np.random.default_rng(13)
    A = rng.standard_normal((8, 64, 56, 56))
    outputs = (56 - window) // stride + 1
    dZ = rng.standard_normal((8, 64, outputs, outputs))

    def ours() -> None:
        settings = {"window": window, "stride": stride, "mode": mode, "layout": "NCHW"}
        cnngrad.pool_forward(A, **settings)
        cnngrad.pool_backward(A, dZ, **settings)

    found = {OURS: timed(ours)}
    if pytorch.INSTALLED:
        found[TORCH] = timed(partial(_torch_pool, mode, pytorch.tensor(A), pytorch.tensor(dZ), window, stride))
    rows = max(1, CELLS // outputs)
    delta = np.ascontiguousarray(dZ[:1, :1, :rows])
    loop = timed(lambda: textbook.pool(A[:1, :1], delta, window, stride, mode), delta.size / dZ.size)
    return {**found, LOOP: loop}


def _torch_pool(mode: str, A: Any, dZ: Any, window: int, stride: int) -> None:
    if mode == "max":
        _, argmax = pytorch.max_pool(A, window, stride)
        pytorch.max_pool_backward(A, dZ, argmax, window, stride)
    else:
        pytorch.average_pool(A, window, stride)
        pytorch.average_pool_backward(A, dZ, window, stride)
