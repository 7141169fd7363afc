"""Max and average pooling: every window is a weighted sum of its own cells.

For max pooling the weights pick the winner, for average pooling each is 1/count; the backward pass
and the mask are then the adjoint of those weights (PyTorch, torch.nn.MaxPool2d and AvgPool2d).
Winners are -1 where a window holds no real cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnngrad.calculus.laws import Law, law
from cnngrad.exercise.layer import Arrays, Output, WindowLayer
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import SYMBOLIC, Array, all_finite, compared, kind_of, zeros
from cnngrad.ops import OPS
from cnngrad.ops.pool.by_axis import Block, ByAxis
from cnngrad.ops.pool.tie_rules import RULES, TIES, Tied, TieRule, by_mask, by_winners
from cnngrad.records import dataclass
from cnngrad.windows.axis import NONE
from cnngrad.windows.windows import in_pieces, in_rows

Winners = NDArray[np.int64]
LARGE = 2**14
"""Cells of all windows above which floats are pooled axis by axis, with sums in another order: a plane of 64 x 64,
window 3 and stride 1 (35,000 cells), takes 1.0 ms so and 2.0 ms window by window; one of 16 x 16 takes 0.9 and 0.5."""


@dataclass(frozen=True)
class Pool(WindowLayer):
    """Pooling fitted to the shape of its input; arrays in the user's layout."""

    record: ClassVar[Op] = OPS["pool"]

    mode: str = "max"
    ties: str = "first"
    count_include_pad: bool = True
    divisor_override: int | None = None

    @property
    def rule(self) -> TieRule:
        """The tie rule of max pooling."""
        return RULES[self.ties]

    @cached_property
    def output(self) -> Output:
        n, c, *_ = self.layout.plane_cell(self.input.shape, 1)
        return Output(self.layout.user_cell((n, c, *self.windows.outputs)), self.layout.letters)

    def forward(self, A: Array, *others: Array) -> Array:
        """Z: the largest cell of each window (-inf where there is none), or the average."""
        return self._each_window(A, Pool._pooled, Block.pooled)

    def backward(self, upstream: Array, Z: Array, A: Array, *others: Array) -> tuple[Array]:
        return (self.to_input(A, upstream),)

    def to_input(self, A: Array, dZ: Array) -> Array:
        """dA: each window's upstream gradient, shared out by the weights."""
        planes, upstream = self.layout.canonical(A), self.layout.canonical(dZ)
        if self._is_large(A):
            return self.layout.restore(ByAxis(self, planes).to_input(upstream))
        dA = zeros(planes.shape, planes)
        for pool, piece, at in self._pieces(A):
            dA[at[0]] += pool.windows.fold(pool.shares(piece, upstream[at]))
        return self.layout.restore(dA)

    def computed(self, quantity: str, dZ: Array, *inputs: Array) -> Array:
        (A,) = inputs
        match quantity:
            case "Z":
                return self.forward(A)
            case "argmax":
                return self.argmax(A)
            case _:
                return self.to_input(A, dZ)

    def follows(self, own: Arrays, A: Array, dZ: Array) -> Array | None:
        if "argmax" in own:
            return by_winners(self, A, dZ, own["argmax"])
        return by_mask(self, dZ, own["mask"]) if "mask" in own else None

    def mask(self, A: Array) -> Array:
        """The gradient that an upstream gradient of ones would give, in the shape of A."""
        return self.to_input(A, zeros(self.output.shape, A) + 1)

    def argmax(self, A: Array) -> Winners:
        """Flat row-major index of each window's winner inside its plane, -1 where there is none."""
        return self._each_window(A, Pool._winners, lambda block: block.winners(self._single), np.int64)

    def ties_at(self, A: Array) -> NDArray[np.bool_]:
        """Which windows have more than one largest cell, in the shape of Z."""
        return self._each_window(
            A, lambda pool, planes: pool._tied(pool._taps(planes)).sum(0) > 1, lambda block: block.tied() > 1, np.bool_
        )

    def weights(self, planes: Array) -> Array:
        """The weight of every tap of every window: (N, C, *sizes) -> (N, C, *outputs, *taps)."""
        return self.shares(planes, zeros((*planes.shape[:2], *self.windows.outputs), planes) + 1)

    def picks(self, planes: Array) -> Array:
        """The weights of the forward pass (N, C, *outputs, *taps): a maximum is one cell under every rule."""
        single = self.mode == "average" or self.rule.single
        return (self if single else replace(self, ties="first")).weights(planes)

    def total_weights(self, A: Array) -> Array:
        """The sum of the weights of every window, in the shape of Z."""
        taps = tuple(range(-self.windows.rank, 0))
        return self._each_window(A, lambda pool, planes: pool.weights(planes).sum(axis=taps), Block.weight)

    def shares(self, planes: Array, upstream: Array) -> Array:
        """Each window's upstream gradient, shared out to its taps (N, C, *outputs, *taps)."""
        if self.mode == "average":
            each = upstream / self.divisors(planes)
            received = self._inside
        else:
            received = self.rule.takes(self._tied(self._taps(planes)))
            each = upstream / _like(np.maximum(received.sum(0), 1), planes) if self.rule.split else upstream
        shared = np.where(received, each, each * 0)
        taps, rank = shared.reshape(*self.windows.taps, *upstream.shape), self.windows.rank
        return taps.transpose(*range(rank, taps.ndim), *range(rank))

    def divisors(self, like: Array) -> Array:
        """What each window's sum is divided by (*outputs): the textbook's window size.

        The overhang of ceil_mode never counts (PyTorch, torch.nn.AvgPool2d).
        """
        counts = np.maximum(self.windows.counts(padding=self.count_include_pad), 1)
        if self.divisor_override is not None:
            counts = np.full_like(counts, self.divisor_override)
        return _like(counts, like)

    def may_be_infinite(self, name: str) -> bool:
        """A window without a real cell has -inf as its maximum."""
        return name == "Z"

    def settings(self) -> dict[str, Any]:
        window = [axis.window for axis in self.windows.axes]
        settings = {"mode": self.mode, "window": window, **self.sliding, "layout": self.layout.letters}
        if self.mode == "max":
            return settings | {"ties": self.ties}
        if self.divisor_override is not None:
            settings["divisor_override"] = self.divisor_override
        return settings | {"count_include_pad": self.count_include_pad}

    @property
    def extra_names(self) -> tuple[str, ...]:
        return ("mask", "argmax") if self.mode == "max" else ("mask",)

    def extras(self, A: Array, left_out: frozenset[str] = frozenset()) -> dict[str, Array]:
        readings = {"mask": self.mask, "argmax": self.argmax}
        return {name: readings[name](A) for name in self.extra_names if name not in left_out}

    def other_ties(self, A: Array, dZ: Array | None) -> dict[str, Array]:
        """dA (or, without an upstream gradient, the mask) under each other tie rule."""
        others = {rule: replace(self, ties=rule) for rule in TIES if rule != self.ties}
        return {rule: pool.mask(A) if dZ is None else pool.to_input(A, dZ) for rule, pool in others.items()}

    def weighted(self, Z: Array, dZ: Array) -> Any:
        """<dZ, Z>; windows without a real cell have no part in it."""
        return super().weighted(real_cells(Z), dZ)

    def laid_out(self) -> int:
        """The windows and the padded input."""
        planes = math.prod(self.input.shape) // max(math.prod(self.windows.sizes), 1)
        return self.multiply_adds() + planes * self.windows.reached()

    def multiply_adds(self) -> int:
        """Cells looked at in the forward pass, once for every window that holds them."""
        return math.prod(self.input.shape) // math.prod(self.windows.sizes) * self.windows.multiply_adds()

    def laws(self, arrays: Arrays) -> tuple[Law, ...]:
        """The weights of each window share out its gradient; max and average are homogeneous."""
        A, dA, dZ, real = arrays["A"], arrays["dA"], arrays["dZ"], real_cells(arrays["Z"])
        weight = self.total_weights(A)
        sums = law(_sum_law(weight), dA, dZ * weight)
        largest = self.mode == "max"
        if largest and self.rule.repeats and bool((weight != 1).any()):
            return (sums,)
        if largest and kind_of(A) is SYMBOLIC and bool(self.ties_at(A).any()):
            # The formulas of tied cells differ, and agree at the values of the symbols alone.
            A, real = (compared(array, "a law") for array in (A, real))
        return (sums, law("<A,dA> = <dZ,Z>", A * dA, dZ * real))

    def _pooled(self, planes: Array) -> Array:
        if self.mode == "max":
            return self.largest(planes, -math.inf)
        zero = zeros((), planes)[()]
        return self.averaged(planes, self.divisors(planes), lambda cells: self.windows.reduced(np.add, cells, zero))

    def _winners(self, planes: Array) -> Winners:
        won = self._single.takes(self._tied(self._taps(planes)))
        cells = np.broadcast_to(self._taps_first(self.windows.cells())[:, None, None], won.shape)
        return np.where(won.any(0), np.take_along_axis(cells, won.argmax(0)[None], 0)[0], NONE)

    def averaged(self, planes: Array, divisors: Array, summed: Callable[[Array], Array]) -> Array:
        """The sum of each window over its divisor; where the sum alone is beyond the floats, of smaller summands."""
        with np.errstate(over="ignore"):
            Z = np.asarray(summed(planes) / divisors)
        if planes.dtype == object or all_finite(Z):
            return Z
        part = planes.dtype.type(2.0 ** math.prod(self.windows.taps).bit_length())  # powers of 2 lose no digit
        with np.errstate(over="ignore"):
            scaled = summed(planes / part) / (divisors / part)
        return np.where(np.isfinite(Z), Z, scaled)

    def largest(self, planes: Array, padding: Any) -> Array:
        """The largest cell of each window, where padding counts as the number `padding`."""
        if kind_of(planes) is SYMBOLIC:  # the winner's formula, not its value
            taps = self._taps_first(self.windows.unfold(planes, padding))
            numbers = compared(taps, "max pooling")
            winners = self._single.takes(np.asarray(numbers == numbers.max(0))).argmax(0)
            return np.asarray(np.take_along_axis(taps, winners[None], 0)[0])
        return self.windows.reduced(np.maximum, planes, padding)

    def _taps(self, planes: Array) -> Array:
        """The cells of each window; padding is minus infinity and never wins."""
        return self._taps_first(self.windows.unfold(planes, -math.inf))

    def _taps_first(self, windowed: Array) -> Array:
        """(..., *outputs, *taps) -> (taps, ..., *outputs): long rows, which numpy reduces fastest."""
        others = windowed.ndim - self.windows.rank
        moved = windowed.transpose(*range(others, windowed.ndim), *range(others))
        return moved.reshape(-1, *windowed.shape[:others])

    @cached_property
    def _inside(self) -> NDArray[np.bool_]:
        """Which taps of which windows are real cells (taps, 1, 1, *outputs)."""
        return self._taps_first(self.windows.inside())[:, None, None]

    def _tied(self, taps: Array) -> Tied:
        """The real taps that hold the largest cell of their window (taps, N, C, *outputs)."""
        numbers = compared(taps, "max pooling")
        return np.asarray((numbers == numbers.max(0)) & self._inside)

    @property
    def _single(self) -> TieRule:
        """The rule, where it chooses one cell; a maximum is one cell under every rule."""
        return self.rule if self.rule.single else RULES["first"]

    def _is_large(self, A: Array) -> bool:
        return A.dtype != object and self.multiply_adds() > LARGE

    def _each_window(
        self,
        A: Array,
        number: Callable[[Pool, Array], Array],
        by_axis: Callable[[Block], Array],
        dtype: type[np.generic] | None = None,
    ) -> Array:
        """A number of each window, of the kind of A or of `dtype`, in the layout of A: from a layer and its planes, or,
        for large arrays, from a block of them."""
        planes = self.layout.canonical(A)
        if self._is_large(A):
            return self.layout.restore(ByAxis(self, planes).windowed(by_axis, dtype or A.dtype))
        shape = (*planes.shape[:2], *self.windows.outputs)
        found = zeros(shape, planes) if dtype is None else np.zeros(shape, dtype)
        for pool, piece, at in self._pieces(A):
            found[at] = number(pool, piece)
        return self.layout.restore(found)

    def _pieces(self, A: Array) -> Iterator[tuple[Pool, Array, tuple[slice, slice, slice]]]:
        """A few images, or a few rows of windows of one, at a time: the layer of these windows, the planes that they
        slide over (N, C, *sizes), and their place in Z."""
        planes = self.layout.canonical(A)
        for images in in_pieces(len(planes), planes.shape[1] * self.windows.multiply_adds()):
            for pool, rows in self._by_rows(planes.shape[1]):
                yield pool, planes[images], (images, slice(None), rows)

    def _by_rows(self, channels: int) -> Iterator[tuple[Pool, slice]]:
        """A few rows of windows at a time where an image has very many."""
        blocks = list(in_rows(self.windows.outputs[0], channels * self.windows.multiply_adds()))
        if len(blocks) == 1:
            yield self, blocks[0]
            return
        for rows in blocks:
            yield replace(self, windows=self.windows.rows(rows.start, rows.stop)), rows


def real_cells(Z: Array) -> Array:
    """Z with 0 for the windows that hold no real cell."""
    return np.where(-math.inf == Z, zeros(Z.shape, Z), Z)


def _sum_law(weight: Array) -> str:
    """The name of the law of the shares: they add up to 1 in every window, or to `weight`."""
    off = compared(weight, "a law") - 1
    whole = bool((np.abs(off.astype(np.float64)) < 1e-6).all())
    return "sum(dA) = sum(dZ)" if whole else "sum(dA) = sum(dZ*weights)"


def _like(counts: NDArray[np.int64], like: Array) -> Array:
    """Integer counts as numbers that divide cells of the kind of `like` without changing its dtype."""
    return counts.astype(object if like.dtype == object else like.dtype)
